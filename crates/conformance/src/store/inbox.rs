//! A webhook is stored before it is answered, and is dealt with once.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use mstore_pay_domain::ids::{AccountId, LeaseToken};
use mstore_pay_domain::ports::{Accepted, CommitError, InboxCounts};
use mstore_pay_domain::unit_of_work::{InboxFate, InboxMark, UnitOfWork};
use mstore_pay_domain::webhook::{LeasedDelivery, NewDelivery};

use super::fixtures::{AFTER_MEDIUM, AFTER_SHORT, Kit, LONG, MEDIUM, SHORT, assert_refused, at, inbox, must_commit};
use super::{StoreHarness, Stores};
use crate::race::race;

async fn take_in(stores: &Stores, kit: &Kit, body: &str, ttl: Duration) -> LeasedDelivery {
    match inbox(stores).accept(&kit.delivery(body), kit.lease(ttl)).await.expect("the store accepts") {
        Accepted::New(held) => held,
        Accepted::Duplicate { .. } => panic!("{body} was taken for a duplicate"),
    }
}

async fn claim(stores: &Stores, kit: &Kit, ttl: Duration) -> Vec<LeasedDelivery> {
    inbox(stores).claim(10, kit.lease(ttl)).await.expect("the store claims")
}

async fn claim_one(stores: &Stores, kit: &Kit, ttl: Duration) -> LeasedDelivery {
    let mut claimed = claim(stores, kit, ttl).await;
    assert_eq!(claimed.len(), 1, "deliveries to be taken up: {claimed:?}");
    claimed.remove(0)
}

fn mark(held: &LeasedDelivery, fate: InboxFate) -> UnitOfWork {
    let mark = InboxMark { delivery: held.delivery.id, token: held.token, fate };
    UnitOfWork { inbox: vec![mark], ..UnitOfWork::default() }
}

fn parked() -> InboxFate {
    InboxFate::Parked { why: "nothing fits".to_owned() }
}

fn dead() -> InboxFate {
    InboxFate::Dead { why: "hopeless".to_owned() }
}

async fn counts(stores: &Stores) -> InboxCounts {
    stores.inbox.counts().await.expect("the store counts")
}

fn is_lease_lost(error: &CommitError) -> bool {
    matches!(error, CommitError::LeaseLost)
}

/// The same bytes of the same provider and account are one delivery, however often they come.
pub async fn same_bytes_are_one_delivery_and_are_counted(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = take_in(&stores, &kit, "{\"a\":1}", LONG).await;
    for deliveries in 2..=3 {
        let again = inbox(&stores).accept(&kit.delivery("{\"a\":1}"), kit.lease(LONG)).await;
        let want = Accepted::Duplicate { first: first.delivery.id, deliveries };
        assert_eq!(again.expect("the store accepts"), want);
    }
    take_in(&stores, &kit, "{\"a\": 1}", LONG).await;
    assert_eq!(counts(&stores).await.open, 2);
}

/// The same bytes to another account are another delivery.
pub async fn same_bytes_to_another_account_are_another_delivery(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    take_in(&stores, &kit, "{}", LONG).await;
    let account = AccountId::parse("shop").expect("an account");
    let elsewhere = NewDelivery { account: account.clone(), ..kit.delivery("{}") };
    let accepted = inbox(&stores).accept(&elsewhere, kit.lease(LONG)).await.expect("the store accepts");
    let is_new = matches!(&accepted, Accepted::New(held) if held.delivery.account == account);
    assert!(is_new, "{accepted:?}");
}

/// Of several deliveries of the same bytes at once, one is new.
pub async fn of_racing_deliveries_of_the_same_bytes_one_is_new(h: &dyn StoreHarness) {
    const RACERS: usize = 16;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let racers = (0..RACERS).map(|_| {
        let (inbox, delivery, lease) = (inbox(&stores), kit.delivery("{}"), kit.lease(LONG));
        async move { inbox.accept(&delivery, lease).await.expect("the store accepts") }.boxed()
    });
    let accepted = race(racers.collect()).await;
    let new = accepted.iter().filter(|accepted| matches!(accepted, Accepted::New(_))).count();
    assert_eq!(new, 1, "{accepted:?}");
    assert_eq!(counts(&stores).await.open, 1);
}

/// A delivery is held by whoever took it in: nobody else is given it.
pub async fn delivery_is_held_by_whoever_took_it_in(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (new, lease) = (kit.delivery("{\"a\":\"\u{e9}\"}"), kit.lease(LONG));
    let accepted = inbox(&stores).accept(&new, lease).await.expect("the store accepts");
    let Accepted::New(held) = accepted else { panic!("a new delivery was taken for a duplicate") };
    assert_eq!(held.token, lease.token);
    assert_eq!(held.delivery.body, new.authentic.body());
    assert_eq!(
        (held.delivery.id, &held.delivery.provider, &held.delivery.account),
        (new.id, &new.provider, &new.account)
    );
    assert_eq!((held.delivery.received_at, held.delivery.attempts), (at(0), 0));
    assert_eq!(claim(&stores, &kit, LONG).await, []);
    must_commit(&stores, &mark(&held, InboxFate::Done)).await;
}

/// A delivery whose holder vanished is taken up again when the lease runs out; that is no failed try.
pub async fn delivery_whose_lease_ran_out_is_taken_up_again(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = take_in(&stores, &kit, "{\"a\":1}", SHORT).await;
    for _ in 0..2 {
        rig.pass(AFTER_SHORT).await;
        let again = claim_one(&stores, &kit, SHORT).await;
        assert_eq!(again.delivery.attempts, 0);
        assert_eq!((again.delivery.id, again.delivery.body), (first.delivery.id, first.delivery.body.clone()));
        assert_ne!(again.token, first.token);
    }
}

/// A holder that was overtaken cannot settle a delivery, nor what it did with it; the next one can.
pub async fn overtaken_holder_cannot_settle_a_delivery(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let slow = take_in(&stores, &kit, "{}", SHORT).await;
    rig.pass(AFTER_SHORT).await;
    let next = claim_one(&stores, &kit, LONG).await;
    for fate in [InboxFate::Done, parked(), dead()] {
        assert_refused(&stores.payments.commit(&mark(&slow, fate)).await, is_lease_lost);
    }
    assert_eq!(counts(&stores).await.open, 1);
    must_commit(&stores, &mark(&next, InboxFate::Done)).await;
    assert_refused(&stores.payments.commit(&mark(&next, InboxFate::Done)).await, is_lease_lost);
}

/// A holder that was overtaken cannot put a delivery off or give it up.
pub async fn overtaken_holder_cannot_defer_or_bury_a_delivery(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let slow = take_in(&stores, &kit, "{}", SHORT).await;
    rig.pass(AFTER_SHORT).await;
    let next = claim_one(&stores, &kit, LONG).await;
    let (inbox, id) = (inbox(&stores), slow.delivery.id);
    inbox.defer(&id, slow.token, Duration::ZERO, "late").await.expect("a lost lease is no error");
    inbox.postpone(&id, slow.token, Duration::ZERO, "late").await.expect("a lost lease is no error");
    inbox.bury(&id, slow.token, "late").await.expect("a lost lease is no error");
    assert_eq!(claim(&stores, &kit, LONG).await, [], "the holder still holds it");
    assert_eq!(counts(&stores).await, InboxCounts { open: 1, ..InboxCounts::default() });
    must_commit(&stores, &mark(&next, InboxFate::Done)).await;
}

/// What was dealt with is never given out again, nor is the same delivery taken in again.
pub async fn settled_delivery_never_comes_back(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let held = take_in(&stores, &kit, "{}", MEDIUM).await;
    must_commit(&stores, &mark(&held, InboxFate::Done)).await;
    rig.pass(AFTER_MEDIUM).await;
    assert_eq!(claim(&stores, &kit, LONG).await, []);
    assert_eq!(
        stores.inbox.replay(&held.delivery.id).await.expect("the store replays"),
        None,
        "a settled one is not replayed"
    );
    assert_eq!(stores.inbox.unpark(at(0), 10).await.expect("the store unparks"), 0);
    let again = inbox(&stores).accept(&kit.delivery("{}"), kit.lease(LONG)).await.expect("the store accepts");
    assert_eq!(again, Accepted::Duplicate { first: held.delivery.id, deliveries: 2 });
    assert_eq!(counts(&stores).await, InboxCounts::default());
}

/// A delivery of which a try failed is given out after its pause, not before, with its failed tries counted.
pub async fn deferred_delivery_comes_back_after_its_pause(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (soon, late) = (take_in(&stores, &kit, "1", LONG).await, take_in(&stores, &kit, "2", LONG).await);
    let inbox = inbox(&stores);
    inbox.defer(&late.delivery.id, late.token, LONG, "not decided").await.expect("the store defers");
    let mut held = soon.clone();
    for failed in 1..=2 {
        inbox.defer(&held.delivery.id, held.token, SHORT, "not decided").await.expect("the store defers");
        rig.pass(AFTER_SHORT).await;
        held = claim_one(&stores, &kit, LONG).await;
        assert_eq!((held.delivery.id, held.delivery.attempts), (soon.delivery.id, failed));
    }
}

/// A delivery that had to wait is given out after its pause, not before, with no try counted.
pub async fn postponed_delivery_comes_back_after_its_pause(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (soon, late) = (take_in(&stores, &kit, "1", LONG).await, take_in(&stores, &kit, "2", LONG).await);
    let inbox = inbox(&stores);
    inbox.postpone(&late.delivery.id, late.token, LONG, "busy").await.expect("the store postpones");
    inbox.postpone(&soon.delivery.id, soon.token, SHORT, "busy").await.expect("the store postpones");
    rig.pass(AFTER_SHORT).await;
    let back = claim_one(&stores, &kit, LONG).await;
    assert_eq!((back.delivery.id, back.delivery.attempts), (soon.delivery.id, 0));
}

/// A delivery that was given up, by itself or in a unit of work, is kept, and comes back when somebody replays it.
pub async fn buried_delivery_comes_back_only_by_replay(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (by_itself, in_a_unit) = (take_in(&stores, &kit, "1", LONG).await, take_in(&stores, &kit, "2", LONG).await);
    stores.inbox.bury(&by_itself.delivery.id, by_itself.token, "hopeless").await.expect("the store buries");
    must_commit(&stores, &mark(&in_a_unit, dead())).await;
    assert_eq!(counts(&stores).await, InboxCounts { dead: 2, ..InboxCounts::default() });
    assert_eq!(stores.inbox.unpark(at(0), 10).await.expect("the store unparks"), 0);
    assert_eq!(claim(&stores, &kit, LONG).await, []);
    let dead = [by_itself.delivery.id, in_a_unit.delivery.id];
    assert_eq!(stores.inbox.dead(10).await.expect("the store lists"), dead);
    assert_eq!(stores.inbox.dead(1).await.expect("the store lists"), dead[..1]);
    for held in [by_itself, in_a_unit] {
        let replayed = stores.inbox.replay(&held.delivery.id).await.expect("the store replays");
        assert_eq!(replayed.map(|delivery| delivery.body), Some(held.delivery.body.clone()));
        let back = claim_one(&stores, &kit, LONG).await;
        assert_eq!(back.delivery.id, held.delivery.id);
    }
    assert_eq!(stores.inbox.dead(10).await.expect("the store lists"), []);
    let unknown = kit.delivery("other").id;
    assert_eq!(stores.inbox.replay(&unknown).await.expect("the store replays"), None, "an unknown one is not replayed");
}

/// A delivery that is made due again by a person, or because something may fit it now, is tried as a new one is.
pub async fn failed_tries_of_a_delivery_that_is_made_due_again_are_forgotten(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let inbox = inbox(&stores);
    for fate in [dead(), parked()] {
        let held = take_in(&stores, &kit, &format!("{fate:?}"), LONG).await;
        inbox.defer(&held.delivery.id, held.token, Duration::ZERO, "not decided").await.expect("the store defers");
        let tried = claim_one(&stores, &kit, LONG).await;
        assert_eq!(tried.delivery.attempts, 1);
        must_commit(&stores, &mark(&tried, fate.clone())).await;
        match fate {
            InboxFate::Parked { .. } => assert_eq!(inbox.unpark(at(0), 10).await.expect("the store unparks"), 1),
            InboxFate::Dead { .. } | InboxFate::Done => {
                assert!(inbox.replay(&held.delivery.id).await.expect("the store replays").is_some());
            }
        }
        assert_eq!(claim_one(&stores, &kit, LONG).await.delivery.attempts, 0);
    }
}

/// A delivery that fitted nothing waits until it is unparked or replayed.
pub async fn parked_delivery_comes_back_when_unparked(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for body in ["1", "2"] {
        let held = take_in(&stores, &kit, body, LONG).await;
        must_commit(&stores, &mark(&held, parked())).await;
    }
    assert_eq!(counts(&stores).await, InboxCounts { parked: 2, ..InboxCounts::default() });
    assert_eq!(claim(&stores, &kit, LONG).await, []);
    assert_eq!(stores.inbox.unpark(at(0), 10).await.expect("the store unparks"), 2);
    let back = claim(&stores, &kit, LONG).await;
    assert_eq!(back.len(), 2);
    for held in &back {
        must_commit(&stores, &mark(held, parked())).await;
    }
    for held in back.iter().take(1) {
        assert!(stores.inbox.replay(&held.delivery.id).await.expect("the store replays").is_some());
        assert_eq!(claim_one(&stores, &kit, LONG).await.delivery.id, held.delivery.id);
    }
}

/// Of parked deliveries those come back that came lately enough, as many as are asked for, and first those that were due
/// longest ago.
pub async fn of_what_is_parked_what_came_lately_and_waits_longest_comes_back_first(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for (body, seconds) in [("third", 20), ("second", 10), ("first", 0)] {
        let delivery = NewDelivery { received_at: at(seconds), ..kit.delivery(body) };
        let accepted = inbox(&stores).accept(&delivery, kit.lease(LONG)).await.expect("the store accepts");
        let Accepted::New(held) = accepted else { panic!("{body} was taken for a duplicate") };
        must_commit(&stores, &mark(&held, parked())).await;
    }
    for (came_since, limit, want) in [
        (21, 10, vec![]),
        (10, 10, vec!["third", "second"]),
        (0, 1, vec!["first"]),
        (0, 0, vec![]),
        (0, 10, vec!["third", "second", "first"]),
    ] {
        rig.pass(AFTER_SHORT).await;
        let unparked = stores.inbox.unpark(at(came_since), limit).await.expect("the store unparks");
        let back = claim(&stores, &kit, LONG).await;
        let bodies: Vec<_> = back.iter().map(|held| String::from_utf8_lossy(&held.delivery.body)).collect();
        assert_eq!(bodies, want, "since {came_since}, {limit} of them");
        assert_eq!(unparked, u64::try_from(back.len()).expect("a count"), "since {came_since}, {limit} of them");
        for held in &back {
            must_commit(&stores, &mark(held, parked())).await;
        }
    }
}

/// Deliveries are given out oldest first, as many as are asked for.
pub async fn deliveries_are_taken_oldest_first(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for seconds in 0..5 {
        let delivery = NewDelivery { received_at: at(seconds), ..kit.delivery(&seconds.to_string()) };
        inbox(&stores).accept(&delivery, kit.lease(SHORT)).await.expect("the store accepts");
    }
    rig.pass(AFTER_SHORT).await;
    for (limit, want) in [(2, vec!["0", "1"]), (0, vec![]), (10, vec!["2", "3", "4"])] {
        let claimed = inbox(&stores).claim(limit, kit.lease(LONG)).await.expect("the store claims");
        let bodies: Vec<_> = claimed.iter().map(|held| String::from_utf8_lossy(&held.delivery.body)).collect();
        assert_eq!(bodies, want);
    }
}

/// Of several claimers at once, each delivery goes to one.
pub async fn each_delivery_is_leased_to_one_of_racing_claimers(h: &dyn StoreHarness) {
    const DELIVERIES: usize = 12;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for number in 0..DELIVERIES {
        take_in(&stores, &kit, &number.to_string(), SHORT).await;
    }
    rig.pass(AFTER_SHORT).await;
    let racers = (0..6).map(|_| {
        let (inbox, lease) = (Arc::clone(&stores.inbox), kit.lease(LONG));
        async move { inbox.claim(3, lease).await.expect("the store claims") }.boxed()
    });
    let claimed: Vec<LeasedDelivery> = race(racers.collect()).await.into_iter().flatten().collect();
    let mut ids: Vec<_> = claimed.iter().map(|held| held.delivery.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((claimed.len(), ids.len()), (DELIVERIES, DELIVERIES), "claims and deliveries");
    let tokens: std::collections::BTreeSet<LeaseToken> = claimed.iter().map(|held| held.token).collect();
    assert!(tokens.len() >= DELIVERIES / 3, "each claimer has a token of its own");
}
