//! What is read back: idempotency keys, exceptions, the audit trail.

use async_trait::async_trait;

use super::StoreError;
use crate::audit::{AuditRecord, Digest};
use crate::exception::MoneyException;
use crate::idempotency::{IdempotencyRecord, IdempotencySlot};
use crate::ids::{ExceptionId, MerchantId, PaymentId};

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
    /// A payment's.
    Payment(PaymentId),
    /// Those that belong to no merchant.
    Unmatched,
}

/// Money that does not fit.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait ExceptionStore: Send + Sync {
    /// The exceptions, open and resolved, newest first.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    async fn exceptions(&self, filter: &ExceptionFilter, limit: u32) -> Result<Vec<MoneyException>, StoreError>;

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

    /// A redacted body by its digest; `None` if it was pruned.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError>;
}
