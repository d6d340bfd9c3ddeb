use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::provider::Provider;

/// What a webhook tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Event {
    /// Money arrived.
    Paid,
    /// Money was set aside.
    Authorized,
    /// An attempt is under way.
    Pending,
    /// An attempt failed.
    Failed,
    /// A refund was asked for.
    Refunding,
    /// A refund was settled.
    Refund,
    /// The merchant withdrew the charge.
    Canceled,
    /// Money that was taken was paid out.
    Settled,
    /// Money that had come was taken back.
    TakenBack,
    /// The charge ran out of time.
    Expired,
    /// A page has served its purpose.
    Completed,
}

/// One webhook on its way, over all its attempts.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Notification {
    pub(crate) id: String,
    pub(crate) provider: Provider,
    pub(crate) account: String,
    pub(crate) event: Event,
    pub(crate) charge_id: String,
    pub(crate) payment_id: Option<String>,
    #[serde(default)]
    pub(crate) refund_id: Option<String>,
    /// Where it goes; none stands for the account's own address.
    #[serde(default)]
    pub(crate) address: Option<String>,
    /// Attempts made so far on the provider's schedule; resends by hand do not count.
    pub(crate) attempts: u32,
    /// When the next attempt is due; none once delivered, dropped or given up.
    pub(crate) next_at: Option<DateTime<Utc>>,
}
