//! Rounds: what tills wait for is asked about in turn while arrived money is not listed in time.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::gateway::{AccountName, Policies, Round, SweepWindow};
use mstore_pay_domain::ids::{PaymentId, ProviderId};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{Clock as _, Operation};

use crate::shop::{PRICE, Shop};

/// A shop whose provider may be asked about a watched payment every three seconds.
fn open() -> Shop {
    let pauses = BTreeMap::from([(ProviderId::parse("acme").unwrap(), Duration::from_secs(3))]);
    Shop::with(Policies { watched_pauses: pauses, ..Policies::default() })
}

fn look(shop: &Shop, payment: &Payment) {
    block_on(shop.gateway.status(&Shop::scope(), &payment.id.to_string())).unwrap();
}

fn account(shop: &Shop) -> AccountName {
    (shop.world.account.provider.clone(), shop.world.account.id.clone())
}

/// Asks whatever is to be asked now, and gives of which payments that was.
fn go_round(shop: &Shop) -> Vec<PaymentId> {
    let mut asked = Vec::new();
    while let Round::Ask(turn) = block_on(shop.gateway.next_round(&account(shop))) {
        block_on(shop.gateway.ask_in_turn(&turn)).unwrap();
        asked.push(*turn.payment());
    }
    asked
}

fn questions(shop: &Shop) -> usize {
    shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count()
}

#[test]
fn everything_that_is_watched_is_asked_about_in_turn_and_found() {
    let shop = open();
    let sold = ["TRX-1", "TRX-2", "TRX-3"].map(|order| shop.sell(order));
    for payment in &sold {
        look(&shop, payment);
    }
    assert_eq!(go_round(&shop), [], "each is fresh");
    shop.later(3);
    let ids = sold.each_ref().map(|payment| payment.id);
    let mut asked = go_round(&shop);
    asked.sort_unstable();
    assert_eq!(asked, ids);
    shop.later(2);
    assert_eq!(go_round(&shop), [], "each was asked about two seconds ago");
    shop.pay(&shop.shown(&sold[1].id), PRICE);
    shop.later(1);
    assert_eq!(go_round(&shop).len(), 3);
    assert_eq!(shop.status(&sold[1].id), PaymentStatus::Paid);
    shop.later(3);
    assert_eq!(go_round(&shop).len(), 2, "what is paid stands in line no more");
    assert_eq!(shop.gateway.watched_accounts(), [account(&shop)]);
}

#[test]
fn what_nobody_watches_any_more_is_left_to_the_schedule() {
    let shop = open();
    let payment = shop.sell("TRX-1");
    look(&shop, &payment);
    shop.later(40);
    assert_eq!(block_on(shop.gateway.next_round(&account(&shop))), Round::Rest);
    assert_eq!(shop.gateway.watched_accounts(), []);
    shop.work();
    assert_eq!(questions(&shop), 1);
}

#[test]
fn what_is_asked_about_in_rounds_is_not_asked_about_by_the_schedule_too() {
    let shop = open();
    let payment = shop.sell("TRX-1");
    for _ in 0..60 {
        shop.later(1);
        look(&shop, &payment);
        shop.work();
    }
    assert_eq!(questions(&shop), 20, "once in three seconds");
    assert!(shop.payment(&payment.id).checks.last_at.is_some(), "the rounds' questions count as checks");
}

#[test]
fn what_is_asked_about_in_rounds_expires_in_time_all_the_same() {
    let shop = open();
    let payment = shop.sell("TRX-1");
    for _ in 0..420 {
        shop.later(1);
        look(&shop, &payment);
        go_round(&shop);
        shop.work();
    }
    assert_eq!(shop.status(&payment.id), PaymentStatus::Expired);
}

#[test]
fn while_money_is_listed_in_time_nobody_goes_rounds() {
    let shop = open();
    let payment = shop.sell("TRX-1");
    let mut window = SweepWindow::starting(shop.world.clock.now());
    for _ in 0..9 {
        assert!(block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap().is_trusted);
        look(&shop, &payment);
        assert_eq!(block_on(shop.gateway.next_round(&account(&shop))), Round::Rest);
        shop.later(1);
    }
    assert_eq!(questions(&shop), 0);
}
