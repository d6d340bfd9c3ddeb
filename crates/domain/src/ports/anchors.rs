//! The heads of all audit chains, and the anchors that hold them together.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::{AuditAnchor, AuditHead, SealedAnchor};
use crate::ids::{MerchantId, PaymentId};

/// What came of appending an anchor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Anchored {
    /// It is the last one now.
    Appended,
    /// It does not follow the last one: somebody else's was there first. Nothing was written.
    Overtaken,
}

/// Heads and anchors.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait AuditAnchors: Send + Sync {
    /// How far the chain of each payment goes, by the payment's own word, in order of payments: up to
    /// `limit` of them behind the one given.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn heads(&self, after: Option<PaymentId>, limit: u32) -> Result<Vec<(PaymentId, AuditHead)>, StoreError>;

    /// How far the chain of one payment goes, by its own word; `None` if there is no such payment.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn head(&self, payment: &PaymentId) -> Result<Option<AuditHead>, StoreError>;

    /// The same as [`heads`](Self::heads) of those payments alone whose chain goes further than any anchor
    /// says.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn unanchored(&self, after: Option<PaymentId>, limit: u32)
    -> Result<Vec<(PaymentId, AuditHead)>, StoreError>;

    /// How far the chain of each merchant that has one goes, by the word that is kept beside it, in order of merchants:
    /// up to `limit` of them behind the one given.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn merchant_heads(
        &self,
        after: &Option<MerchantId>,
        limit: u32,
    ) -> Result<Vec<(MerchantId, AuditHead)>, StoreError>;

    /// How far the chain of one merchant goes; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn merchant_head(&self, merchant: &MerchantId) -> Result<Option<AuditHead>, StoreError>;

    /// The heads of up to `limit` merchants' chains that go further than any anchor says, in order of merchants.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn unanchored_merchants(&self, limit: u32) -> Result<Vec<(MerchantId, AuditHead)>, StoreError>;

    /// Up to `limit` anchors behind the one of that number, in their order.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn anchors(&self, after: u64, limit: u32) -> Result<Vec<SealedAnchor>, StoreError>;

    /// The last anchor; `None` before the first.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn last_anchor(&self) -> Result<Option<SealedAnchor>, StoreError>;

    /// Appends an anchor whole, durably, or not at all. One that does not
    /// [follow](AuditAnchor::follows) the last MUST be [`Anchored::Overtaken`].
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be written.
    async fn append_anchor(&self, anchor: &AuditAnchor) -> Result<Anchored, StoreError>;
}
