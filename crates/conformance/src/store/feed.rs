//! What committed can be read again as a feed of changes.

use futures::FutureExt as _;
use mstore_pay_domain::event::{Change, FeedPiece, FeedPlace, OutboxMessage, PaymentEvent};
use mstore_pay_domain::ids::{BranchId, MerchantId};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::unit_of_work::UnitOfWork;

use super::fixtures::{Kit, LONG, at, commit_and_read, merchant, must_commit, other_merchant, outbox, unit};
use super::{StoreHarness, Stores};
use crate::race::race;

async fn changes(stores: &Stores, merchant: &MerchantId, branch: Option<BranchId>, after: FeedPlace) -> Vec<Change> {
    outbox(stores).changes(merchant, &branch, after, 100).await.expect("the store reads").changes
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
    assert_eq!(first.changes, feed.iter().take(2).cloned().collect::<Vec<_>>(), "{when}");
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

/// Whoever goes on where a piece ends finds all that is its own behind it, and nothing twice, whatever others were told in
/// between; and an empty piece never goes back.
pub async fn branch_goes_on_where_a_piece_of_its_feed_ends(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let (own, other) = (BranchId::parse("B1").ok(), BranchId::parse("B2").ok());
    let piece = |after: FeedPlace, limit: u32| {
        let (outbox, own) = (outbox(&stores), own.clone());
        async move { outbox.changes(&merchant(), &own, after, limit).await.expect("the store reads") }
    };
    let nothing = piece(FeedPlace::START, 2).await;
    assert_eq!(nothing, FeedPiece { changes: Vec::new(), next: FeedPlace::START });
    let (mut told, mut read, mut after) = (Vec::new(), Vec::new(), FeedPlace::START);
    for (number, branch) in [&other, &own, &own, &own, &other, &other, &own, &own].into_iter().enumerate() {
        let mut payment = kit.payment(&format!("TRX-{number}"));
        payment.branch = branch.clone();
        let message = kit.message(&payment);
        tell(&stores, &payment, std::slice::from_ref(&message)).await;
        told.extend((*branch == own).then_some(message));
        // Every other time, so that there is one change, more than fit, or none.
        if number % 2 == 1 || *branch == other {
            let found = piece(after, 1).await;
            assert!(found.next >= after, "{found:?} behind {after:?}");
            assert!(found.changes.iter().all(|change| after < change.place && change.place <= found.next), "{found:?}");
            read.extend(messages(&found.changes));
            after = found.next;
        }
    }
    read.extend(messages(&piece(after, 100).await.changes));
    assert_eq!(read, told);
    let last = piece(FeedPlace::START, 100).await.next;
    assert_eq!(piece(last, 100).await, FeedPiece { changes: Vec::new(), next: last });
}

/// Whoever follows the feed while others commit misses nothing and sees nothing twice.
pub async fn feed_that_is_followed_while_others_commit_has_no_gap(h: &dyn StoreHarness) {
    const WRITERS: usize = 8;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut units = Vec::new();
    let branches = [None, BranchId::parse("B1").ok()];
    for (number, branch) in (0..WRITERS).zip(branches.iter().cycle()) {
        let payment = Payment { branch: branch.clone(), ..kit.payment(&format!("TRX-{number}")) };
        let payment = commit_and_read(&stores, &payment).await;
        let message = kit.message(&payment);
        units.push((message.id, UnitOfWork { outbox: vec![message], ..unit(&payment) }));
    }
    let racers = units.iter().map(|(_, work)| {
        let (stores, work, branches) = (stores.clone(), work.clone(), branches.clone());
        async move {
            stores.payments.commit(&work).await.expect("nobody else writes that payment");
            let mut pieces = Vec::new();
            for branch in branches {
                let piece = outbox(&stores).changes(&merchant(), &branch, FeedPlace::START, 100).await;
                pieces.push((branch, piece.expect("the store reads")));
            }
            pieces
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
    for (branch, FeedPiece { changes: early, next }) in seen.into_iter().flatten() {
        let whole = changes(&stores, &merchant(), branch.clone(), FeedPlace::START).await;
        let later = changes(&stores, &merchant(), branch, next).await;
        assert_eq!([early, later].concat(), whole, "what was seen early stands first, and the rest behind {next:?}");
    }
}
