//! The bytes of a problem.

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use super::Problem;
use super::catalogue::ErrorCode;
use crate::language::Language;

/// To whom a problem is told: in which tongue, about which request.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) language: Language,
    pub(crate) request_id: String,
}

/// A problem and to whom it is told, as JSON.
struct Body<'a>(&'a Problem, &'a Told);

#[derive(Serialize)]
struct Fault<'a> {
    pointer: &'a str,
    reason: &'static str,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(problem, told) = self;
        let (code, language) = (problem.code, told.language);
        let status = code.status().as_u16();
        let mut body = serializer.serialize_map(None)?;
        body.serialize_entry("code", &status)?;
        body.serialize_entry("message", code.message(language))?;
        body.serialize_entry("type", &code.type_path())?;
        body.serialize_entry("title", code.title(language))?;
        body.serialize_entry("status", &status)?;
        if let Some(detail) = &problem.detail {
            body.serialize_entry("detail", detail)?;
        }
        body.serialize_entry("error_code", code.code())?;
        if !problem.faults.is_empty() {
            let faults = problem.faults.iter().map(|fault| Fault { pointer: &fault.pointer, reason: fault.reason });
            body.serialize_entry("errors", &faults.collect::<Vec<_>>())?;
        }
        for (name, value) in &problem.members {
            body.serialize_entry(name, value)?;
        }
        body.serialize_entry("request_id", &told.request_id)?;
        body.end()
    }
}

impl Problem {
    /// The body.
    pub(crate) fn body(&self, told: &Told) -> Vec<u8> {
        serde_json::to_vec(&Body(self, told)).unwrap_or_default()
    }

    /// The whole answer.
    pub(crate) fn render(&self, told: &Told) -> HttpResponse {
        let mut answer = HttpResponse::build(self.code.status());
        answer.insert_header((header::CONTENT_TYPE, "application/problem+json"));
        answer.insert_header((header::CONTENT_LANGUAGE, told.language.tag()));
        if self.code == ErrorCode::Unauthorized {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(pause) = self.retry_after {
            // Rounded up: a client that comes early is told to wait again.
            let seconds = pause.as_secs().saturating_add(u64::from(pause.subsec_nanos() > 0)).max(1);
            answer.insert_header((header::RETRY_AFTER, HeaderValue::from(seconds)));
        }
        if let Some(allow) = self.allow {
            answer.insert_header((header::ALLOW, allow));
        }
        if self.close {
            answer.force_close();
        }
        answer.body(self.body(told))
    }
}
