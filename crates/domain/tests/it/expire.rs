//! Expiry asks first: a timer alone ends nothing.

use mstore_pay_domain::memory::{BookedStatus, Mishap};
use mstore_pay_domain::payment::{Display, PaymentStatus};
use mstore_pay_domain::ports::Operation;

use crate::shop::{PRICE, Shop};

#[test]
fn a_payment_nobody_paid_is_withdrawn_then_closed_then_expired() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pass(301);
    assert!(matches!(shop.payment(&payment.id).display, Display::Withdrawn { .. }));
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending, "the grace is not over");
    shop.pass(62);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Expired);
    assert_eq!(shop.books()[0].status, BookedStatus::Canceled, "it can no longer be paid");
    shop.record(&payment.id);
}

#[test]
fn money_without_a_webhook_is_found_by_asking() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(20);
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.pass(15);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}

#[test]
fn a_provider_that_does_not_answer_keeps_the_payment_pending() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.world.provider.misbehave_always(Operation::Inquire, Mishap::SilentBefore);
    shop.world.provider.misbehave_always(Operation::Cancel, Mishap::SilentBefore);
    shop.pass(600);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending, "unknown is not failed");
    shop.world.provider.behave();
    shop.pass(1_000);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Expired);
}

#[test]
fn money_after_the_provider_ended_the_charge_is_success_and_flagged() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let reference = shop.shown(&payment.id);
    shop.world.provider.expire(&reference).unwrap();
    shop.pass(15);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Expired, "long before our own expiry");
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert_eq!(shop.exceptions(), ["late_paid"]);
}

#[test]
fn money_after_expiry_is_success_and_flagged() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let reference = shop.shown(&payment.id);
    shop.pass(400);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Expired);
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert_eq!(shop.exceptions(), ["late_paid"]);
}
