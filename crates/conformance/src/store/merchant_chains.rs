//! What persons decided is on their merchant's chain.

use std::sync::Arc;

use futures::FutureExt as _;
use mstore_pay_domain::audit::{
    Actor, AuditAnchor, AuditEvent, AuditHead, AuditNote, MerchantNote, MerchantRecord, verify_chain,
};
use mstore_pay_domain::ids::{MerchantId, UserId};
use mstore_pay_domain::ports::Anchored;
use mstore_pay_domain::unit_of_work::UnitOfWork;

use super::fixtures::{Kit, at, merchant, must_commit, other_merchant, unit};
use super::{StoreHarness, Stores};
use crate::race::race;

/// Decisions that race.
const RACERS: u32 = 16;

fn noted(merchant: MerchantId, reason: &str) -> MerchantNote {
    let actor = Actor::User(UserId::parse("owner 7").expect("a user"));
    let note = AuditNote::new(at(10), actor, AuditEvent::OrderVoided).with("order", "TRX-1").with("reason", reason);
    MerchantNote { merchant, note }
}

fn noting(notes: Vec<MerchantNote>) -> UnitOfWork {
    UnitOfWork { merchant_notes: notes, ..UnitOfWork::default() }
}

async fn chain(stores: &Stores, merchant: &MerchantId) -> (Vec<MerchantRecord>, Option<AuditHead>) {
    let records = stores.timeline.merchant_records(merchant, 0, 100).await.expect("the store reads");
    (records, stores.anchors.merchant_head(merchant).await.expect("the store reads"))
}

/// Notes are linked in their order, each merchant's for itself, and read back page by page, also after a restart.
pub async fn merchant_notes_are_linked_in_order(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    assert_eq!(chain(&stores, &merchant()).await, (vec![], None));
    must_commit(&stores, &noting(vec![noted(merchant(), "a"), noted(other_merchant(), "x"), noted(merchant(), "b")]))
        .await;
    must_commit(&stores, &noting(vec![noted(merchant(), "c 'd'")])).await;
    drop(stores);

    let stores = rig.reopen().await;
    let (records, head) = chain(&stores, &merchant()).await;
    let reasons: Vec<&str> = records.iter().filter_map(|record| record.fields.get(1)).map(|(_, to)| &**to).collect();
    assert_eq!(reasons, ["a", "b", "c 'd'"]);
    assert_eq!(verify_chain(&records, head.expect("a head")), Ok(()));
    assert_eq!(records.first().map(|record| &*record.actor), Some("user:owner 7"));
    let page = stores.timeline.merchant_records(&merchant(), 1, 1).await.expect("the store reads");
    assert_eq!(page.as_slice(), records.get(1..2).expect("a second"));
    assert_eq!(chain(&stores, &other_merchant()).await.0.len(), 1);
}

/// Notes of a unit that is refused are not on the chain.
pub async fn merchant_notes_of_a_refused_unit_are_not_linked(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = kit.payment("TRX-1");
    must_commit(&stores, &unit(&payment)).await;
    let stale = UnitOfWork { merchant_notes: vec![noted(merchant(), "a")], ..unit(&payment) };
    assert!(stores.payments.commit(&stale).await.is_err(), "the payment is there");
    assert_eq!(chain(&stores, &merchant()).await, (vec![], None));
}

/// Of decisions that race each is linked, one behind the other.
pub async fn racing_merchant_notes_are_all_linked(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let racers = (0..RACERS).map(|number| {
        let (repository, note) = (Arc::clone(&stores.payments), noted(merchant(), &number.to_string()));
        async move { repository.commit(&noting(vec![note])).await }.boxed()
    });
    for outcome in race(racers.collect()).await {
        outcome.expect("each is linked");
    }
    let (records, head) = chain(&stores, &merchant()).await;
    assert_eq!(records.len(), usize::try_from(RACERS).expect("few"));
    assert_eq!(verify_chain(&records, head.expect("a head")), Ok(()));
}

/// The heads of merchants' chains are listed page by page, wait for an anchor, and are read back with it.
pub async fn merchant_heads_wait_for_an_anchor(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let mut merchants = [merchant(), other_merchant()];
    merchants.sort();
    for merchant in &merchants {
        must_commit(&stores, &noting(vec![noted(merchant.clone(), "a")])).await;
    }
    let unanchored = async || stores.anchors.unanchored_merchants(100).await.expect("the store reads");
    let heads = unanchored().await;
    let [first, second] = heads.as_slice() else { panic!("two heads, not {heads:?}") };
    let (first, second) = (first.clone(), second.clone());
    assert_eq!([&first.0, &second.0], merchants.each_ref());
    let after_first = Some(first.0.clone());
    let pages = [
        stores.anchors.merchant_heads(&None, 1).await.expect("the store reads"),
        stores.anchors.merchant_heads(&after_first, 5).await.expect("the store reads"),
    ];
    assert_eq!(pages, [vec![first.clone()], vec![second.clone()]]);
    let anchor = AuditAnchor::following(AuditHead::default(), at(20), vec![]).with_merchants(heads);
    assert_eq!(stores.anchors.append_anchor(&anchor).await.expect("the store writes"), Anchored::Appended);
    assert_eq!(unanchored().await, []);
    let read = stores.anchors.last_anchor().await.expect("the store reads").expect("an anchor");
    assert_eq!((read.digest, &read.anchor), (anchor.head().digest, &anchor));
    // An anchor of a longer chain is none of a shorter one's.
    must_commit(&stores, &noting(["b", "c"].map(|what| noted(first.0.clone(), what)).into())).await;
    let grown = AuditAnchor::following(anchor.head(), at(30), vec![]).with_merchants(unanchored().await);
    assert_eq!(stores.anchors.append_anchor(&grown).await.expect("the store writes"), Anchored::Appended);
    must_commit(&stores, &noting(vec![noted(second.0.clone(), "b")])).await;
    let waiting: Vec<MerchantId> = unanchored().await.into_iter().map(|(merchant, _)| merchant).collect();
    assert_eq!(waiting, [second.0]);
}
