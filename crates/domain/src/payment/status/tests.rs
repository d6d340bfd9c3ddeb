use std::collections::BTreeSet;
use std::time::Duration;

use uuid::Uuid;

use super::*;
use crate::audit::AuditHead;
use crate::charge::{Exposure, FailureReason, Payer, RefundFact, Risk};
use crate::ids::{AccountId, ChargeId, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef};
use crate::method::Method;
use crate::money::{Money, ReportedMoney};
use crate::payment::{CheckLog, PaymentDetails, PublicReference, Revision};

const AMOUNT: u32 = 33_000;

#[test]
fn every_status_is_told_by_a_word_of_its_own() {
    let words: BTreeSet<&str> = PaymentStatus::ALL.into_iter().map(PaymentStatus::word).collect();
    assert_eq!(words.len(), PaymentStatus::ALL.len());
    assert!(words.iter().all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '_')));
    assert_eq!(PaymentStatus::Paid.word(), "paid");
}

/// Checks where money came, and where some of it is still here.
#[track_caller]
fn check_money(status: PaymentStatus, saw_money: bool, holds_money: bool) {
    assert_eq!((status.saw_money(), status.holds_money()), (saw_money, holds_money), "{status:?}");
}

#[test]
fn money_that_went_back_was_seen_and_is_held_no_more() {
    check_money(PaymentStatus::Paid, true, true);
    check_money(PaymentStatus::PartiallyRefunded, true, true);
    check_money(PaymentStatus::Refunded, true, false);
    check_money(PaymentStatus::Reversed, true, false);
    for status in [PaymentStatus::Pending, PaymentStatus::Expired, PaymentStatus::Canceled, PaymentStatus::Failed] {
        check_money(status, false, false);
    }
}

fn at(second: u64) -> Timestamp {
    Timestamp::EPOCH.plus(Duration::from_secs(second))
}

fn named(name: &str) -> ProviderRef {
    ProviderRef::parse(name).unwrap()
}

fn receipt(name: &str, second: u64) -> Receipt {
    Receipt {
        payment_ref: named(name),
        money: ReportedMoney::idr(Money::from(AMOUNT)),
        paid_at: at(second),
        payer: Payer::default(),
    }
}

fn refund(name: &str, amount: u32) -> RefundFact {
    RefundFact { refund_ref: named(name), amount: Money::from(amount), at: at(50) }
}

fn charge(state: ChargeState) -> Charge {
    let intended = Charge::intend(
        ChargeId::new(Uuid::from_u128(7)),
        ProviderId::parse("xendit").unwrap(),
        AccountId::parse("main").unwrap(),
        OurReference::parse("order-1-a").unwrap(),
        Risk::Displayed,
        at(0),
    );
    Charge { state, ..intended }
}

fn hidden(state: ChargeState) -> Charge {
    Charge { exposure: Exposure::Hidden { since: at(1) }, ..charge(state) }
}

/// A payment of those charges for which no more are opened.
fn payment(charges: Vec<Charge>) -> Payment {
    Payment {
        id: PaymentId::new(Uuid::from_u128(1)),
        merchant: MerchantId::parse("merchant-1").unwrap(),
        branch: None,
        order_code: OrderCode::parse("order-1").unwrap(),
        method: Method::Qris,
        amount: Money::from(AMOUNT),
        attempt: 1,
        details: PaymentDetails::default(),
        created_at: at(0),
        expires_at: at(900),
        revision: Revision::NEW,
        intake: Intake::Closed,
        display: Display::Shown,
        reference: PublicReference::Unset,
        charges,
        audit: AuditHead::default(),
        checks: CheckLog::default(),
    }
}

fn with_money(receipts: &[Receipt], refunds: &[RefundFact], reversed: &[&str]) -> ChargeState {
    let reversals = reversed.iter().map(|name| (named(name), at(60)));
    ChargeState::of(Funds::from_facts(receipts.iter().cloned(), refunds.iter().cloned(), reversals))
}

/// Checks where a payment stands, and that its status and its time say the same.
#[track_caller]
fn check(payment: &Payment, want: &Standing) {
    assert_eq!(&payment.standing(), want);
    let (status, paid_at) = match want {
        Standing::Settled { status, receipt } => (*status, receipt.as_ref().map(|receipt| receipt.paid_at)),
        Standing::Pending | Standing::Expired { .. } | Standing::Canceled { .. } | Standing::Failed { .. } => {
            (want.status(), None)
        }
    };
    assert_eq!((payment.status(), payment.paid_at()), (status, paid_at));
}

fn settled(status: PaymentStatus, receipt: Receipt) -> Standing {
    Standing::Settled { status, receipt: Some(receipt) }
}

#[test]
fn a_payment_without_money_stands_where_its_newest_charge_that_counts_stands() {
    let failed = ChargeState::Failed { at: at(3), reason: FailureReason::from_code("DECLINED") };
    let canceled = ChargeState::Canceled { at: at(4) };
    check(&payment(vec![charge(ChargeState::Pending)]), &Standing::Pending);
    check(&payment(vec![charge(ChargeState::Expired { at: at(5) })]), &Standing::Expired { at: at(5) });
    check(&payment(vec![charge(failed.clone()), charge(canceled.clone())]), &Standing::Canceled { at: at(4) });
    check(
        &payment(vec![charge(canceled.clone()), charge(failed.clone()), hidden(canceled)]),
        &Standing::Failed { at: at(3), reason: FailureReason::from_code("DECLINED") },
    );
    check(&payment(vec![charge(ChargeState::Pending), charge(failed.clone())]), &Standing::Pending);
    check(
        &payment(vec![hidden(ChargeState::Pending), charge(failed)]),
        &Standing::Failed { at: at(3), reason: FailureReason::from_code("DECLINED") },
    );
}

#[test]
fn a_payment_waits_while_a_charge_may_still_be_opened() {
    let opening = |charges| Payment { intake: Intake::Open, ..payment(charges) };
    check(&opening(vec![charge(ChargeState::Expired { at: at(5) })]), &Standing::Pending);
    check(&opening(vec![]), &Standing::Pending);
}

#[test]
fn without_a_charge_that_counts_a_payment_stands_where_its_display_ended() {
    let withdrawn =
        |why| Payment { display: Display::Withdrawn { at: at(9), why }, ..payment(vec![hidden(ChargeState::Pending)]) };
    check(&payment(vec![hidden(ChargeState::Canceled { at: at(4) })]), &Standing::Pending);
    check(&withdrawn(Withdrawal::Expired), &Standing::Expired { at: at(9) });
    for why in [
        Withdrawal::Cancelled,
        Withdrawal::Superseded,
        Withdrawal::PaidBy { payment: PaymentId::new(Uuid::from_u128(2)) },
        Withdrawal::PaidInCash,
        Withdrawal::Voided,
    ] {
        check(&withdrawn(why), &Standing::Canceled { at: at(9) });
    }
}

#[test]
fn money_on_any_charge_decides_hidden_or_dead_as_it_may_be() {
    let paid = with_money(&[receipt("py-1", 10)], &[], &[]);
    let want = settled(PaymentStatus::Paid, receipt("py-1", 10));
    check(&payment(vec![charge(paid.clone())]), &want);
    check(&payment(vec![hidden(paid.clone()), charge(ChargeState::Expired { at: at(5) })]), &want);
    check(&Payment { intake: Intake::Open, ..payment(vec![hidden(paid)]) }, &want);
}

#[test]
fn the_money_of_all_charges_is_taken_as_one() {
    let early = with_money(&[receipt("py-1", 10)], &[], &[]);
    let late = with_money(&[receipt("py-2", 20)], &[refund("rf-2", AMOUNT)], &[]);
    let both = payment(vec![charge(late.clone()), hidden(early)]);
    check(&both, &settled(PaymentStatus::PartiallyRefunded, receipt("py-1", 10)));
    check(&payment(vec![charge(late)]), &settled(PaymentStatus::Refunded, receipt("py-2", 20)));
    let taken_back = charge(with_money(&[receipt("py-1", 10)], &[], &["py-1"]));
    check(&payment(vec![taken_back.clone()]), &settled(PaymentStatus::Reversed, receipt("py-1", 10)));
    let again = charge(with_money(&[receipt("py-2", 20)], &[], &[]));
    check(&payment(vec![taken_back, again]), &settled(PaymentStatus::Paid, receipt("py-2", 20)));
}

#[test]
fn every_receipt_is_named_with_its_charge() {
    let two = with_money(&[receipt("py-1", 10), receipt("py-2", 20)], &[], &[]);
    let one = with_money(&[receipt("py-3", 30)], &[], &[]);
    let payment = payment(vec![charge(two.clone()), charge(ChargeState::Pending), hidden(one.clone())]);
    let named: Vec<(&ChargeState, &str)> =
        payment.receipts().map(|(charge, receipt)| (&charge.state, receipt.payment_ref.as_str())).collect();
    assert_eq!(named, [(&two, "py-1"), (&two, "py-2"), (&one, "py-3")]);
}
