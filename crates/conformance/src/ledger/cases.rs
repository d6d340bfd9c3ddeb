//! Orders are found, payments are booked once.

use std::error::Error as _;

use mstore_pay_domain::ids::{BranchId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::ports::{IdGenerator as _, LedgerErrorKind, OrderSummary};
use mstore_pay_domain::time::Timestamp;

use super::{LedgerHarness, LedgerRig};

fn merchant() -> MerchantId {
    MerchantId::parse("M1").expect("a merchant")
}

fn code(text: &str) -> OrderCode {
    OrderCode::parse(text).expect("an order code")
}

fn order(status: OrderStatus) -> OrderSummary {
    OrderSummary { grand_total: Money::from(33_000), branch: BranchId::parse("B1").ok(), status }
}

async fn verify(rig: &dyn LedgerRig, order: &str, payment: &PaymentId) {
    let paid_at = Timestamp::parse_rfc3339("2025-10-13T10:32:15Z").expect("a time");
    let verified = rig.ledger().verify_payment(&merchant(), &code(order), payment, &Money::from(33_000), paid_at).await;
    verified.expect("the ledger takes the payment");
}

/// An order that the ledger knows is found, with what it costs, its branch and where it stands.
pub async fn known_order_is_resolved_wherever_it_stands(h: &dyn LedgerHarness) {
    let rig = h.fresh().await;
    for status in OrderStatus::ALL {
        let (code, mut order) = (code(&format!("TRX-{status}")), order(status));
        if status == OrderStatus::Draft {
            order.branch = None;
        }
        rig.put_order(&merchant(), &code, &order).await;
        assert_eq!(rig.ledger().resolve(&merchant(), &code).await.expect("the ledger answers"), Some(order));
    }
}

/// An order that the ledger does not know is nothing, and no error.
pub async fn unknown_order_resolves_to_nothing(h: &dyn LedgerHarness) {
    let rig = h.fresh().await;
    rig.put_order(&merchant(), &code("TRX-1"), &order(OrderStatus::Draft)).await;
    assert_eq!(rig.ledger().resolve(&merchant(), &code("TRX-2")).await.expect("the ledger answers"), None);
}

/// An order of that code at another merchant is not this merchant's.
pub async fn order_of_another_merchant_resolves_to_nothing(h: &dyn LedgerHarness) {
    let rig = h.fresh().await;
    rig.put_order(&MerchantId::parse("M2").expect("a merchant"), &code("TRX-1"), &order(OrderStatus::Draft)).await;
    assert_eq!(rig.ledger().resolve(&merchant(), &code("TRX-1")).await.expect("the ledger answers"), None);
}

/// A payment stands in the books once, however often the ledger is told of it.
pub async fn payment_is_booked_once_however_often_it_is_verified(h: &dyn LedgerHarness) {
    let rig = h.fresh().await;
    rig.put_order(&merchant(), &code("TRX-1"), &order(OrderStatus::PendingPayment)).await;
    for payment in rig.paid(&merchant(), &code("TRX-1"), 1).await {
        for _ in 0..3 {
            verify(&*rig, "TRX-1", &payment).await;
        }
        assert_eq!(rig.booked(&payment).await, 1);
    }
}

/// A payment of an order that the ledger does not know yet is taken all the same: the money is real.
pub async fn payment_of_an_unknown_order_is_booked(h: &dyn LedgerHarness) {
    let rig = h.fresh().await;
    for payment in rig.paid(&merchant(), &code("TRX-1"), 1).await {
        verify(&*rig, "TRX-1", &payment).await;
        assert_eq!(rig.booked(&payment).await, 1);
    }
}

/// Two payments of one order are two payments.
pub async fn payments_of_one_order_are_told_apart(h: &dyn LedgerHarness) {
    let rig = h.fresh().await;
    let payments = rig.paid(&merchant(), &code("TRX-1"), 2).await;
    for payment in &payments {
        verify(&*rig, "TRX-1", payment).await;
    }
    assert_eq!(payments.len(), 2);
    for payment in &payments {
        assert_eq!(rig.booked(payment).await, 1);
    }
}

/// A ledger that cannot be reached says so, and does not call an order unknown.
pub async fn ledger_out_of_reach_is_unavailable(h: &dyn LedgerHarness) {
    let rig = h.fresh().await;
    rig.put_order(&merchant(), &code("TRX-1"), &order(OrderStatus::Draft)).await;
    rig.take_down().await;
    let payment = PaymentId::new(SequentialIds::default().uuid());
    let resolving = rig.ledger().resolve(&merchant(), &code("TRX-1")).await.map(drop);
    let (amount, paid_at) = (Money::from(33_000), Timestamp::EPOCH);
    let verifying = rig.ledger().verify_payment(&merchant(), &code("TRX-1"), &payment, &amount, paid_at).await;
    for outcome in [resolving, verifying] {
        let error = outcome.expect_err("nobody is there to answer");
        assert_eq!(error.kind, LedgerErrorKind::Unavailable, "{error:?}");
        let said = error.to_string();
        let cause = error.source().map(ToString::to_string);
        assert!(cause.is_none_or(|cause| !said.contains(&cause)), "the cause is said twice: {said}");
    }
}
