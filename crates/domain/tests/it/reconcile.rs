//! Reconcile: what the provider knows against what is on record.

use std::sync::Arc;
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::gateway::{Gateway, Policies, Reconciled, SweepWindow};
use mstore_pay_domain::ids::{ChargeId, OrderCode, OurReference};
use mstore_pay_domain::memory::{ManualClock, MemoryStore, Mishap, ScriptedProvider};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{
    Clock as _, ExceptionFilter, OpenCharge, Operation, PaymentProvider as _, Timeline as _,
};
use mstore_pay_domain::time::Timestamp;
use uuid::Uuid;

use crate::shop::{PRICE, Shop};

/// Nothing asked, and the whole period looked into.
const NOTHING: Reconciled =
    Reconciled { asked: 0, agreed: 0, corrected: 0, unknown: 0, unanswered: 0, foreign: 0, complete: true };

fn reconcile(shop: &Shop) -> Reconciled {
    block_on(shop.gateway.reconcile(&shop.world.account, Timestamp::EPOCH)).unwrap()
}

/// The shop over a store that lost everything, at the provider that lost nothing.
fn bereft(mut shop: Shop) -> Shop {
    shop.world.store = Arc::new(MemoryStore::new(Arc::<ManualClock>::clone(&shop.world.clock)));
    shop.gateway = Gateway::new(shop.world.ports(), Policies::default());
    shop
}

/// A shop whose provider lists no money.
fn without_a_listing() -> Shop {
    let mut shop = Shop::open();
    let (id, clock) = (shop.world.account.provider.clone(), Arc::<ManualClock>::clone(&shop.world.clock));
    shop.world.provider = Arc::new(ScriptedProvider::new(id, clock).without(Operation::Sweep));
    shop.gateway = Gateway::new(shop.world.ports(), Policies::default());
    shop
}

/// How much money of nobody's waits for a person.
fn unmatched(shop: &Shop) -> usize {
    let page = block_on(shop.gateway.list_exceptions(&[ExceptionFilter::Unmatched], None, 100)).unwrap();
    assert!(page.exceptions.iter().all(|known| known.misfit.amount() == Some(&Money::from(PRICE))));
    page.exceptions.len()
}

/// Money that somebody else takes on the account, under a name of theirs.
fn take_money_of_others(shop: &Shop, name: &str) {
    let now = shop.world.clock.now();
    let charge = OpenCharge {
        charge: ChargeId::new(Uuid::from_u128(7)),
        our_reference: OurReference::parse(name).unwrap(),
        order_code: OrderCode::parse("POS-17").unwrap(),
        method: Method::Qris,
        amount: Money::from(PRICE),
        expires_at: now.plus(Duration::from_mins(5)),
        description: None,
        customer_phone: None,
        card_token: None,
        return_urls: None,
        within: Duration::from_secs(5),
    };
    block_on(shop.world.provider.open(&shop.world.account, &charge)).unwrap();
    shop.pay(name, PRICE);
}

#[test]
fn money_for_charges_that_were_lost_is_put_before_a_person_once() {
    let shop = Shop::open();
    for order in ["TRX-1", "TRX-2", "TRX-3"] {
        let payment = shop.sell(order);
        if order != "TRX-3" {
            shop.pay(&shop.shown(&payment.id), PRICE);
        }
    }
    let shop = bereft(shop);
    for _ in 0..2 {
        assert_eq!(reconcile(&shop), Reconciled { asked: 2, unknown: 2, ..NOTHING });
        assert_eq!(unmatched(&shop), 2);
    }
    shop.deliver_all();
    assert_eq!(unmatched(&shop), 2, "a webhook tells of the same money");
}

#[test]
fn the_sweep_puts_money_for_a_lost_charge_before_a_person_as_well() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let shop = bereft(shop);
    take_money_of_others(&shop, "POS-17");
    let mut window = SweepWindow::starting(Timestamp::EPOCH);
    let report = block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    assert_eq!((report.listed, report.unmatched, report.foreign, report.left), (2, 1, 1, 0));
    assert_eq!(unmatched(&shop), 1);
}

#[test]
fn money_that_was_missed_is_recorded_as_the_operators_doing() {
    let shop = Shop::open();
    let (known, missed) = (shop.sell("TRX-1"), shop.sell("TRX-2"));
    shop.pay(&shop.shown(&known.id), PRICE);
    shop.deliver_all();
    shop.pay(&shop.shown(&missed.id), PRICE);
    assert_eq!(reconcile(&shop), Reconciled { asked: 2, agreed: 1, corrected: 1, ..NOTHING });
    assert_eq!(shop.status(&missed.id), PaymentStatus::Paid);
    let records = block_on(shop.world.store.records(&missed.id)).unwrap();
    assert!(records.iter().any(|record| record.event == "receipt_recorded" && record.actor == "operator"));
    assert_eq!(reconcile(&shop), Reconciled { asked: 2, agreed: 2, ..NOTHING });
}

#[test]
fn where_the_provider_lists_nothing_each_charge_of_ours_is_asked_about() {
    let shop = without_a_listing();
    let (known, missed, unpaid) = (shop.sell("TRX-1"), shop.sell("TRX-2"), shop.sell("TRX-3"));
    shop.pay(&shop.shown(&known.id), PRICE);
    shop.deliver_all();
    shop.pay(&shop.shown(&missed.id), PRICE);
    assert_eq!(reconcile(&shop), Reconciled { asked: 3, agreed: 2, corrected: 1, ..NOTHING });
    assert_eq!((shop.status(&missed.id), shop.status(&unpaid.id)), (PaymentStatus::Paid, PaymentStatus::Pending));
    let since = shop.world.clock.now().plus(Duration::from_secs(1));
    assert_eq!(block_on(shop.gateway.reconcile(&shop.world.account, since)).unwrap(), NOTHING, "made before");
}

#[test]
fn money_that_came_under_names_of_others_is_left_to_them() {
    let shop = Shop::open();
    take_money_of_others(&shop, "POS-17");
    assert_eq!(reconcile(&shop), Reconciled { foreign: 1, ..NOTHING });
    assert_eq!(unmatched(&shop), 0);
}

#[test]
fn what_a_listing_cut_short_did_not_show_is_not_said_to_agree() {
    let shop = Shop::open();
    for order in ["TRX-1", "TRX-2"] {
        let payment = shop.sell(order);
        shop.pay(&shop.shown(&payment.id), PRICE);
    }
    shop.world.provider.list_at_most(1);
    let reconciled = reconcile(&shop);
    assert_eq!(reconciled, Reconciled { asked: 1, corrected: 1, complete: false, ..NOTHING });
    assert!(!reconciled.is_done());
}

#[test]
fn what_nobody_answers_is_left_to_be_done_again() {
    for shop in [Shop::open(), without_a_listing()] {
        let payment = shop.sell("TRX-1");
        shop.pay(&shop.shown(&payment.id), PRICE);
        shop.world.provider.misbehave_always(Operation::Inquire, Mishap::SilentBefore);
        let reconciled = reconcile(&shop);
        assert_eq!(reconciled, Reconciled { asked: 1, unanswered: 1, ..NOTHING });
        assert!(!reconciled.is_done());
        shop.world.provider.behave();
        assert_eq!(reconcile(&shop), Reconciled { asked: 1, corrected: 1, ..NOTHING });
    }
}
