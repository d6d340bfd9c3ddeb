//! Dispatches: one message on its way to one endpoint each.

use std::time::Duration;

use async_trait::async_trait;

use super::StoreError;
use crate::endpoint::{EndpointState, EventEndpoint};
use crate::event::OutboxMessage;
use crate::ids::{EndpointId, LeaseToken, MerchantId, MessageId};
use crate::lease::Lease;
use crate::time::Timestamp;

/// A dispatch that this worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedDispatch {
    /// The message.
    pub message: OutboxMessage,
    /// The endpoint.
    pub endpoint: EventEndpoint,
    /// How often the message was taken up for it, this time included.
    pub attempts: u32,
    /// How often in a row the endpoint failed.
    pub failures: u32,
    /// Proof of holding it.
    pub token: LeaseToken,
}

/// How many dispatches may be held at a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtOnce {
    /// To one endpoint.
    pub of_endpoint: u32,
    /// To all endpoints of one merchant together.
    pub of_merchant: u32,
}

/// How long to leave alone what failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setback {
    /// When it failed.
    pub at: Timestamp,
    /// The message is not tried again for that long.
    pub pause: Duration,
    /// The endpoint is told nothing for that long; `None`: it is not to blame, and nothing counts against it.
    pub rest: Option<Duration>,
}

/// How much endpoints are still to be told.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Backlog {
    /// Dispatches to enabled endpoints that did not arrive yet.
    pub waiting: u64,
    /// When the oldest of their messages was written.
    pub oldest: Option<Timestamp>,
    /// How many endpoints stand in each state that any stands in.
    pub endpoints: Vec<(EndpointState, u64)>,
}

/// What the endpoints are still to be told.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Dispatches: Send + Sync {
    /// Makes a dispatch of each message of the merchant that stands behind those that an enabled endpoint was to be
    /// told already, if it is of the endpoint's branch: in the order of the feed, each once, at most `limit` messages
    /// for each endpoint. Whether there may be more.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be made.
    async fn spread(&self, merchant: &MerchantId, limit: u32) -> Result<bool, StoreError>;

    /// Up to `limit` merchants of whom an enabled endpoint stands before the end of the feed: whoever published there
    /// has not spread it, or not yet.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn unspread(&self, limit: u32) -> Result<Vec<MerchantId>, StoreError>;

    /// How much endpoints are still to be told.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be read.
    async fn backlog(&self) -> Result<Backlog, StoreError>;

    /// Takes up to `limit` dispatches that nobody holds, for enabled endpoints that are not at rest. None MUST be given
    /// to two. A message MUST wait while an earlier one of its payment has not reached the same endpoint. No more
    /// dispatches of one endpoint than `at_once` says MUST be held at a time, of one that failed last a single one, and
    /// no more of one merchant: neither a slow endpoint nor a merchant of slow ones keeps others waiting. Of an endpoint
    /// that failed last, what was tried least SHOULD go first. An endpoint that got nothing because its merchant had all
    /// under way SHOULD keep its turn.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn claim_dispatches(
        &self,
        limit: u32,
        at_once: AtOnce,
        lease: Lease,
    ) -> Result<Vec<LeasedDispatch>, StoreError>;

    /// It arrived: the dispatch is over, and the endpoint works. A lost lease changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn dispatched(&self, endpoint: &EndpointId, message: &MessageId, token: LeaseToken)
    -> Result<(), StoreError>;

    /// It did not arrive: again after its pause. Of failures while the endpoint is at rest none counts but the first,
    /// since they were under way together. A lost lease changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn set_back(
        &self,
        endpoint: &EndpointId,
        message: &MessageId,
        token: LeaseToken,
        setback: Setback,
    ) -> Result<(), StoreError>;
}
