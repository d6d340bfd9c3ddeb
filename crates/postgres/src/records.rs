//! What is read back: idempotency keys, exceptions, the audit trail.

use async_trait::async_trait;
use mstore_pay_domain::audit::{AuditRecord, Digest, MerchantRecord};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot};
use mstore_pay_domain::ids::{ExceptionId, MerchantId, PaymentId};
use mstore_pay_domain::ports::{
    ExceptionFilter, ExceptionPlace, ExceptionStore, IdempotencyStore, StoreError, Timeline,
};

use crate::looks::AtKey;
use crate::read;
use crate::store::PostgresStore;

#[async_trait]
impl IdempotencyStore for PostgresStore {
    async fn idempotency(&self, slot: &IdempotencySlot) -> Result<Option<IdempotencyRecord>, StoreError> {
        Ok(self.looks.keys.look(AtKey(slot.clone())).await?)
    }
}

#[async_trait]
impl ExceptionStore for PostgresStore {
    async fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<ExceptionPlace>,
        limit: u32,
    ) -> Result<Vec<MoneyException>, StoreError> {
        Ok(session!(self.plain, |conn| read::exceptions(conn, filter, after, limit))?)
    }

    async fn exception(&self, id: &ExceptionId) -> Result<Option<MoneyException>, StoreError> {
        Ok(session!(self.plain, |conn| read::exception(conn, id))?)
    }
}

#[async_trait]
impl Timeline for PostgresStore {
    async fn records(&self, payment: &PaymentId) -> Result<Vec<AuditRecord>, StoreError> {
        Ok(session!(self.plain, |conn| read::records(conn, payment))?)
    }

    async fn merchant_records(
        &self,
        merchant: &MerchantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<MerchantRecord>, StoreError> {
        Ok(session!(self.plain, |conn| read::merchant_records(conn, merchant, after, limit))?)
    }

    async fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(session!(self.plain, |conn| read::body(conn, digest))?)
    }
}
