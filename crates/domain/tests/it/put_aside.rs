//! What was put aside without its id being known: where the provider can be asked by our reference it is found, and closed.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::charge::Closing;
use mstore_pay_domain::gateway::{Created, Gateway, Lane, Policies, Ports, WorkLimits};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::memory::{BookedStatus, Mishap};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Capabilities, Clock as _, CrashPoint, IdempotencySupport, LookupSupport, Operation, PaymentProvider as _, Probe,
    StoreError,
};

use crate::shop::{PRICE, Shop};

/// A shop whose QRIS charges are found so, and opened under such a key.
fn shop(lookup: LookupSupport, idempotency: IdempotencySupport) -> Shop {
    let plain = Shop::open();
    let offered = plain.world.provider.capabilities(&plain.world.account, Method::Qris).unwrap();
    Shop::offering(Method::Qris, Capabilities { lookup, idempotency, ..offered })
}

fn keyed_shop() -> Shop {
    shop(LookupSupport::ByReference, IdempotencySupport::Key { ttl: Duration::from_mins(5) })
}

/// A payment of which the till was told to wait.
fn accepted(shop: &Shop) -> PaymentId {
    shop.world.provider.misbehave_always(Operation::Open, Mishap::SilentAfter);
    let accepted = shop.create(&Shop::command("TRX-1", PRICE));
    let Ok(Created::Accepted(payment)) = accepted else { panic!("expected 202, got {accepted:?}") };
    payment.id
}

/// The first charge of a payment was put aside, its id is known by now, and its provider closed it.
#[track_caller]
fn check_closed(shop: &Shop, payment: &PaymentId) {
    let (payment, books) = (shop.payment(payment), shop.books());
    let (charge, booked) = (payment.charges.first().unwrap(), books.first().unwrap());
    assert!(charge.is_hidden());
    assert_eq!(charge.provider_ref(), Some(&booked.charge_ref));
    assert_eq!((charge.closing, &booked.status), (Closing::Confirmed, &BookedStatus::Canceled));
    shop.record(&payment.id);
}

/// Stops whoever was answered, for good.
struct StopsAnswered;

#[async_trait]
impl Probe for StopsAnswered {
    async fn reach_with(&self, point: CrashPoint, _in_hand: &[u8]) -> Result<(), StoreError> {
        if point == CrashPoint::AfterCallBeforeCommit {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

/// Recovery opens another charge, and the process dies before it writes that down.
fn cut_recovery_off(shop: &Shop) {
    shop.later(5);
    let ports = Ports { probe: Arc::new(StopsAnswered), ..shop.world.ports() };
    let gateway = Gateway::new(ports, Policies::default());
    let ended = gateway.work_lane(Lane::Due, shop.world.clock.now(), WorkLimits::default()).now_or_never();
    assert!(ended.is_none(), "{ended:?}");
}

fn questions(shop: &Shop) -> usize {
    shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count()
}

#[test]
fn what_was_replaced_is_found_and_closed() {
    let shop = shop(LookupSupport::ByReference, IdempotencySupport::None);
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter);
    let payment = shop.sell("TRX-1");
    assert_eq!(payment.charges.len(), 2);
    shop.pass(70);
    check_closed(&shop, &payment.id);
}

#[test]
fn what_nobody_answered_until_its_time_was_over_is_found_and_closed() {
    let shop = keyed_shop();
    let payment = accepted(&shop);
    shop.pass(450);
    check_closed(&shop, &payment);
}

#[test]
fn what_was_cancelled_while_it_was_being_opened_is_found_and_closed() {
    let shop = keyed_shop();
    let payment = accepted(&shop);
    block_on(shop.gateway.cancel(&Shop::scope(), &payment.to_string(), &Actor::Worker)).unwrap();
    shop.pass(70);
    check_closed(&shop, &payment);
}

#[test]
fn money_on_it_is_found_although_nobody_tells_of_it() {
    let shop = keyed_shop();
    let payment = accepted(&shop);
    let reference = shop.books()[0].our_reference.to_string();
    shop.pass(310);
    shop.pay(&reference, PRICE);
    shop.pass(130);
    assert!(shop.status(&payment).holds_money());
}

#[test]
fn whoever_cannot_be_asked_by_our_reference_is_not_asked() {
    let asked_in_two_minutes = |mishaps: usize| {
        let shop = shop(LookupSupport::ById, IdempotencySupport::None);
        (0..mishaps).for_each(|_| shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter));
        let payment = shop.sell("TRX-1");
        assert_eq!(payment.charges.len(), 1 + mishaps);
        shop.pass(120);
        questions(&shop)
    };
    assert_eq!(asked_in_two_minutes(1), asked_in_two_minutes(0));
}

#[test]
fn nobody_is_woken_again_and_again_for_what_cannot_be_asked_about() {
    let shop = shop(LookupSupport::ById, IdempotencySupport::None);
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter);
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    assert!(shop.status(&payment.id).holds_money());
    let woken = (0..3_600).map(|_| {
        shop.later(1);
        block_on(shop.gateway.work_lane(Lane::Due, shop.world.clock.now(), WorkLimits::default())).unwrap()
    });
    assert!(woken.sum::<u32>() <= 1, "for a charge whose id nobody knows");
}

#[test]
fn a_node_without_the_provider_leaves_what_was_put_aside_there_to_the_others() {
    let shop = shop(LookupSupport::ByReference, IdempotencySupport::None);
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentAfter);
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    shop.later(60);
    let without = Gateway::new(Ports { providers: Vec::new(), ..shop.world.ports() }, Policies::default());
    block_on(without.work_lane(Lane::Due, shop.world.clock.now(), WorkLimits::default())).unwrap();
    shop.pass(3_700);
    check_closed(&shop, &payment.id);
}

#[test]
fn what_was_being_opened_when_money_came_by_another_charge_is_put_aside() {
    let shop = shop(LookupSupport::ByReference, IdempotencySupport::None);
    shop.world.provider.misbehave_always(Operation::Open, Mishap::BrokenAfter);
    let Ok(Created::Accepted(payment)) = shop.create(&Shop::command("TRX-1", PRICE)) else { panic!("expected 202") };
    shop.world.provider.behave();
    let first = shop.books()[0].our_reference.to_string();
    cut_recovery_off(&shop);
    shop.pay(&first, PRICE);
    shop.deliver_all();
    assert!(shop.status(&payment.id).holds_money());
    shop.pass(130);
    let payment = shop.payment(&payment.id);
    let others = payment.charges.iter().filter(|charge| charge.state.funds().is_none());
    assert!(others.clone().all(|charge| charge.is_hidden() && charge.closing == Closing::Confirmed), "{payment:?}");
    assert!(others.count() > 1);
    shop.record(&payment.id);
}
