//! How much waits, for whoever watches the gateway.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::time::Timestamp;

/// Ages by which pending payments are counted: from any to those that are pending for an hour.
pub const PENDING_AGES: [Duration; 5] =
    [Duration::ZERO, Duration::from_mins(1), Duration::from_mins(5), Duration::from_mins(15), Duration::from_hours(1)];

/// How much waits, of every merchant together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CensusCounts {
    /// Pending payments that were created at least so long ago, for each of [`PENDING_AGES`].
    pub pending: [u64; PENDING_AGES.len()],
    /// Messages that have not gone out.
    pub messages: u64,
    /// When the one that waits longest was written.
    pub oldest_message: Option<Timestamp>,
    /// Open exceptions, by kind; a kind of which there is none is left out.
    pub exceptions: BTreeMap<String, u64>,
}

/// Counts what waits. It is asked every few seconds, so a store MUST answer without reading what does not wait.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Census: Send + Sync {
    /// How much waits at that time.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be counted.
    async fn census(&self, now: Timestamp) -> Result<CensusCounts, StoreError>;
}
