//! When a worker looks at a payment is part of its state.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::{CheckLog, Payment};
use mstore_pay_domain::ports::LeasedPayment;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::Due;

use super::fixtures::{AFTER_SHORT, Kit, LONG, SHORT, at, commit_and_read, far_future, must_commit, read, unit_due};
use super::{StoreHarness, Stores};
use crate::race::race;

async fn write(stores: &Stores, kit: &Kit, due: Due) -> Payment {
    let payment = kit.payment("TRX-1");
    must_commit(stores, &unit_due(&payment, due)).await;
    read(stores, &payment).await.expect("a committed payment is found")
}

async fn claim(stores: &Stores, kit: &Kit, now: Timestamp, ttl: Duration) -> Vec<LeasedPayment> {
    stores.payments.claim_due(now, 10, kit.lease(ttl)).await.expect("the store claims")
}

fn ids(claimed: &[LeasedPayment]) -> Vec<PaymentId> {
    claimed.iter().map(|held| held.payment.id).collect()
}

/// A payment is due from its time on, to the microsecond, and one without a time never is.
pub async fn payment_is_due_from_its_time_on(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    write(&stores, &kit, Due::Never).await;
    let payment = write(&stores, &kit, Due::At(at(100))).await;
    let a_moment_before = Timestamp::from_micros(at(100).micros() - 1).expect("a time");
    assert_eq!(claim(&stores, &kit, a_moment_before, LONG).await, []);
    let lease = kit.lease(LONG);
    let claimed = stores.payments.claim_due(at(100), 10, lease).await.expect("the store claims");
    assert_eq!(claimed, [LeasedPayment { payment, token: lease.token }]);
    assert_eq!(claim(&stores, &kit, far_future(), LONG).await, [], "a held payment");
}

/// Due payments are given out longest due first, as many as are asked for.
pub async fn due_payments_are_taken_longest_due_first(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut written = Vec::new();
    for seconds in [30, 10, 50, 20, 40] {
        written.push((seconds, write(&stores, &kit, Due::At(at(seconds))).await.id));
    }
    written.sort_unstable();
    let want: Vec<PaymentId> = written.into_iter().map(|(_, id)| id).collect();
    let mut claimed = Vec::new();
    for limit in [2, 0, 10] {
        let some = stores.payments.claim_due(at(45), limit, kit.lease(LONG)).await.expect("the store claims");
        claimed.extend(ids(&some));
        assert!(claimed.len() >= 2, "two were asked for first");
    }
    assert_eq!(claimed.as_slice(), want.split_last().map_or(&[][..], |(_, due)| due));
}

/// Of several workers at once, each due payment goes to one.
pub async fn each_due_payment_is_leased_to_one_of_racing_claimers(h: &dyn StoreHarness) {
    const PAYMENTS: usize = 12;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for _ in 0..PAYMENTS {
        write(&stores, &kit, Due::At(at(1))).await;
    }
    let racers = (0..6).map(|_| {
        let (repository, lease) = (Arc::clone(&stores.payments), kit.lease(LONG));
        async move { repository.claim_due(at(2), 3, lease).await.expect("the store claims") }.boxed()
    });
    let claimed: Vec<LeasedPayment> = race(racers.collect()).await.into_iter().flatten().collect();
    let mut distinct = ids(&claimed);
    distinct.sort_unstable();
    distinct.dedup();
    assert_eq!((claimed.len(), distinct.len()), (PAYMENTS, PAYMENTS), "claims and payments");
}

/// A payment whose worker vanished is given out again when the lease runs out.
pub async fn payment_whose_lease_ran_out_is_taken_up_again(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = write(&stores, &kit, Due::At(at(1))).await;
    for _ in 0..3 {
        assert_eq!(ids(&claim(&stores, &kit, at(2), SHORT).await), [payment.id]);
        rig.pass(AFTER_SHORT).await;
    }
}

/// Whoever writes a payment under a lease holds it; if they vanish it is due at once.
pub async fn payment_written_under_a_lease_is_due_when_it_runs_out(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    write(&stores, &kit, Due::Leased(kit.lease(LONG))).await;
    assert_eq!(claim(&stores, &kit, far_future(), LONG).await, []);
    let vanished = write(&stores, &kit, Due::Leased(kit.lease(SHORT))).await;
    rig.pass(AFTER_SHORT).await;
    assert_eq!(ids(&claim(&stores, &kit, far_future(), LONG).await), [vanished.id]);
}

/// A check that changed nothing is counted and sets the next time; the revision stays, and a payment
/// that is written afterwards keeps the count.
pub async fn rescheduling_counts_a_check_and_keeps_the_revision(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = write(&stores, &kit, Due::At(at(1))).await;
    for (count, now, next) in [(1, 10, Some(at(20))), (2, 20, None)] {
        let held = claim(&stores, &kit, at(now), LONG).await.pop().expect("a due payment");
        let checked = stores.payments.reschedule(&payment.id, held.token, at(now), &next).await;
        checked.expect("the store reschedules");
        let kept = read(&stores, &payment).await.expect("the payment is found");
        assert_eq!(kept.checks, CheckLog { count, last_at: Some(at(now)) });
        assert_eq!(kept.revision, payment.revision);
    }
    assert_eq!(claim(&stores, &kit, far_future(), LONG).await, []);
    let kept = read(&stores, &payment).await.expect("the payment is found");
    assert_eq!(commit_and_read(&stores, &kept).await.checks.count, 2);
}

/// A worker that was overtaken changes nothing.
pub async fn overtaken_worker_cannot_reschedule(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = write(&stores, &kit, Due::At(at(1))).await;
    let slow = claim(&stores, &kit, at(2), SHORT).await.pop().expect("a due payment");
    rig.pass(AFTER_SHORT).await;
    claim(&stores, &kit, at(2), SHORT).await.pop().expect("the payment again");
    let late = stores.payments.reschedule(&payment.id, slow.token, at(2), &None).await;
    late.expect("a lost lease is no error");
    assert_eq!(read(&stores, &payment).await, Some(payment.clone()), "the stored payment");
    rig.pass(AFTER_SHORT).await;
    assert_eq!(ids(&claim(&stores, &kit, at(2), LONG).await), [payment.id], "it is still due");
}

/// A commit ends whatever lease there was, and what it says of the next time stands.
pub async fn commit_ends_the_lease_and_sets_the_next_time(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = write(&stores, &kit, Due::At(at(1))).await;
    let held = claim(&stores, &kit, at(2), LONG).await.pop().expect("a due payment");
    must_commit(&stores, &unit_due(&held.payment, Due::At(at(50)))).await;
    assert_eq!(claim(&stores, &kit, at(49), LONG).await, []);
    let again = claim(&stores, &kit, at(50), LONG).await.pop().expect("the payment is due again");
    let late = stores.payments.reschedule(&payment.id, held.token, at(60), &None).await;
    late.expect("a lost lease is no error");
    assert_eq!(read(&stores, &payment).await.map(|payment| payment.checks), Some(CheckLog::default()));
    must_commit(&stores, &unit_due(&again.payment, Due::Never)).await;
    assert_eq!(claim(&stores, &kit, far_future(), LONG).await, []);
}
