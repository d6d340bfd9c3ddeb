//! An order has one displayed charge at a time.

use std::sync::Arc;

use futures::FutureExt as _;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::{LiveOrderWrite, UnitOfWork};

use super::fixtures::{Kit, assert_refused, must_commit, other_merchant, read, unit};
use super::{StoreHarness, Stores};
use crate::race::race;

const RACERS: usize = 16;

fn hold(payment: &Payment) -> LiveOrderWrite {
    LiveOrderWrite::Hold {
        merchant: payment.merchant.clone(),
        order_code: payment.order_code.clone(),
        payment: payment.id,
        charge: payment.shown_charge().map(|charge| charge.id).expect("a charge"),
    }
}

fn release(payment: &Payment) -> LiveOrderWrite {
    LiveOrderWrite::Release {
        merchant: payment.merchant.clone(),
        order_code: payment.order_code.clone(),
        payment: payment.id,
    }
}

fn opening(payment: &Payment) -> UnitOfWork {
    UnitOfWork { live_orders: vec![hold(payment)], ..unit(payment) }
}

async fn only(stores: &Stores, writes: Vec<LiveOrderWrite>) -> Result<(), CommitError> {
    stores.payments.commit(&UnitOfWork { live_orders: writes, ..UnitOfWork::default() }).await
}

fn assert_held(outcome: &Result<(), CommitError>, by: &Payment) {
    let held = matches!(outcome, Err(CommitError::OrderHeld { by: holder }) if *holder == by.id);
    assert!(held, "the order is held by {}, but: {outcome:?}", by.id);
}

/// While one payment holds an order, another cannot be opened for it; an order of that code of another
/// merchant is another order.
pub async fn live_order_has_one_holder(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (first, second) = (kit.payment("TRX-1"), kit.payment("TRX-1"));
    must_commit(&stores, &opening(&first)).await;
    assert_held(&stores.payments.commit(&opening(&second)).await, &first);
    assert_eq!(read(&stores, &second).await, None, "the second payment");
    must_commit(&stores, &opening(&kit.payment("TRX-2"))).await;
    must_commit(&stores, &opening(&kit.payment_of(other_merchant(), "TRX-1"))).await;
    only(&stores, vec![release(&first)]).await.expect("the holder lets go");
    must_commit(&stores, &opening(&second)).await;
}

/// A payment that does not hold an order cannot let it go.
pub async fn live_order_keeps_its_holder_when_another_releases_it(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (first, second) = (kit.payment("TRX-1"), kit.payment("TRX-1"));
    must_commit(&stores, &opening(&first)).await;
    only(&stores, vec![release(&second)]).await.expect("letting go of what one does not hold is nothing");
    assert_held(&stores.payments.commit(&opening(&second)).await, &first);
    only(&stores, vec![release(&first)]).await.expect("the holder lets go");
    only(&stores, vec![release(&first)]).await.expect("letting go twice is nothing");
}

/// A payment may put its next charge in the place of its last, and one unit may pass the place on.
pub async fn live_order_passes_on_within_a_unit(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (first, second) = (kit.payment("TRX-1"), kit.payment("TRX-1"));
    must_commit(&stores, &opening(&first)).await;
    let mut next_charge = first.clone();
    next_charge.charges.push(kit.charge(&first.order_code));
    only(&stores, vec![hold(&next_charge)]).await.expect("the holder holds on");
    only(&stores, vec![release(&first), hold(&second)]).await.expect("the place is passed on");
    assert_held(&only(&stores, vec![hold(&first)]).await, &second);
}

/// Of several payments opened for one order at once, one is.
pub async fn of_racing_holders_one_wins(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let racers = (0..RACERS).map(|_| {
        let (repository, work) = (Arc::clone(&stores.payments), opening(&kit.payment("TRX-1")));
        async move { repository.commit(&work).await }.boxed()
    });
    let outcomes = race(racers.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_refused(outcome, |error| matches!(error, CommitError::OrderHeld { .. }));
    }
    let sample = kit.payment("TRX-1");
    let listed = stores.payments.of_order(&sample.merchant, &sample.order_code).await.expect("the store reads");
    assert_eq!(listed.len(), 1, "payments of the order");
}
