//! The webhook inbox.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::ids::{DeliveryId, LeaseToken};
use crate::lease::Lease;
use crate::time::Timestamp;
use crate::webhook::{Delivery, LeasedDelivery, NewDelivery};

/// What came of taking a delivery in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Accepted {
    /// It is stored, and leased to whoever took it in.
    New(LeasedDelivery),
    /// The same bytes came before; they are counted.
    Duplicate {
        /// The delivery they came as first.
        first: DeliveryId,
        /// How often they came, this time included.
        deliveries: u32,
    },
}

/// How many deliveries wait, and for what. How many were dealt with is not told: they are all that are kept of weeks, and
/// who counts them reads them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct InboxCounts {
    /// Waiting or being worked on.
    pub open: u64,
    /// Kept until something matches them.
    pub parked: u64,
    /// Given up after too many attempts.
    pub dead: u64,
}

/// Authentic webhooks, stored before they are answered. They leave by an
/// [`InboxMark`](crate::unit_of_work::InboxMark) in the unit of work that settles them.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait WebhookInbox: Send + Sync {
    /// Stores a delivery durably, already leased to the caller, unless the same bytes of the same
    /// provider and account are there.
    ///
    /// # Errors
    /// [`StoreError`] where it could not be stored: the provider MUST NOT be told that it was.
    async fn accept(&self, delivery: &NewDelivery, lease: Lease) -> Result<Accepted, StoreError>;

    /// Takes up to `limit` deliveries that are due and that nobody holds, oldest first. No delivery
    /// MUST be given to two; an expired lease is nobody's.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedDelivery>, StoreError>;

    /// A try failed: it is counted, and the delivery is due again after `pause`. A lost lease changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn defer(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError>;

    /// Not now, for a reason that lies elsewhere: due again after `pause`, and no try is counted. A lost lease
    /// changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn postpone(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError>;

    /// Given up, with nothing else to be written: kept as a dead letter for a person. A lost lease changes
    /// nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn bury(&self, delivery: &DeliveryId, token: LeaseToken, why: &str) -> Result<(), StoreError>;

    /// Makes a parked or dead delivery due again, its failed tries forgotten, and returns it; `None` if it is neither.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn replay(&self, delivery: &DeliveryId) -> Result<Option<Delivery>, StoreError>;

    /// Up to `limit` deliveries that were given up, oldest first.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn dead(&self, limit: u32) -> Result<Vec<DeliveryId>, StoreError>;

    /// Makes parked deliveries that came at that time or later due again, their failed tries forgotten: something may
    /// match them now. At most `limit`, those that were due longest ago first. Returns how many.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn unpark(&self, came_since: Timestamp, limit: u32) -> Result<u64, StoreError>;

    /// How many deliveries wait, and for what. It SHOULD read no others.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be counted.
    async fn counts(&self) -> Result<InboxCounts, StoreError>;
}
