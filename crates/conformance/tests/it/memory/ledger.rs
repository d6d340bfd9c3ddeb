//! Harness of the ledger in memory.

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_conformance::ledger::{LedgerHarness, LedgerRig};
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::memory::{MemoryLedger, SequentialIds};
use mstore_pay_domain::ports::{IdGenerator as _, LedgerErrorKind, OrderSummary, TransactionLedger};

/// [`MemoryLedger`].
pub(crate) struct MemoryLedgerHarness;

struct MemoryLedgerRig {
    ledger: Arc<MemoryLedger>,
}

#[async_trait]
impl LedgerHarness for MemoryLedgerHarness {
    async fn fresh(&self) -> Box<dyn LedgerRig> {
        Box::new(MemoryLedgerRig { ledger: Arc::default() })
    }
}

#[async_trait]
impl LedgerRig for MemoryLedgerRig {
    fn ledger(&self) -> Arc<dyn TransactionLedger> {
        self.ledger.clone()
    }

    async fn put_order(&self, merchant: &MerchantId, code: &OrderCode, order: &OrderSummary) {
        self.ledger.put_order(merchant.clone(), code.clone(), order.clone());
    }

    async fn paid(&self, _merchant: &MerchantId, _code: &OrderCode, count: usize) -> Vec<PaymentId> {
        let ids = SequentialIds::default();
        (0..count).map(|_| PaymentId::new(ids.uuid())).collect()
    }

    async fn booked(&self, payment: &PaymentId) -> usize {
        self.ledger.verified().iter().filter(|verified| &verified.payment == payment).count()
    }

    async fn take_down(&self) {
        self.ledger.fail_with(Some(LedgerErrorKind::Unavailable));
    }
}
