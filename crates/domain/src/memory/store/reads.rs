//! What is only read: orders, exceptions, idempotency keys, the audit trail.

use async_trait::async_trait;

use super::MemoryStore;
use crate::audit::{AuditRecord, Digest};
use crate::exception::MoneyException;
use crate::idempotency::{IdempotencyRecord, IdempotencySlot};
use crate::ids::{ExceptionId, MerchantId, OrderCode, PaymentId};
use crate::order::Order;
use crate::ports::{ExceptionFilter, ExceptionStore, IdempotencyStore, OrderRepository, StoreError, Timeline};

#[async_trait]
impl OrderRepository for MemoryStore {
    async fn order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<Order>, StoreError> {
        let key = (merchant.clone(), code.clone());
        Ok(self.read(|tables| tables.orders.get(&key).cloned()))
    }
}

#[async_trait]
impl ExceptionStore for MemoryStore {
    async fn exceptions(&self, filter: &ExceptionFilter, limit: u32) -> Result<Vec<MoneyException>, StoreError> {
        let wanted = |exception: &&MoneyException| match filter {
            ExceptionFilter::Merchant(merchant) => exception.merchant.as_ref() == Some(merchant),
            ExceptionFilter::Payment(payment) => exception.payment.as_ref() == Some(payment),
            ExceptionFilter::Unmatched => exception.merchant.is_none(),
        };
        let mut found: Vec<MoneyException> =
            self.read(|tables| tables.exceptions.rows().values().filter(wanted).cloned().collect());
        found.sort_by_key(|exception| std::cmp::Reverse((exception.at, exception.id)));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    async fn exception(&self, id: &ExceptionId) -> Result<Option<MoneyException>, StoreError> {
        Ok(self.read(|tables| tables.exceptions.get(id).cloned()))
    }
}

#[async_trait]
impl IdempotencyStore for MemoryStore {
    async fn idempotency(&self, slot: &IdempotencySlot) -> Result<Option<IdempotencyRecord>, StoreError> {
        Ok(self.read(|tables| tables.idempotency.get(slot).cloned()))
    }
}

#[async_trait]
impl Timeline for MemoryStore {
    async fn records(&self, payment: &PaymentId) -> Result<Vec<AuditRecord>, StoreError> {
        let whole_chain = (*payment, u64::MIN)..=(*payment, u64::MAX);
        Ok(self.read(|tables| tables.records.rows().range(whole_chain).map(|(_, record)| record.clone()).collect()))
    }

    async fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(|tables| tables.bodies.get(digest).cloned()))
    }
}
