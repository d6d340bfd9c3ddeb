//! Those who look at a payment: many who do ask its provider once.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use futures::future::join_all;
use mstore_pay_domain::gateway::{Gateway, Lane, Policies, Ports};
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{Clock as _, MockRateBudget, Operation, Reservation};

use crate::shop::{PRICE, Shop};

/// Has so many tills look at a payment at once.
fn look(shop: &Shop, payment: &Payment, tills: usize) {
    let (scope, name) = (Shop::scope(), payment.id.to_string());
    let looks = (0..tills).map(|_| shop.gateway.status(&scope, &name));
    assert!(block_on(join_all(looks)).into_iter().all(|look| look.is_ok()));
}

fn asked(shop: &Shop) -> usize {
    shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count()
}

#[test]
fn many_who_look_at_one_payment_ask_once_in_ten_seconds() {
    let shop = Shop::open();
    let (one, other) = (shop.sell("TRX-1"), shop.sell("TRX-2"));
    shop.later(15);
    for want in 1..=3 {
        for _ in 0..5 {
            look(&shop, &one, 20);
        }
        assert_eq!(asked(&shop), want);
        shop.later(10);
    }
    look(&shop, &other, 1);
    assert_eq!(asked(&shop), 4, "another payment is another question");
}

/// Of the payments that are due, how many are merely to be checked, and how many need more.
fn due(shop: &Shop) -> [usize; 2] {
    let now = shop.world.clock.now();
    let errands = block_on(shop.gateway.take_up(Lane::Due, now, 10)).unwrap();
    let mere = errands.iter().filter(|errand| errand.is_mere_check(now)).count();
    [mere, errands.len() - mere]
}

#[test]
fn a_payment_on_display_is_merely_checked_until_its_time_is_over() {
    let shop = Shop::open();
    shop.sell("TRX-1");
    shop.later(15);
    assert_eq!(due(&shop), [1, 0]);
    // What was taken up is free again by then.
    shop.later(286);
    assert_eq!(due(&shop), [0, 1]);
}

#[test]
fn a_payment_whose_opening_was_cut_off_is_not_merely_checked() {
    let shop = Shop::open();
    shop.world.provider.misbehave(Operation::Open, Mishap::SilentBefore);
    let _unanswered = shop.create(&Shop::command("TRX-1", PRICE));
    shop.later(60);
    assert_eq!(due(&shop), [0, 1]);
}

#[test]
fn payments_that_were_made_in_one_moment_are_not_asked_about_in_one() {
    const MADE: usize = 60;
    let shop = Shop::open();
    for number in 0..MADE {
        shop.sell(&format!("TRX-{number}"));
    }
    shop.pass(9);
    assert_eq!(asked(&shop), 0, "the pause is drawn out, never cut short");
    for _ in 0..4 {
        let before = asked(&shop);
        shop.pass(1);
        assert!(asked(&shop) - before <= MADE * 2 / 3, "{} at once", asked(&shop) - before);
    }
    assert_eq!(asked(&shop), MADE, "all of them, within a quarter more of the pause");
}

#[test]
fn while_a_question_is_under_way_nobody_asks_another() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(15);
    shop.world.provider.misbehave_always(Operation::Inquire, Mishap::SilentBefore);
    look(&shop, &payment, 20);
    assert_eq!(asked(&shop), 1);
}

#[test]
fn whoever_looks_after_a_webhook_was_borne_out_asks_nothing() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(15);
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave(Operation::Inquire, Mishap::WithoutMoney);
    shop.deliver_all();
    assert_eq!((shop.status(&payment.id), asked(&shop)), (PaymentStatus::Pending, 1));
    look(&shop, &payment, 20);
    assert_eq!(asked(&shop), 1);
}

#[test]
fn a_question_that_the_budget_did_not_allow_was_not_asked() {
    let mut shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(15);
    let mut budget = MockRateBudget::new();
    budget.expect_reserve().times(1).returning(|_, _, _, _, _| Reservation::Wait(Duration::from_secs(1)));
    budget.expect_reserve().times(1).returning(|_, _, _, _, _| Reservation::Granted);
    shop.gateway = Gateway::new(Ports { budget: Arc::new(budget), ..shop.world.ports() }, Policies::default());
    look(&shop, &payment, 1);
    assert_eq!(asked(&shop), 0);
    look(&shop, &payment, 1);
    assert_eq!(asked(&shop), 1);
}
