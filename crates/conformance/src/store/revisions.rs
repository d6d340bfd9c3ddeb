//! A commit names the revision it was decided on.

use std::sync::Arc;

use futures::FutureExt as _;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::unit_of_work::{OrderRead, OrderWrite, UnitOfWork};

use super::StoreHarness;
use super::fixtures::{
    Kit, assert_refused, commit_and_read, is_conflict, is_duplicate, must_commit, order_of, read, unit,
};
use crate::race::race;

const RACERS: u32 = 32;

fn order_unit(write: OrderWrite) -> UnitOfWork {
    UnitOfWork { orders: vec![write], ..UnitOfWork::default() }
}

/// Each commit counts the revision of what it writes up by one.
pub async fn each_commit_counts_the_revision_up(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut payment = kit.payment("TRX-1");
    let mut order = order_of("TRX-1");
    for revision in 1..=3 {
        payment = commit_and_read(&stores, &payment).await;
        assert_eq!(payment.revision, Revision::of(revision));
        must_commit(&stores, &order_unit(OrderWrite { expected: order.revision, order: order.clone() })).await;
        let kept = stores.orders.order(&order.merchant, &order.code).await.expect("the store reads");
        order = kept.expect("a committed order is found");
        assert_eq!(order.revision, Revision::of(revision));
    }
}

/// The revisions of many payments are told at once, any merchant's; of one that is not there none is.
pub async fn revisions_are_told_of_the_payments_that_are_there(h: &dyn StoreHarness) {
    const MANY: usize = 1_500;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let once = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    let twice = commit_and_read(&stores, &commit_and_read(&stores, &kit.payment("TRX-2")).await).await;
    let nobodys = std::iter::repeat_with(|| kit.payment("TRX-3").id).take(MANY);
    let wanted: Vec<_> = [twice.id, once.id].into_iter().chain(nobodys).collect();
    let mut told = stores.payments.revisions(&wanted).await.expect("the store reads");
    told.sort_unstable();
    assert_eq!(told, [(once.id, Revision::of(1)), (twice.id, Revision::of(2))]);
    assert_eq!(stores.payments.revisions(&[]).await.expect("the store reads"), []);
}

/// A commit decided on an outdated revision changes nothing.
pub async fn stale_revision_is_a_conflict(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    let second = commit_and_read(&stores, &first).await;
    let mut late = unit(&second);
    for write in &mut late.payments {
        write.payment.attempt = 99;
        write.expected = first.revision;
    }
    assert_refused(&stores.payments.commit(&late).await, is_conflict);
    assert_eq!(read(&stores, &second).await, Some(second), "the stored payment");
}

/// An order written on an outdated revision changes nothing.
pub async fn stale_order_revision_is_a_conflict(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let order = order_of("TRX-1");
    for expected in [Revision::NEW, Revision::of(1)] {
        must_commit(&stores, &order_unit(OrderWrite { order: order.clone(), expected })).await;
    }
    let mut late = order.clone();
    late.payment_method = Some("cash".to_owned());
    for expected in [Revision::of(1), Revision::of(3)] {
        let outcome = stores.payments.commit(&order_unit(OrderWrite { order: late.clone(), expected })).await;
        assert_refused(&outcome, is_conflict);
    }
    let outcome = stores.payments.commit(&order_unit(OrderWrite { order: late, expected: Revision::NEW })).await;
    assert_refused(&outcome, |error| is_conflict(error) || is_duplicate(error));
    let kept = stores.orders.order(&order.merchant, &order.code).await.expect("the store reads");
    assert_eq!(kept.and_then(|order| order.payment_method), None);
}

/// A payment that was never written cannot be updated.
pub async fn update_of_nothing_is_a_conflict(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = Payment { revision: Revision::of(1), ..kit.payment("TRX-1") };
    assert_refused(&stores.payments.commit(&unit(&payment)).await, is_conflict);
    assert_eq!(read(&stores, &payment).await, None);
}

/// A payment is inserted once.
pub async fn second_insert_of_a_payment_is_refused(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = kit.payment("TRX-1");
    let kept = commit_and_read(&stores, &payment).await;
    let outcome = stores.payments.commit(&unit(&Payment { attempt: 99, ..payment })).await;
    assert_refused(&outcome, |error| is_conflict(error) || is_duplicate(error));
    assert_eq!(read(&stores, &kept).await, Some(kept));
}

/// Of 32 commits decided on one revision, one is applied and the others are conflicts.
pub async fn of_racing_commits_one_wins(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    let racers = (0..RACERS).map(|racer| {
        let (repository, mut payment) = (Arc::clone(&stores.payments), payment.clone());
        payment.attempt = 100 + racer;
        async move { repository.commit(&unit(&payment)).await }.boxed()
    });
    let outcomes = race(racers.collect()).await;
    check_one_wins(&outcomes, is_conflict);
    let kept = read(&stores, &payment).await.expect("the payment is found");
    let winner = outcomes.iter().position(Result::is_ok).and_then(|winner| u32::try_from(winner).ok());
    assert_eq!(Some(kept.attempt), winner.map(|winner| 100 + winner), "the winner's word stands");
    assert_eq!(kept.revision, payment.revision.next());
}

/// Of 32 inserts of one payment, one is applied.
pub async fn of_racing_inserts_one_wins(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = kit.payment("TRX-1");
    let racers = (0..RACERS).map(|_| {
        let (repository, work) = (Arc::clone(&stores.payments), unit(&payment));
        async move { repository.commit(&work).await }.boxed()
    });
    check_one_wins(&race(racers.collect()).await, |error| is_conflict(error) || is_duplicate(error));
    let listed = stores.payments.of_order(&payment.merchant, &payment.order_code).await.expect("the store reads");
    assert_eq!(listed.len(), 1);
}

fn check_one_wins(outcomes: &[Result<(), CommitError>], lost: fn(&CommitError) -> bool) {
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_refused(outcome, lost);
    }
}

fn read_of(payments: &[&Payment], order: Revision) -> OrderRead {
    let any = order_of("TRX-1");
    let payments = payments.iter().map(|payment| (payment.id, payment.revision)).collect();
    OrderRead { merchant: any.merchant, order_code: any.code, order, payments }
}

/// A decision rests on the whole order: one that gained a payment, whose payment moved, or that was
/// registered since it was read, is decided on anew.
pub async fn order_that_is_not_as_it_was_read_is_a_conflict(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let ended = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    let other = commit_and_read(&stores, &kit.payment("TRX-2")).await;
    let decided_on = |read: OrderRead| UnitOfWork { orders_read: vec![read], ..unit(&other) };
    let nothing = read_of(&[], Revision::NEW);
    assert_refused(&stores.payments.commit(&decided_on(nothing)).await, is_conflict);
    let as_it_was = read_of(&[&ended], Revision::NEW);
    let moved = commit_and_read(&stores, &ended).await;
    assert_refused(&stores.payments.commit(&decided_on(as_it_was)).await, is_conflict);
    let unregistered = read_of(&[&moved], Revision::NEW);
    must_commit(&stores, &order_unit(OrderWrite { order: order_of("TRX-1"), expected: Revision::NEW })).await;
    assert_refused(&stores.payments.commit(&decided_on(unregistered)).await, is_conflict);
    assert_eq!(read(&stores, &other).await, Some(other.clone()), "the stored payment");
    must_commit(&stores, &decided_on(read_of(&[&moved], Revision::of(1)))).await;
}

/// Of two decisions that both rest on an order as it was, one is committed, even if they write different
/// payments.
pub async fn racing_decisions_on_one_order_commit_once(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let racers = (0..RACERS).map(|_| {
        let repository = Arc::clone(&stores.payments);
        let work = UnitOfWork { orders_read: vec![read_of(&[], Revision::NEW)], ..unit(&kit.payment("TRX-1")) };
        async move { repository.commit(&work).await }.boxed()
    });
    check_one_wins(&race(racers.collect()).await, is_conflict);
}
