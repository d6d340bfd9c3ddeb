//! Another amount for an order: the old charge goes, the new one comes, and money on either is found.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{CreateError, Created};
use mstore_pay_domain::memory::{BookedStatus, Mishap};
use mstore_pay_domain::payment::{Display, PaymentStatus};
use mstore_pay_domain::ports::{Availability, Operation};

use crate::shop::{PRICE, Shop};

fn switch(shop: &Shop) -> Result<Created, CreateError> {
    shop.create(&Shop::command("TRX-1", PRICE + 500))
}

#[test]
fn the_old_charge_is_closed_before_the_new_one_is_shown() {
    let shop = Shop::open();
    let old = shop.sell("TRX-1");
    let Ok(Created::Open(new)) = switch(&shop) else { panic!("no QR") };
    assert_eq!(shop.status(&old.id), PaymentStatus::Canceled);
    assert_eq!(new.attempt, 2);
    let books = shop.books();
    assert_eq!((books[0].status.clone(), books[1].status.clone()), (BookedStatus::Canceled, BookedStatus::Open));
}

#[test]
fn money_on_the_old_charge_wins_over_the_switch() {
    let shop = Shop::open();
    let old = shop.sell("TRX-1");
    shop.pay(&shop.shown(&old.id), PRICE);
    let refused = switch(&shop);
    assert!(matches!(refused, Err(CreateError::OrderAlreadyPaid { payment: Some(_) })), "{refused:?}");
    assert_eq!(shop.books().len(), 1);
}

#[test]
fn money_that_lands_on_the_old_charge_later_withdraws_the_new_one() {
    let shop = Shop::open();
    let old = shop.sell("TRX-1");
    let reference = shop.shown(&old.id);
    let Ok(Created::Open(new)) = switch(&shop) else { panic!("no QR") };
    shop.later(3);
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    assert_eq!((shop.status(&old.id), shop.status(&new.id)), (PaymentStatus::Paid, PaymentStatus::Canceled));
    assert_eq!(shop.exceptions(), ["late_paid"]);
    shop.pass(5);
    assert_eq!(shop.books()[1].status, BookedStatus::Canceled, "the sibling is closed at the provider");
}

#[test]
fn both_paid_is_flagged() {
    let shop = Shop::open();
    let old = shop.sell("TRX-1");
    let first = shop.shown(&old.id);
    let Ok(Created::Open(new)) = switch(&shop) else { panic!("no QR") };
    shop.pay(&shop.shown(&new.id), PRICE + 500);
    shop.later(1);
    shop.pay(&first, PRICE);
    shop.deliver_all();
    assert_eq!(shop.exceptions(), ["late_paid", "paid_twice"]);
}

#[test]
fn while_the_provider_rests_the_old_charge_stays_on_display() {
    let shop = Shop::open();
    let old = shop.sell("TRX-1");
    shop.world.provider.say(Availability::Resting { retry_after: Duration::from_secs(2) });
    let refused = switch(&shop);
    assert!(matches!(refused, Err(CreateError::Unavailable { .. })), "{refused:?}");
    assert_eq!(shop.payment(&old.id).display, Display::Shown);
    assert_eq!(shop.books()[0].status, BookedStatus::Open);
}

#[test]
fn a_tap_right_after_expiry_gets_a_new_qr_and_the_old_one_is_closed_first() {
    let shop = Shop::open();
    let old = shop.sell("TRX-1");
    shop.pass(301);
    assert_eq!(shop.status(&old.id), PaymentStatus::Pending, "its provider was not asked yet");
    let new = shop.sell("TRX-1");
    assert_ne!(new.id, old.id);
    let books = shop.books();
    assert_eq!((books[0].status.clone(), books[1].status.clone()), (BookedStatus::Canceled, BookedStatus::Open));
}

#[test]
fn a_tap_after_a_cancel_that_was_not_answered_gets_a_new_qr() {
    let shop = Shop::open();
    let old = shop.sell("TRX-1");
    shop.world.provider.misbehave_always(Operation::Cancel, Mishap::SilentBefore);
    block_on(shop.gateway.cancel(&Shop::scope(), &old.public_reference(), &Actor::Worker)).unwrap();
    let new = shop.sell("TRX-1");
    assert_ne!(new.id, old.id);
}
