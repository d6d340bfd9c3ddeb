//! Ledgers with one bug each.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mstore_pay_conformance::ledger::{LedgerHarness, LedgerRig};
use mstore_pay_conformance::ledger_failures;
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{LedgerError, LedgerErrorKind, OrderSummary, TransactionLedger};
use mstore_pay_domain::time::Timestamp;

use crate::memory::ledger::MemoryLedgerHarness;
use crate::memory::own_ledger::OwnLedgerHarness;

#[derive(Clone, Copy)]
enum Bug {
    BooksEveryRepeat,
    RefusesUnknownOrders,
    ForgetsOverOurOwnOrders,
}

struct SabotagedHarness(Bug);

struct SabotagedRig {
    bug: Bug,
    whole: Box<dyn LedgerRig>,
    booked: Arc<Mutex<Vec<PaymentId>>>,
}

struct Sabotaged {
    bug: Bug,
    whole: Arc<dyn TransactionLedger>,
    booked: Arc<Mutex<Vec<PaymentId>>>,
}

#[async_trait]
impl TransactionLedger for Sabotaged {
    async fn resolve(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<OrderSummary>, LedgerError> {
        self.whole.resolve(merchant, code).await
    }

    fn is_our_own(&self) -> bool {
        self.whole.is_our_own()
    }

    async fn verify_payment(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        payment: &PaymentId,
        amount: &Money,
        paid_at: Timestamp,
    ) -> Result<(), LedgerError> {
        if matches!(self.bug, Bug::RefusesUnknownOrders) && self.whole.resolve(merchant, code).await?.is_none() {
            return Err(LedgerError { operation: "verify a payment", kind: LedgerErrorKind::Refused, source: None });
        }
        if matches!(self.bug, Bug::ForgetsOverOurOwnOrders) {
            return self.whole.resolve(merchant, code).await.map(drop);
        }
        self.whole.verify_payment(merchant, code, payment, amount, paid_at).await?;
        self.booked.lock().unwrap().push(*payment);
        Ok(())
    }
}

#[async_trait]
impl LedgerHarness for SabotagedHarness {
    async fn fresh(&self) -> Box<dyn LedgerRig> {
        let whole = match self.0 {
            Bug::BooksEveryRepeat | Bug::RefusesUnknownOrders => MemoryLedgerHarness.fresh().await,
            Bug::ForgetsOverOurOwnOrders => OwnLedgerHarness.fresh().await,
        };
        Box::new(SabotagedRig { bug: self.0, whole, booked: Arc::default() })
    }
}

#[async_trait]
impl LedgerRig for SabotagedRig {
    fn ledger(&self) -> Arc<dyn TransactionLedger> {
        Arc::new(Sabotaged { bug: self.bug, whole: self.whole.ledger(), booked: self.booked.clone() })
    }

    async fn put_order(&self, merchant: &MerchantId, code: &OrderCode, order: &OrderSummary) {
        self.whole.put_order(merchant, code, order).await;
    }

    async fn paid(&self, merchant: &MerchantId, code: &OrderCode, count: usize) -> Vec<PaymentId> {
        self.whole.paid(merchant, code, count).await
    }

    async fn booked(&self, payment: &PaymentId) -> usize {
        match self.bug {
            Bug::BooksEveryRepeat => self.booked.lock().unwrap().iter().filter(|booked| *booked == payment).count(),
            Bug::RefusesUnknownOrders | Bug::ForgetsOverOurOwnOrders => self.whole.booked(payment).await,
        }
    }

    async fn take_down(&self) {
        self.whole.take_down().await;
    }
}

#[test]
fn a_ledger_that_books_every_repeat_is_caught() {
    let failed = ledger_failures!(SabotagedHarness(Bug::BooksEveryRepeat));
    assert_eq!(failed, ["payment_is_booked_once_however_often_it_is_verified"]);
}

#[test]
fn a_ledger_that_refuses_unknown_orders_is_caught() {
    let failed = ledger_failures!(SabotagedHarness(Bug::RefusesUnknownOrders));
    assert_eq!(failed, ["payment_of_an_unknown_order_is_booked", "payments_of_one_order_are_told_apart"]);
}

/// Of an order that is registered later, the payments themselves tell.
#[test]
fn a_ledger_over_our_own_orders_that_forgets_is_caught() {
    let failed = ledger_failures!(SabotagedHarness(Bug::ForgetsOverOurOwnOrders));
    assert_eq!(failed, ["payment_is_booked_once_however_often_it_is_verified"]);
}
