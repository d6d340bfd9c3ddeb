//! Waking whoever waits for a payment to change.

use std::time::Duration;

use async_trait::async_trait;

use crate::ids::PaymentId;

/// A hint that something changed. Polling is the guarantee; this only makes it prompt.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Wakeups: Send + Sync {
    /// Wakes those who wait for that payment, wherever they are: it was changed here.
    fn wake(&self, payment: &PaymentId);

    /// Wakes those who wait for that payment in this process: it was changed elsewhere.
    fn wake_here(&self, payment: &PaymentId);

    /// Returns when it is woken for that payment, or after `within`. MUST be safe to drop.
    async fn changed(&self, payment: &PaymentId, within: Duration);
}
