//! Status and simulate: what a till sees while it waits.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{FindError, Scope, SimulateError, WaitFor};
use mstore_pay_domain::ids::{BranchId, MerchantId};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::Clock as _;

use crate::shop::{PRICE, Shop};

#[test]
fn another_merchant_or_branch_sees_nothing() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let stranger = Scope { merchant: MerchantId::parse("M2").unwrap(), branch: None };
    let elsewhere = Scope { branch: Some(BranchId::parse("B9").unwrap()), ..Shop::scope() };
    for scope in [stranger, elsewhere] {
        for name in [payment.public_reference(), payment.id.to_string()] {
            assert!(matches!(block_on(shop.gateway.status(&scope, &name)), Err(FindError::NotFound)));
        }
    }
}

#[test]
fn a_payment_is_found_by_its_own_id_and_by_the_providers() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    for name in [payment.public_reference(), payment.id.to_string()] {
        assert_eq!(block_on(shop.gateway.status(&Shop::scope(), &name)).unwrap().payment.id, payment.id);
    }
    for name in ["", "nope", "pay_0", "%", "a b", "x'; --"] {
        assert!(matches!(block_on(shop.gateway.status(&Shop::scope(), name)), Err(FindError::NotFound)), "{name:?}");
    }
}

#[test]
fn waiting_ends_when_the_time_is_over_or_the_revision_is_another() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let wait = |seen| WaitFor { at_most: Duration::from_secs(3), seen };
    let before = shop.world.clock.now();
    let view = block_on(shop.gateway.wait(&Shop::scope(), &payment.public_reference(), wait(None))).unwrap();
    assert!(!view.is_settled() && shop.world.clock.now().since(before) >= Duration::from_secs(3));
    let before = shop.world.clock.now();
    let old = Some(mstore_pay_domain::payment::Revision::NEW);
    block_on(shop.gateway.wait(&Shop::scope(), &payment.public_reference(), wait(old))).unwrap();
    assert_eq!(shop.world.clock.now(), before);
}

#[test]
fn looking_at_an_old_payment_asks_the_provider() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(20);
    shop.pay(&shop.shown(&payment.id), PRICE);
    let view = block_on(shop.gateway.status(&Shop::scope(), &payment.public_reference())).unwrap();
    assert_eq!(view.payment.status(), PaymentStatus::Paid);
    assert_eq!((view.order_status, view.paid_by), (Some(OrderStatus::Paid), Some(payment.id)));
}

#[test]
fn a_simulated_payment_takes_the_real_way() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let simulate = |amount: u32| {
        block_on(shop.gateway.simulate(
            &Shop::scope(),
            &payment.public_reference(),
            &Money::from(amount),
            &Actor::Worker,
        ))
    };
    assert!(matches!(simulate(PRICE + 1), Err(SimulateError::AmountMismatch { .. })));
    simulate(PRICE).unwrap();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
    assert!(matches!(simulate(PRICE), Err(SimulateError::AlreadyPaid { .. })));
}
