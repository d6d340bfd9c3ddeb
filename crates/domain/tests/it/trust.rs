//! The list of arrived money: relied on while it is in time, and done without while it is not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::gateway::{Gateway, Policies, Ports, SweepReport, SweepWindow, WaitFor};
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{
    Certainty, Clock as _, Endpoint, MockRateBudget, Operation, ProviderErrorKind, Reservation,
};

use crate::shop::{PRICE, Shop};

/// A shop whose provider may be asked about a watched payment every three seconds.
fn open() -> Shop {
    let pauses = BTreeMap::from([(ProviderId::parse("acme").unwrap(), Duration::from_secs(3))]);
    Shop::with(Policies { watched_pauses: pauses, ..Policies::default() })
}

fn sweep(shop: &Shop, window: &mut SweepWindow) -> SweepReport {
    block_on(shop.gateway.sweep(&shop.world.account, window)).unwrap()
}

/// Looks at the payment for half a minute, every second, beside a sweep every two; how often that asked about it.
fn asked_while_looking(shop: &Shop, payment: &Payment, window: &mut SweepWindow) -> usize {
    let asked = || shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count();
    let before = asked();
    for second in 0..30 {
        shop.later(1);
        if second % 2 == 0 {
            sweep(shop, window);
        }
        block_on(shop.gateway.status(&Shop::scope(), &payment.id.to_string())).unwrap();
    }
    asked() - before
}

#[track_caller]
fn check(trouble: impl FnOnce(&Shop, &mut SweepWindow), asked: usize) {
    let shop = open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    assert!(sweep(&shop, &mut window).is_trusted);
    trouble(&shop, &mut window);
    let payment = shop.sell("TRX-1");
    assert_eq!(asked_while_looking(&shop, &payment, &mut window), asked);
}

#[test]
fn while_money_is_listed_in_time_whoever_looks_asks_as_seldom_as_always() {
    check(|_, _| (), 3);
}

#[test]
fn while_the_list_is_refused_whoever_looks_asks_every_three_seconds() {
    let refused = Mishap::Refused { kind: ProviderErrorKind::Unauthorized, certainty: Certainty::NotApplied };
    let refuse = |shop: &Shop, _: &mut SweepWindow| {
        shop.world.provider.misbehave_always(Operation::Sweep, refused);
        shop.later(10);
    };
    check(refuse, 10);
}

#[test]
fn while_the_list_is_late_whoever_looks_asks_every_three_seconds() {
    let list_late = |shop: &Shop, window: &mut SweepWindow| {
        shop.world.provider.list_late_by(Duration::from_secs(20));
        let before = shop.sell("TRX-0");
        shop.pay(&shop.shown(&before.id), PRICE);
        for _ in 0..12 {
            shop.later(2);
            sweep(shop, window);
        }
        let report = sweep(shop, window);
        assert!(!report.is_trusted, "{report:?}");
    };
    check(list_late, 10);
}

#[test]
fn a_list_whose_money_waits_for_the_budget_is_in_time_all_the_same() {
    let mut shop = open();
    let payment = shop.sell("TRX-1");
    let mut budget = MockRateBudget::new();
    budget.expect_reserve().returning(|_, _, endpoint, _, _| match endpoint {
        Endpoint::Sweep => Reservation::Granted,
        Endpoint::Open | Endpoint::Inquire | Endpoint::Payment | Endpoint::Cancel | Endpoint::Refund => {
            Reservation::Wait(Duration::from_secs(1))
        }
    });
    shop.gateway = Gateway::new(Ports { budget: Arc::new(budget), ..shop.world.ports() }, Policies::default());
    let mut window = SweepWindow::starting(shop.world.clock.now());
    sweep(&shop, &mut window);
    shop.later(1);
    shop.pay(&shop.shown(&payment.id), PRICE);
    // Such rows are never believed unasked.
    shop.world.provider.misbehave_always(Operation::Sweep, Mishap::WithoutPaymentRefs);
    let reports: Vec<SweepReport> = (0..10)
        .map(|_| {
            shop.later(1);
            sweep(&shop, &mut window)
        })
        .collect();
    assert!(reports.iter().all(|report| report.left == 1 && report.is_trusted), "{reports:?}");
    assert_eq!(reports.iter().filter(|report| report.lag.is_some()).count(), 1, "it is news once");
}

/// Money is listed, and the rate limit leaves a question after so many refusals: what the report says, and how long it took.
#[track_caller]
fn check_wait(policies: Policies, refusals: usize, believed: u32, took: std::ops::Range<Duration>) {
    let mut shop = open();
    let payment = shop.sell("TRX-1");
    let mut window = SweepWindow::starting(shop.world.clock.now());
    sweep(&shop, &mut window);
    shop.later(1);
    shop.pay(&shop.shown(&payment.id), PRICE);
    let mut budget = MockRateBudget::new();
    let is_for = |wanted| move |_: &_, _: &_, endpoint: &_, _: &_, _: &_| *endpoint == wanted;
    budget.expect_reserve().withf(is_for(Endpoint::Sweep)).returning(|_, _, _, _, _| Reservation::Granted);
    let wait = Reservation::Wait(Duration::from_millis(100));
    budget.expect_reserve().withf(is_for(Endpoint::Inquire)).times(refusals).returning(move |_, _, _, _, _| wait);
    budget.expect_reserve().withf(is_for(Endpoint::Inquire)).returning(|_, _, _, _, _| Reservation::Granted);
    shop.gateway = Gateway::new(Ports { budget: Arc::new(budget), ..shop.world.ports() }, policies);
    let begun = shop.world.clock.now();
    let report = sweep(&shop, &mut window);
    assert_eq!((report.settled, report.left, report.believed), (1, 0, believed), "{report:?}");
    assert!(took.contains(&shop.world.clock.now().since(begun)), "{:?}", shop.world.clock.now().since(begun));
}

#[test]
fn money_that_is_listed_waits_a_moment_for_the_rate_limit_rather_than_for_the_next_list() {
    let doubtful = Policies { believe_listed: false, ..Policies::default() };
    check_wait(doubtful, 3, 0, Duration::from_millis(300)..Duration::from_secs(1));
}

#[test]
fn money_that_can_be_believed_as_it_is_listed_waits_for_no_rate_limit() {
    check_wait(Policies::default(), 1, 1, Duration::ZERO..Duration::from_millis(1));
}

#[test]
fn a_list_that_is_not_borne_out_is_not_relied_on() {
    let shop = open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    sweep(&shop, &mut window);
    let payment = shop.sell("TRX-1");
    shop.later(1);
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave(Operation::Inquire, Mishap::WithoutMoney);
    assert!(!sweep(&shop, &mut window).is_trusted);
    shop.later(70);
    assert!(sweep(&shop, &mut window).is_trusted, "after a while it is given another chance");
}

#[test]
fn how_late_money_is_listed_is_measured_from_the_second_list_on() {
    let shop = open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let [before, after] = ["TRX-1", "TRX-2"].map(|order| shop.sell(order));
    shop.pay(&shop.shown(&before.id), PRICE);
    shop.later(60);
    assert_eq!(sweep(&shop, &mut window).lag, None, "nobody listed before");
    shop.later(1);
    shop.pay(&shop.shown(&after.id), PRICE);
    shop.later(1);
    assert_eq!(sweep(&shop, &mut window).lag, Some(Duration::from_secs(1)));
    shop.later(2);
    assert_eq!(sweep(&shop, &mut window).lag, None, "nothing new");
}

#[test]
fn whoever_waits_has_the_payment_asked_about_again_and_again_while_nothing_is_listed() {
    let shop = open();
    let payment = shop.sell("TRX-1");
    shop.later(5);
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave(Operation::Inquire, Mishap::WithoutMoney);
    let wait = WaitFor { at_most: Duration::from_secs(20), seen: None };
    let begun = shop.world.clock.now();
    let view = block_on(shop.gateway.wait(&Shop::scope(), &payment.id.to_string(), wait)).unwrap();
    assert_eq!(view.payment.status(), PaymentStatus::Paid);
    assert!(shop.world.clock.now().since(begun) <= Duration::from_secs(4));
}
