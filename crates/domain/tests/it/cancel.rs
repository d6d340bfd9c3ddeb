//! Cancel: the cashier calls it off; money that came first wins.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{CancelError, Cancellation, CancelledPayment, Lane};
use mstore_pay_domain::memory::{BookedStatus, Mishap};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{Clock as _, Operation};

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

/// Has as much time pass as is never waited; nothing is to be done about any payment then, and its provider is asked to
/// close nothing any more.
#[track_caller]
fn check_nothing_is_left_to_close(shop: &Shop) {
    let cancels = || shop.world.provider.calls().into_iter().filter(|call| *call == Operation::Cancel).count();
    let before = cancels();
    for _ in 0..3 {
        shop.world.clock.advance(Duration::from_hours(24));
        shop.work();
    }
    assert_eq!(cancels(), before);
    let in_a_year = shop.world.clock.now().plus(Duration::from_hours(365 * 24));
    assert_eq!(block_on(shop.gateway.take_up(Lane::Due, in_a_year, 10)).unwrap(), []);
}

#[test]
fn what_was_paid_before_the_cancel_came_is_not_asked_to_be_closed_any_more() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave(Operation::Inquire, Mishap::SilentBefore);
    assert_eq!(cancel(&shop, &payment).unwrap().cancellation, Cancellation::Requested);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    check_nothing_is_left_to_close(&shop);
}

#[test]
fn a_charge_that_is_never_closed_is_asked_to_be_as_long_as_it_is_watched() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.world.provider.misbehave_always(Operation::Cancel, Mishap::BrokenAfter);
    cancel(&shop, &payment).unwrap();
    shop.pass(120);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Canceled);
    shop.world.clock.advance(Duration::from_hours(24 * 30));
    shop.work();
    check_nothing_is_left_to_close(&shop);
}
