//! Who is looking at what.

use async_trait::async_trait;

use crate::ids::PaymentId;
use crate::time::Timestamp;

/// Payments that somebody is looking at, and until when.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Watches: Send + Sync {
    /// Somebody looks at it until then.
    async fn watch(&self, payment: &PaymentId, until: Timestamp);

    /// Whether somebody looks at it now.
    async fn is_watched(&self, payment: &PaymentId, now: Timestamp) -> bool;
}
