//! What is read back: idempotency keys, exceptions, the audit trail.

use async_trait::async_trait;
use mstore_pay_domain::audit::{AuditRecord, Digest, MerchantRecord};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot};
use mstore_pay_domain::ids::{ExceptionId, MerchantId, PaymentId};
use mstore_pay_domain::ports::{
    ExceptionFilter, ExceptionPlace, ExceptionStore, IdempotencyStore, StoreError, Timeline,
};

use crate::read;
use crate::store::SqliteStore;

#[async_trait]
impl IdempotencyStore for SqliteStore {
    async fn idempotency(&self, slot: &IdempotencySlot) -> Result<Option<IdempotencyRecord>, StoreError> {
        let slot = slot.clone();
        self.read(move |conn| read::idempotency(conn, &slot)).await
    }
}

#[async_trait]
impl ExceptionStore for SqliteStore {
    async fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<ExceptionPlace>,
        limit: u32,
    ) -> Result<Vec<MoneyException>, StoreError> {
        let filter = filter.clone();
        self.read(move |conn| read::exceptions(conn, &filter, after, limit)).await
    }

    async fn exception(&self, id: &ExceptionId) -> Result<Option<MoneyException>, StoreError> {
        let id = *id;
        self.read(move |conn| read::exception(conn, &id)).await
    }
}

#[async_trait]
impl Timeline for SqliteStore {
    async fn records(&self, payment: &PaymentId) -> Result<Vec<AuditRecord>, StoreError> {
        let payment = *payment;
        self.read(move |conn| read::records(conn, &payment)).await
    }

    async fn merchant_records(
        &self,
        merchant: &MerchantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<MerchantRecord>, StoreError> {
        let merchant = merchant.clone();
        self.read(move |conn| read::merchant_records(conn, &merchant, after, limit)).await
    }

    async fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        let digest = *digest;
        self.read(move |conn| read::body(conn, &digest)).await
    }
}
