//! Where a provider honours a key, an answer that was lost is asked for again under it: one object an order.

use std::time::Duration;

use mstore_pay_domain::gateway::Created;
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Capabilities, IdempotencySupport, LookupSupport, Operation, PaymentProvider as _};

use crate::shop::{PRICE, Shop};

/// A shop at which QRIS is opened under a key.
fn shop() -> Shop {
    let plain = Shop::open();
    let offered = plain.world.provider.capabilities(&plain.world.account, Method::Qris).unwrap();
    let idempotency = IdempotencySupport::Key { ttl: Duration::from_hours(24) };
    Shop::offering(Method::Qris, Capabilities { idempotency, lookup: LookupSupport::ByReference, ..offered })
}

#[track_caller]
fn check_one_object(shop: &Shop) {
    let payment = shop.sell("TRX-1");
    assert_eq!((payment.charges.len(), shop.books().len()), (1, 1));
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    shop.record(&payment.id);
}

#[test]
fn however_often_answers_are_lost_there_is_one_object() {
    for mishap in [Mishap::SilentAfter, Mishap::BrokenAfter, Mishap::Garbled, Mishap::SilentBefore] {
        let shop = shop();
        shop.world.provider.misbehave(Operation::Open, mishap.clone());
        check_one_object(&shop);
    }
}

#[test]
fn while_no_answer_comes_the_till_waits_and_recovery_asks_by_the_same_key() {
    for mishap in [Mishap::SilentAfter, Mishap::BrokenAfter, Mishap::Garbled] {
        let shop = shop();
        shop.world.provider.misbehave_always(Operation::Open, mishap.clone());
        let accepted = shop.create(&Shop::command("TRX-1", PRICE));
        let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
        // A call that is not answered takes its time as well.
        shop.pass(4);
        assert_eq!((shop.status(&payment.id), shop.books().len()), (PaymentStatus::Pending, 1), "{mishap:?}");
        shop.world.provider.behave();
        shop.pass(20);
        check_one_object(&shop);
    }
}

#[test]
fn what_was_asked_for_by_key_until_its_time_was_over_is_watched() {
    let shop = shop();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(&Shop::command("TRX-1", PRICE));
    let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
    shop.pass(400);
    assert_eq!(shop.books().len(), 1);
    let reference = shop.books()[0].our_reference.to_string();
    shop.pay(&reference, PRICE);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}
