//! The client's log: every request and what came of it, with times. The checker judges from this and the ledger.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::Value;

/// One request of a till.
#[derive(Debug, Clone)]
pub(crate) struct Exchange {
    pub(crate) sent_at: DateTime<Utc>,
    pub(crate) answered_at: DateTime<Utc>,
    pub(crate) verb: &'static str,
    pub(crate) path: String,
    pub(crate) merchant: String,
    pub(crate) key: Option<String>,
    pub(crate) sent: Option<String>,
    pub(crate) outcome: Outcome,
}

/// What came back.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    Answered(Answer),
    /// Nothing, and why as far as the client can tell.
    Lost(String),
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// In how many seconds to come back, where it says.
    pub(crate) retry_after: Option<u64>,
    /// Whether it says that it is a stored answer.
    pub(crate) replayed: bool,
    pub(crate) body: String,
}

impl Exchange {
    pub(crate) fn answer(&self) -> Option<&Answer> {
        match &self.outcome {
            Outcome::Answered(answer) => Some(answer),
            Outcome::Lost(_) => None,
        }
    }

    /// Why nothing came back.
    pub(crate) fn lost(&self) -> Option<&str> {
        match &self.outcome {
            Outcome::Answered(_) => None,
            Outcome::Lost(why) => Some(why),
        }
    }

    pub(crate) fn status(&self) -> u16 {
        self.answer().map_or(0, |answer| answer.status)
    }

    /// `data` of the answer; null where there is none.
    pub(crate) fn data(&self) -> Value {
        let body: Option<Value> = self.answer().and_then(|answer| serde_json::from_str(&answer.body).ok());
        body.map_or(Value::Null, |mut body| body["data"].take())
    }

    /// The problem's `error_code`; empty where there is none.
    pub(crate) fn error_code(&self) -> String {
        let body: Option<Value> = self.answer().and_then(|answer| serde_json::from_str(&answer.body).ok());
        body.and_then(|body| body["error_code"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    pub(crate) fn is_create(&self) -> bool {
        self.verb == "POST" && self.path == super::PAYMENTS
    }

    pub(crate) fn took(&self) -> Duration {
        (self.answered_at - self.sent_at).to_std().unwrap_or_default()
    }
}

/// What all tills of a run did, in the order of the answers.
#[derive(Debug, Clone, Default)]
pub(crate) struct ClientLog(Arc<Mutex<Vec<Exchange>>>);

impl ClientLog {
    pub(super) fn add(&self, exchange: Exchange) {
        self.0.lock().expect("a lock nobody panics under").push(exchange);
    }

    pub(crate) fn all(&self) -> Vec<Exchange> {
        self.0.lock().expect("a lock nobody panics under").clone()
    }
}
