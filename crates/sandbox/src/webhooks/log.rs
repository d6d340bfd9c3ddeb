use std::collections::VecDeque;

use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::provider::Provider;
use crate::sandbox::Headers;

/// Attempts remembered; older ones are forgotten first.
const ATTEMPTS_KEPT_MAX: usize = 50_000;

/// One attempt at one webhook.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct LoggedDelivery {
    /// The notification, the same over all its attempts; what `resend` takes.
    pub(crate) id: String,
    pub(crate) provider: Provider,
    pub(crate) account: String,
    /// The provider's name of the event, as told.
    pub(crate) event: String,
    pub(crate) charge_id: String,
    pub(crate) reference: String,
    pub(crate) order_code: Option<String>,
    /// Where it went; none if it went nowhere.
    pub(crate) url: Option<String>,
    /// On the provider's schedule, counted from 1.
    pub(crate) attempt: u32,
    pub(crate) at: DateTime<Utc>,
    pub(crate) headers: Headers,
    pub(crate) body: Box<RawValue>,
    /// The HTTP status answered.
    pub(crate) answer: Option<u16>,
    /// Why there was no answer.
    pub(crate) error: Option<String>,
    pub(crate) latency_ms: u64,
}

/// The attempts of late, oldest first.
#[derive(Debug, Default)]
pub(crate) struct DeliveryLog(VecDeque<LoggedDelivery>);

impl DeliveryLog {
    pub(crate) fn add(&mut self, delivery: LoggedDelivery) {
        if self.0.len() >= ATTEMPTS_KEPT_MAX {
            self.0.pop_front();
        }
        self.0.push_back(delivery);
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &LoggedDelivery> {
        self.0.iter()
    }
}
