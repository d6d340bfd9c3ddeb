//! The log of API requests received, for programmes that check what a gateway really sent.

use std::collections::VecDeque;

use actix_web::HttpRequest;
use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::sandbox::{Headers, json};

/// Requests remembered; older ones are forgotten first.
const REQUESTS_KEPT_MAX: usize = 50_000;

/// Headers that are never shown.
const SECRET_HEADERS: [&str; 4] = ["authorization", "proxy-authorization", "cookie", "x-callback-token"];

/// One request, and what was answered to it.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LoggedRequest {
    /// Counts up from 1 over the life of the process.
    pub(crate) seq: u64,
    pub(crate) at: DateTime<Utc>,
    method: String,
    /// With its query.
    path: String,
    headers: Headers,
    /// The body as it came if it is JSON, else its text as a JSON string.
    body: Box<RawValue>,
    /// None while the answer is being made, and for ever if there was none.
    status: Option<u16>,
}

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    kept: VecDeque<LoggedRequest>,
    seen: u64,
}

impl RequestLog {
    /// Notes a request and returns its number.
    pub(crate) fn received(&mut self, request: &HttpRequest, body: &[u8], at: DateTime<Utc>) -> u64 {
        self.seen += 1;
        if self.kept.len() >= REQUESTS_KEPT_MAX {
            self.kept.pop_front();
        }
        let headers = request
            .headers()
            .iter()
            .filter(|(name, _)| !SECRET_HEADERS.contains(&name.as_str()))
            .map(|(name, value)| {
                let text = String::from_utf8_lossy(value.as_bytes()).into_owned();
                (name.as_str().to_owned(), text)
            })
            .collect();
        self.kept.push_back(LoggedRequest {
            seq: self.seen,
            at,
            method: request.method().to_string(),
            path: request.uri().to_string(),
            headers,
            body: json_or_text(body),
            status: None,
        });
        self.seen
    }

    /// Notes what was answered to request `seq`.
    pub(crate) fn answered(&mut self, seq: u64, status: Option<u16>) {
        let found = self.kept.binary_search_by_key(&seq, |request| request.seq).ok();
        if let Some(request) = found.and_then(|index| self.kept.get_mut(index)) {
            request.status = status;
        }
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &LoggedRequest> {
        self.kept.iter()
    }
}

/// Bytes as a JSON value: unchanged where they are JSON, as a string otherwise, `null` if there are none.
pub(crate) fn json_or_text(bytes: &[u8]) -> Box<RawValue> {
    let text = String::from_utf8_lossy(bytes);
    if text.is_empty() {
        return RawValue::NULL.to_owned();
    }
    RawValue::from_string(text.clone().into_owned())
        .or_else(|_no_json| RawValue::from_string(json(&text)))
        .unwrap_or_else(|_never| RawValue::NULL.to_owned())
}
