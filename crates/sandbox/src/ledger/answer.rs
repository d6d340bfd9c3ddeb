use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What a provider answered to a call with an idempotency key, kept to be repeated. Failed calls leave none.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) account: String,
    /// Verb and path with its ids left out; that keys of different endpoints do not meet is unconfirmed.
    pub(crate) endpoint: String,
    pub(crate) key: String,
    /// The body of the call, without the blanks between its parts.
    pub(crate) asked: String,
    pub(crate) status: u16,
    pub(crate) body: String,
    /// When it is forgotten; none where nothing says so.
    #[serde(default)]
    pub(crate) until: Option<DateTime<Utc>>,
}
