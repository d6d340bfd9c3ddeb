//! What need not be kept for ever.

use async_trait::async_trait;

use super::StoreError;
use crate::time::Timestamp;

/// What may be deleted once it is old enough. Payments, money, exceptions, audit records and anchors never are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prunable {
    /// Redacted bodies that no audit record has spoken of since. The chains hold without them.
    Bodies,
    /// What tills told of customers, their e-mail address, name and phone, by when the payment began. The payment stays.
    Customers,
    /// Idempotency keys that were over by then.
    IdempotencyKeys,
    /// Events that an endpoint was not told of in time, with the messages that go next: of those as many as asked for
    /// are looked at, and more or fewer events may be theirs.
    MissedEvents,
    /// Messages that went out, by when they were written.
    SentMessages,
    /// Webhook deliveries that were dealt with, by when they came. What is parked, dead or open stays.
    DoneDeliveries,
}

impl Prunable {
    /// Everything that may be pruned.
    pub const ALL: [Self; 6] = [
        Self::Bodies,
        Self::Customers,
        Self::IdempotencyKeys,
        Self::MissedEvents,
        Self::SentMessages,
        Self::DoneDeliveries,
    ];

    /// One word for metrics.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bodies => "bodies",
            Self::Customers => "customers",
            Self::IdempotencyKeys => "idempotency_keys",
            Self::MissedEvents => "missed_events",
            Self::SentMessages => "sent_messages",
            Self::DoneDeliveries => "done_deliveries",
        }
    }
}

/// Deleting what is old.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Retention: Send + Sync {
    /// Deletes about `limit` of those that are older than `before`, oldest first; returns how many went. Fewer than
    /// `limit` means that there are no more for now. Nothing else MUST be deleted.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn prune(&self, what: Prunable, before: Timestamp, limit: u32) -> Result<u64, StoreError>;
}
