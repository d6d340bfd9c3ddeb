use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{Answer, Charge, ChargeStatus, Notification, Payment};
use crate::clock::Anchor;
use crate::provider::Provider;

/// One change of the books, as the journal keeps it: one JSON line each.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Entry {
    /// Shown time was tied to real time.
    Anchored(Anchor),
    /// A charge was opened.
    Opened(Box<Charge>),
    /// A charge changed without money moving.
    Moved { charge_id: String, status: ChargeStatus, at: DateTime<Utc> },
    /// A customer's attempt ended, well or badly.
    Attempted(Box<Payment>),
    /// A webhook was queued.
    Queued(Notification),
    /// A webhook was tried, or given up.
    Tried { notification_id: String, attempts: u32, next_at: Option<DateTime<Utc>> },
    /// A call with an idempotency key was answered.
    Answered(Box<Answer>),
    /// Webhooks of an account go elsewhere from now on.
    Targeted { provider: Provider, account: String, url: String },
    /// The books were emptied; accounts and their webhook targets stay.
    Reset,
}
