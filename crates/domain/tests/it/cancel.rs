//! Cancel: the cashier calls it off; money that came first wins.

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{CancelError, Cancellation, CancelledPayment};
use mstore_pay_domain::memory::{BookedStatus, Mishap};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::Operation;

use crate::shop::{PRICE, Shop};

fn cancel(shop: &Shop, payment: &Payment) -> Result<CancelledPayment, CancelError> {
    block_on(shop.gateway.cancel(&Shop::scope(), &payment.public_reference(), &Actor::Worker))
}

#[test]
fn a_cancelled_charge_is_closed_at_the_provider_and_doing_it_twice_gives_the_same() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    for _ in 0..2 {
        let cancelled = cancel(&shop, &payment).unwrap();
        assert_eq!(cancelled.cancellation, Cancellation::Confirmed);
        assert_eq!(cancelled.payment.status(), PaymentStatus::Canceled);
    }
    assert_eq!(shop.books()[0].status, BookedStatus::Canceled);
}

#[test]
fn money_that_came_first_wins_although_no_webhook_told() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let refused = cancel(&shop, &payment);
    assert!(matches!(refused, Err(CancelError::AlreadyPaid { .. })), "{refused:?}");
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}

#[test]
fn a_cancel_that_is_not_answered_is_asked_again_until_it_is() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.world.provider.misbehave_always(Operation::Cancel, Mishap::SilentBefore);
    let cancelled = cancel(&shop, &payment).unwrap();
    assert_eq!(cancelled.cancellation, Cancellation::Requested);
    assert_eq!(cancelled.payment.status(), PaymentStatus::Pending);
    shop.world.provider.behave();
    shop.pass(30);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Canceled);
    assert_eq!(shop.books()[0].status, BookedStatus::Canceled);
}

#[test]
fn money_after_the_cancel_is_found_and_flagged() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let reference = shop.shown(&payment.id);
    cancel(&shop, &payment).unwrap();
    shop.later(5);
    shop.pay(&reference, PRICE);
    shop.pass(120);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid, "webhooks were never delivered");
    assert_eq!(shop.exceptions(), ["late_paid"]);
}

#[test]
fn a_cancel_that_comes_too_late_ends_nothing_before_the_provider_said_why() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave(Operation::Inquire, Mishap::SilentBefore);
    let cancelled = cancel(&shop, &payment).unwrap();
    assert_eq!(cancelled.cancellation, Cancellation::Requested);
    assert_eq!(cancelled.payment.status(), PaymentStatus::Pending, "it may have been paid");
    shop.pass(10);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert_eq!(shop.exceptions(), Vec::<&str>::new());
}

#[test]
fn a_cancel_whose_answer_was_lost_is_confirmed_by_the_next_question() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.world.provider.misbehave(Operation::Cancel, Mishap::SilentAfter);
    shop.world.provider.misbehave(Operation::Inquire, Mishap::SilentBefore);
    assert_eq!(cancel(&shop, &payment).unwrap().cancellation, Cancellation::Requested);
    shop.pass(10);
    assert_eq!(cancel(&shop, &payment).unwrap().cancellation, Cancellation::Confirmed);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Canceled);
}
