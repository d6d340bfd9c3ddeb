//! A transaction ledger in memory.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::ids::{MerchantId, OrderCode, PaymentId};
use crate::money::Money;
use crate::ports::{LedgerError, LedgerErrorKind, OrderSummary, TransactionLedger};
use crate::time::Timestamp;

/// Orders by merchant and code, and the payments that paid them.
#[derive(Debug, Default)]
pub struct MemoryLedger {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    orders: BTreeMap<(MerchantId, OrderCode), OrderSummary>,
    verified: BTreeMap<PaymentId, VerifiedPayment>,
    trouble: Option<LedgerErrorKind>,
}

/// A payment that the ledger was told of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedPayment {
    /// The tenant.
    pub merchant: MerchantId,
    /// The order it paid.
    pub order_code: OrderCode,
    /// Which payment.
    pub payment: PaymentId,
    /// How much.
    pub amount: Money,
    /// When the money moved.
    pub paid_at: Timestamp,
}

impl MemoryLedger {
    /// Makes an order known, or changes it.
    pub fn put_order(&self, merchant: MerchantId, code: OrderCode, order: OrderSummary) {
        lock(&self.state).orders.insert((merchant, code), order);
    }

    /// The payments it was told of: each once, however often it was told.
    #[must_use]
    pub fn verified(&self) -> Vec<VerifiedPayment> {
        lock(&self.state).verified.values().cloned().collect()
    }

    /// Has every call fail that way, until it is told `None`.
    pub fn fail_with(&self, trouble: Option<LedgerErrorKind>) {
        lock(&self.state).trouble = trouble;
    }
}

impl State {
    fn check(&self, operation: &'static str) -> Result<(), LedgerError> {
        self.trouble.map_or(Ok(()), |kind| Err(LedgerError { operation, kind, source: None }))
    }
}

#[async_trait]
impl TransactionLedger for MemoryLedger {
    async fn resolve(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<OrderSummary>, LedgerError> {
        let state = lock(&self.state);
        state.check("resolve an order")?;
        Ok(state.orders.get(&(merchant.clone(), code.clone())).cloned())
    }

    async fn verify_payment(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        payment: &PaymentId,
        amount: &Money,
        paid_at: Timestamp,
    ) -> Result<(), LedgerError> {
        let mut state = lock(&self.state);
        state.check("verify a payment")?;
        state.verified.entry(*payment).or_insert_with(|| VerifiedPayment {
            merchant: merchant.clone(),
            order_code: code.clone(),
            payment: *payment,
            amount: amount.clone(),
            paid_at,
        });
        Ok(())
    }
}
