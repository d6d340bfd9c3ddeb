//! Messages on their way out.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;

use super::StoreError;
use crate::event::{FeedPiece, FeedPlace, OutboxMessage};
use crate::ids::{BranchId, LeaseToken, MerchantId, MessageId};
use crate::lease::Lease;

/// A message that this worker holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedMessage {
    /// The message.
    pub message: OutboxMessage,
    /// How often it was taken up, this time included.
    pub attempts: u32,
    /// Proof of holding it.
    pub token: LeaseToken,
}

/// The messages that committed and have not gone out.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Outbox: Send + Sync {
    /// Takes up to `limit` messages that nobody holds, oldest first. No message MUST be given to two.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedMessage>, StoreError>;

    /// It went out. A lost lease changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn sent(&self, message: &MessageId, token: LeaseToken) -> Result<(), StoreError>;

    /// Up to `limit` messages of a merchant, or of one branch of it, that stand behind `after`, whether or
    /// not they went out, in the order of their places, and where to go on. What was given out once MUST stay the
    /// beginning: no message may come to stand before one that was already given out, nor at or before a place where
    /// somebody was told to go on, so a store whose commits can overtake each other holds back what might still be
    /// overtaken. Whoever goes on SHOULD NOT have to pass again by what is told to other branches.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn changes(
        &self,
        merchant: &MerchantId,
        branch: &Option<BranchId>,
        after: FeedPlace,
        limit: u32,
    ) -> Result<FeedPiece, StoreError>;

    /// It did not go out: again after `pause`. A lost lease changes nothing.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    async fn retry(&self, message: &MessageId, token: LeaseToken, pause: Duration) -> Result<(), StoreError>;
}

/// A message that could not be published.
#[derive(Debug, Error)]
#[error("could not publish the message")]
pub struct PublishError {
    /// Why.
    #[source]
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

/// Where messages go: by default a feed within the process.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait EventPublisher: Send + Sync {
    /// Publishes it. May be called twice with one message.
    ///
    /// # Errors
    /// [`PublishError`]; it is tried again.
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError>;
}
