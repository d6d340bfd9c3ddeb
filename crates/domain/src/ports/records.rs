//! What is read back: idempotency keys, exceptions, the audit trail.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::{AuditRecord, Digest, MerchantRecord};
use crate::exception::MoneyException;
use crate::idempotency::{IdempotencyRecord, IdempotencySlot};
use crate::ids::{BranchId, ExceptionId, MerchantId, PaymentId};
use crate::time::Timestamp;

/// Idempotency keys.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait IdempotencyStore: Send + Sync {
    /// What a key was used for, whether or not its time is over.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn idempotency(&self, slot: &IdempotencySlot) -> Result<Option<IdempotencyRecord>, StoreError>;
}

/// Which exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExceptionFilter {
    /// A merchant's.
    Merchant(MerchantId),
    /// Those about payments of one branch of a merchant.
    Branch(MerchantId, BranchId),
    /// A payment's.
    Payment(PaymentId),
    /// Those that belong to no merchant.
    Unmatched,
    /// Those that wait for a person, whoever's.
    Open,
}

/// An exception's place in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExceptionPlace {
    /// When it was raised.
    pub at: Timestamp,
    /// Its id, which tells exceptions of the same moment apart.
    pub id: ExceptionId,
}

impl ExceptionPlace {
    /// Where an exception stands in a listing.
    #[must_use]
    pub const fn of(exception: &MoneyException) -> Self {
        Self { at: exception.at, id: exception.id }
    }
}

/// Money that does not fit.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ExceptionStore: Send + Sync {
    /// Up to `limit` of those exceptions, open and resolved unless it says open, newest first: by the time they were raised, those of the
    /// same moment by id. They are those that come behind `after`, whether or not it is still there.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<ExceptionPlace>,
        limit: u32,
    ) -> Result<Vec<MoneyException>, StoreError>;

    /// The exception of that id.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn exception(&self, id: &ExceptionId) -> Result<Option<MoneyException>, StoreError>;
}

/// The audit trail.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Timeline: Send + Sync {
    /// The records of a payment, in order of `seq`.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn records(&self, payment: &PaymentId) -> Result<Vec<AuditRecord>, StoreError>;

    /// Up to `limit` records of a merchant's chain behind the one of that number, in order of `seq`.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn merchant_records(
        &self,
        merchant: &MerchantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<MerchantRecord>, StoreError>;

    /// A redacted body by its digest; `None` if it was pruned.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;
}
