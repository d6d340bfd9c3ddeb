//! How much waits, and what came of late, for whoever watches the gateway.

use std::collections::BTreeMap;
use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{AccountId, ProviderId};
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

/// Charges that are looked at for [`Tidings`], the newest.
pub const TIDINGS_CHARGES_MAX: u32 = 1_000;

/// What came of late from one account, by which an operator tells whether its webhooks reach us, and whose QR codes
/// it makes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tidings {
    /// When the last webhook was taken in that was its own.
    pub last_webhook: Option<Timestamp>,
    /// Payments whose money moved within the time that was asked about, and after that webhook.
    pub paid_unheard: u64,
    /// The last QR code that it made.
    pub last_qr: Option<String>,
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

    /// What came of late from an account: payments whose money moved after `since` and before `until` are counted. A
    /// store need look at no more than the newest [`TIDINGS_CHARGES_MAX`] charges, whoever's they are.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn tidings(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        since: Timestamp,
        until: Timestamp,
    ) -> Result<Tidings, StoreError>;
}
