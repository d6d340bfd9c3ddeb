//! What is only read: orders, exceptions, idempotency keys, the audit trail.

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::Tables;
use crate::audit::{AuditRecord, Digest, MerchantRecord};
use crate::cash::CashTender;
use crate::exception::{ExceptionState, MoneyException};
use crate::idempotency::{IdempotencyRecord, IdempotencySlot};
use crate::ids::{ExceptionId, MerchantId, OrderCode, PaymentId};
use crate::order::Order;
use crate::ports::{
    ExceptionFilter, ExceptionPlace, ExceptionStore, IdempotencyStore, OrderRepository, StoreError, Timeline,
};

#[async_trait]
impl OrderRepository for MemoryStore {
    async fn order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<Order>, StoreError> {
        let key = (merchant.clone(), code.clone());
        Ok(self.read(|tables| tables.orders.get(&key).cloned()))
    }

    async fn tenders(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<CashTender>, StoreError> {
        let of_order = (merchant.clone(), code.clone(), u64::MIN)..=(merchant.clone(), code.clone(), u64::MAX);
        Ok(self.read(|tables| tables.tenders.rows().range(of_order).map(|(_, tender)| tender.clone()).collect()))
    }
}

impl Tables {
    fn admits(&self, filter: &ExceptionFilter, exception: &MoneyException) -> bool {
        match filter {
            ExceptionFilter::Merchant(merchant) => exception.merchant.as_ref() == Some(merchant),
            ExceptionFilter::Branch(merchant, branch) => {
                let payment = exception.payment.as_ref().and_then(|id| self.payments.get(id));
                let of_payment = || payment.is_some_and(|row| row.payment.branch.as_ref() == Some(branch));
                // Cash belongs to no payment; its order says where it was taken.
                let order = exception.order_code.as_ref().and_then(|code| {
                    self.orders.get(&(merchant.clone(), code.clone())).filter(|_| exception.payment.is_none())
                });
                let of_order = || order.is_some_and(|order| order.branch.as_ref() == Some(branch));
                exception.merchant.as_ref() == Some(merchant) && (of_payment() || of_order())
            }
            ExceptionFilter::Payment(payment) => exception.payment.as_ref() == Some(payment),
            ExceptionFilter::Unmatched => exception.merchant.is_none(),
            ExceptionFilter::Open => exception.state == ExceptionState::Open,
        }
    }
}

#[async_trait]
impl ExceptionStore for MemoryStore {
    async fn exceptions(
        &self,
        filter: &ExceptionFilter,
        after: Option<ExceptionPlace>,
        limit: u32,
    ) -> Result<Vec<MoneyException>, StoreError> {
        let is_behind = |exception: &&MoneyException| after.is_none_or(|after| ExceptionPlace::of(exception) < after);
        let mut found: Vec<MoneyException> = self.read(|tables| {
            let wanted = |exception: &&MoneyException| tables.admits(filter, exception);
            tables.exceptions.rows().values().filter(wanted).filter(is_behind).cloned().collect()
        });
        found.sort_by_key(|exception| std::cmp::Reverse(ExceptionPlace::of(exception)));
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

    async fn merchant_records(
        &self,
        merchant: &MerchantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<MerchantRecord>, StoreError> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Ok(self.read(|tables| {
            let records = tables.merchant_chains.get(merchant).into_iter().flat_map(|chain| &chain.records);
            records.filter(|record| record.seq > after).take(limit).cloned().collect()
        }))
    }

    async fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(|tables| tables.bodies.get(digest).map(|kept| kept.bytes.clone())))
    }
}
