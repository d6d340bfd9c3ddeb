//! Pushes: what may be on a customer's phone or card although nobody answered is never sent again, and looked
//! for until it is certain.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{Cancellation, CreateError, CreatePayment, Created};
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{CardToken, Clock as _, Operation};

use crate::shop::{PRICE, Shop};

const WEEK_SECONDS: u64 = 7 * 24 * 3_600;

fn ovo() -> CreatePayment {
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::Ovo;
    command.details.customer_phone = Some("+628123456789".to_owned());
    command
}

fn by_card_token() -> CreatePayment {
    let mut command = Shop::command("TRX-1", PRICE);
    command.method = Method::CreditCard;
    command.card_token = CardToken::new("pt-1234");
    command
}

fn confirmed(command: CreatePayment) -> CreatePayment {
    CreatePayment { switch_confirmed: true, ..command }
}

/// A push that was carried out and not answered.
#[track_caller]
fn lost(shop: &Shop, command: &CreatePayment) -> Payment {
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(command);
    let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
    *payment
}

/// Lets time pass until the payment is so old, the workers at work every second.
fn until(shop: &Shop, payment: &Payment, seconds: u64) {
    shop.work();
    while shop.world.clock.now() < payment.created_at.plus(Duration::from_secs(seconds)) {
        shop.pass(1);
    }
}

fn looks(shop: &Shop) -> usize {
    shop.world.provider.calls().into_iter().filter(|call| *call == Operation::Inquire).count()
}

#[track_caller]
fn check_looks(command: &CreatePayment) {
    let shop = Shop::open();
    let payment = lost(&shop, command);
    for (nth, seconds) in [5, 15, 30, 60, 75].into_iter().enumerate() {
        if shop.world.clock.now() < payment.created_at.plus(Duration::from_secs(seconds)) {
            until(&shop, &payment, seconds - 1);
            assert_eq!(looks(&shop), nth, "before {seconds} s");
        }
        until(&shop, &payment, seconds);
        assert_eq!(looks(&shop), nth + 1, "at {seconds} s");
    }
    shop.pass(600);
    assert_eq!(looks(&shop), 5, "afterwards once a day");
    assert_eq!(shop.books().len(), 1, "it is never sent again");
}

#[test]
fn a_key_whose_first_request_was_told_to_wait_is_told_the_same_while_nothing_is_known() {
    let shop = Shop::open();
    let command = CreatePayment { idempotency: Shop::keyed("TRX-1", PRICE, "k1").idempotency, ..ovo() };
    let payment = lost(&shop, &command);
    let again = shop.create(&command);
    assert!(matches!(&again, Ok(Created::Accepted(same)) if same.id == payment.id), "{again:?}");
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn money_is_looked_for_at_five_fifteen_thirty_sixty_and_seventy_five_seconds() {
    check_looks(&ovo());
    check_looks(&by_card_token());
}

#[track_caller]
fn check_found(command: &CreatePayment, by_webhook: bool) {
    let shop = Shop::open();
    let payment = lost(&shop, command);
    until(&shop, &payment, 20);
    shop.pay(&shop.shown(&payment.id), PRICE);
    if by_webhook {
        shop.deliver_all();
        assert_eq!(shop.status(&payment.id), PaymentStatus::Paid, "adopted by our reference");
    }
    until(&shop, &payment, 31);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert_eq!((shop.books().len(), shop.exceptions()), (1, Vec::new()));
}

#[test]
fn money_on_an_unanswered_push_is_found_with_and_without_a_webhook() {
    check_found(&ovo(), true);
    check_found(&ovo(), false);
    check_found(&by_card_token(), true);
    check_found(&by_card_token(), false);
}

#[track_caller]
fn check_not_seen_paid(command: &CreatePayment) {
    let shop = Shop::open();
    let payment = lost(&shop, command);
    until(&shop, &payment, 74);
    assert_eq!(shop.exceptions(), Vec::<&str>::new());
    let early = shop.create(&confirmed(Shop::command("TRX-1", PRICE)));
    assert!(matches!(early, Err(CreateError::OrderHasLivePayment { .. })), "its window is not over: {early:?}");
    until(&shop, &payment, 300);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending, "a timer never turns unknown into failed");
    assert_eq!(shop.exceptions(), ["outcome_unknown"]);
    let unasked = shop.create(&Shop::command("TRX-1", PRICE));
    assert!(matches!(unasked, Err(CreateError::OrderHasLivePayment { .. })), "{unasked:?}");
    let switched = shop.create(&confirmed(Shop::command("TRX-1", PRICE)));
    assert!(matches!(switched, Ok(Created::Open(_))), "{switched:?}");
    assert_eq!(shop.status(&payment.id), PaymentStatus::Canceled);
    shop.record(&payment.id);
}

#[test]
fn what_was_not_seen_paid_is_put_before_a_person_and_left_on_the_cashiers_word_only() {
    check_not_seen_paid(&ovo());
    check_not_seen_paid(&by_card_token());
}

#[test]
fn the_same_push_is_sent_once_more_on_the_cashiers_word_only() {
    let shop = Shop::open();
    let payment = lost(&shop, &ovo());
    until(&shop, &payment, 60);
    for command in [ovo(), confirmed(ovo())] {
        let joined = shop.create(&command);
        assert!(matches!(joined, Ok(Created::Accepted(_))), "{joined:?}");
    }
    until(&shop, &payment, 80);
    let joined = shop.create(&ovo());
    assert!(matches!(joined, Ok(Created::Accepted(_))), "{joined:?}");
    assert_eq!(shop.books().len(), 1);
    let another = shop.create(&confirmed(ovo()));
    assert!(matches!(&another, Ok(Created::Open(payment)) if payment.attempt == 2), "{another:?}");
    assert_eq!(shop.books().len(), 2);
}

#[test]
fn money_on_a_push_that_was_given_up_is_found_and_flagged() {
    let shop = Shop::open();
    let payment = lost(&shop, &ovo());
    let reference = shop.shown(&payment.id);
    until(&shop, &payment, 80);
    let Ok(Created::Open(new)) = shop.create(&confirmed(Shop::command("TRX-1", PRICE))) else { panic!("no QR") };
    shop.pay(&shop.shown(&new.id), PRICE);
    shop.later(1);
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    assert_eq!((shop.status(&payment.id), shop.status(&new.id)), (PaymentStatus::Paid, PaymentStatus::Paid));
    assert_eq!(shop.exceptions(), ["late_paid", "outcome_unknown", "paid_twice"]);
}

#[test]
fn money_on_a_push_that_was_given_up_is_looked_for_although_nobody_tells() {
    let shop = Shop::open();
    let payment = lost(&shop, &ovo());
    let reference = shop.shown(&payment.id);
    until(&shop, &payment, 80);
    let Ok(Created::Open(new)) = shop.create(&confirmed(Shop::command("TRX-1", PRICE))) else { panic!("no QR") };
    shop.pay(&shop.shown(&new.id), PRICE);
    shop.pay(&reference, PRICE);
    for _ in 0..4 {
        shop.later(3_600);
        shop.work();
    }
    assert_eq!((shop.status(&payment.id), shop.status(&new.id)), (PaymentStatus::Paid, PaymentStatus::Paid));
}

#[test]
fn a_push_that_nobody_gave_up_is_watched_for_a_week_and_then_over() {
    let shop = Shop::open();
    let payment = lost(&shop, &ovo());
    until(&shop, &payment, 80);
    let before = looks(&shop);
    for _ in 0..6 {
        shop.later(24 * 3_600);
        shop.work();
    }
    assert_eq!(looks(&shop) - before, 6, "once a day");
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    shop.later(WEEK_SECONDS);
    shop.work();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Expired);
}

#[test]
fn while_the_provider_does_not_answer_nobody_says_that_it_was_not_paid() {
    let shop = Shop::open();
    let payment = lost(&shop, &ovo());
    shop.world.provider.misbehave_always(Operation::Inquire, Mishap::SilentBefore);
    until(&shop, &payment, 200);
    assert_eq!(shop.exceptions(), Vec::<&str>::new());
    shop.world.provider.behave();
    shop.pass(20);
    assert_eq!(shop.exceptions(), ["outcome_unknown"]);
}

#[test]
fn a_push_that_the_cashier_calls_off_waits_for_its_window() {
    let shop = Shop::open();
    let payment = lost(&shop, &ovo());
    until(&shop, &payment, 10);
    let cancelled = block_on(shop.gateway.cancel(&Shop::scope(), &payment.public_reference(), &Actor::Worker)).unwrap();
    assert_eq!(cancelled.cancellation, Cancellation::Requested);
    until(&shop, &payment, 74);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    until(&shop, &payment, 76);
    assert_eq!((shop.status(&payment.id), shop.exceptions()), (PaymentStatus::Canceled, vec!["outcome_unknown"]));
}

#[test]
fn a_push_that_was_called_off_and_cannot_be_closed_keeps_the_order_until_its_window_is_over() {
    let shop = Shop::open();
    let Ok(Created::Open(payment)) = shop.create(&ovo()) else { panic!("no push") };
    let cancelled = block_on(shop.gateway.cancel(&Shop::scope(), &payment.public_reference(), &Actor::Worker)).unwrap();
    assert_eq!(cancelled.cancellation, Cancellation::Unsupported);
    until(&shop, &payment, 74);
    let early = shop.create(&confirmed(Shop::command("TRX-1", PRICE)));
    assert!(matches!(early, Err(CreateError::OrderHasLivePayment { .. })), "{early:?}");
    until(&shop, &payment, 75);
    shop.sell("TRX-1");
}
