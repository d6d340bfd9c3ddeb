//! What committed can be read again as a feed of changes.

use futures::FutureExt as _;
use mstore_pay_domain::event::{Change, FeedPlace, OutboxMessage, PaymentEvent};
use mstore_pay_domain::ids::{BranchId, MerchantId};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::unit_of_work::UnitOfWork;

use super::fixtures::{Kit, LONG, at, commit_and_read, merchant, must_commit, other_merchant, outbox, unit};
use super::{StoreHarness, Stores};
use crate::race::race;

async fn changes(stores: &Stores, merchant: &MerchantId, branch: Option<BranchId>, after: FeedPlace) -> Vec<Change> {
    outbox(stores).changes(merchant, &branch, after, 100).await.expect("the store reads")
}

fn messages(changes: &[Change]) -> Vec<OutboxMessage> {
    changes.iter().map(|change| change.message.clone()).collect()
}

async fn tell(stores: &Stores, payment: &Payment, told: &[OutboxMessage]) {
    must_commit(stores, &UnitOfWork { outbox: told.to_vec(), ..unit(payment) }).await;
}

/// The feed has every message of a merchant in the order in which it committed, and goes on behind any of
/// them; sending a message out takes nothing from it, nor does closing the store.
pub async fn changes_are_read_again_in_order_whether_sent_or_not(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut told = Vec::new();
    for number in 0..3 {
        let payment = kit.payment(&format!("TRX-{number}"));
        let events = [
            PaymentEvent::StatusChanged(PaymentStatus::Paid),
            PaymentEvent::OrderPaid { paid_at: at(60) },
            PaymentEvent::ExceptionRaised,
        ];
        let news = events.map(|event| OutboxMessage { event, ..kit.message(&payment) });
        tell(&stores, &payment, &news).await;
        told.extend(news);
    }
    let feed = changes(&stores, &merchant(), None, FeedPlace::START).await;
    assert_eq!(messages(&feed), told);
    assert!(feed.is_sorted_by(|one, next| one.place < next.place), "places grow: {feed:?}");
    for held in outbox(&stores).claim(2, kit.lease(LONG)).await.expect("the store claims") {
        outbox(&stores).sent(&held.message.id, held.token).await.expect("the store writes");
    }
    reads_on_from_everywhere(&stores, &feed, "after sending").await;
    drop(stores);
    reads_on_from_everywhere(&rig.reopen().await, &feed, "after reopening").await;
}

async fn reads_on_from_everywhere(stores: &Stores, feed: &[Change], when: &str) {
    for (number, change) in feed.iter().enumerate() {
        let behind = changes(stores, &merchant(), None, change.place).await;
        assert_eq!(behind, feed.iter().skip(number + 1).cloned().collect::<Vec<_>>(), "{when}");
    }
    let first = outbox(stores).changes(&merchant(), &None, FeedPlace::START, 2).await.expect("the store reads");
    assert_eq!(first, feed.iter().take(2).cloned().collect::<Vec<_>>(), "{when}");
    assert_eq!(changes(stores, &merchant(), None, FeedPlace::of(u64::MAX)).await, [], "{when}");
}

/// A merchant's feed has nothing of another's, and a branch's only its own.
pub async fn changes_are_those_of_ones_own_merchant_and_branch(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let branch = BranchId::parse("B1").ok();
    let mut told = Vec::new();
    for (merchant, branch) in [(merchant(), None), (merchant(), branch.clone()), (other_merchant(), branch.clone())] {
        let mut payment = kit.payment_of(merchant, "TRX-1");
        payment.branch = branch;
        let message = kit.message(&payment);
        tell(&stores, &payment, std::slice::from_ref(&message)).await;
        told.push(message);
    }
    let feed = |merchant: MerchantId, branch: Option<BranchId>| {
        let stores = stores.clone();
        async move { messages(&changes(&stores, &merchant, branch, FeedPlace::START).await) }
    };
    assert_eq!(feed(merchant(), None).await, told.iter().take(2).cloned().collect::<Vec<_>>());
    assert_eq!(feed(merchant(), branch.clone()).await, told.iter().skip(1).take(1).cloned().collect::<Vec<_>>());
    assert_eq!(feed(merchant(), BranchId::parse("B2").ok()).await, []);
    assert_eq!(feed(other_merchant(), branch).await, told.iter().skip(2).cloned().collect::<Vec<_>>());
}

/// Whoever follows the feed while others commit misses nothing and sees nothing twice.
pub async fn feed_that_is_followed_while_others_commit_has_no_gap(h: &dyn StoreHarness) {
    const WRITERS: usize = 8;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut units = Vec::new();
    for number in 0..WRITERS {
        let payment = commit_and_read(&stores, &kit.payment(&format!("TRX-{number}"))).await;
        let message = kit.message(&payment);
        units.push((message.id, UnitOfWork { outbox: vec![message], ..unit(&payment) }));
    }
    let racers = units.iter().map(|(_, work)| {
        let (stores, work) = (stores.clone(), work.clone());
        async move {
            stores.payments.commit(&work).await.expect("nobody else writes that payment");
            changes(&stores, &merchant(), None, FeedPlace::START).await
        }
        .boxed()
    });
    let seen = race(racers.collect()).await;
    let feed = changes(&stores, &merchant(), None, FeedPlace::START).await;
    let mut ids: Vec<_> = feed.iter().map(|change| change.message.id).collect();
    ids.sort();
    let mut written: Vec<_> = units.iter().map(|(id, _)| *id).collect();
    written.sort();
    assert_eq!(ids, written);
    for early in seen {
        assert_eq!(
            early,
            feed.iter().take(early.len()).cloned().collect::<Vec<_>>(),
            "what was seen early stands first"
        );
    }
}
