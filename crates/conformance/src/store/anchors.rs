//! The heads of all audit chains, and the anchors that hold them together.

use futures::FutureExt as _;
use mstore_pay_domain::audit::{AuditAnchor, AuditHead, Digest, SealedAnchor};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::Anchored;

use super::fixtures::{Kit, at, commit_and_read};
use super::{StoreHarness, Stores};
use crate::race::race;

type Head = (PaymentId, AuditHead);

fn head(payment: &Payment) -> Head {
    (payment.id, payment.audit)
}

/// Payments that were committed once each, in order of their ids.
async fn payments<const N: usize>(stores: &Stores, kit: &Kit) -> [Payment; N] {
    let mut written = Vec::new();
    for number in 0..N {
        written.push(commit_and_read(stores, &kit.payment(&format!("TRX-{number}"))).await);
    }
    written.sort_by_key(|payment| payment.id);
    written.try_into().expect("as many as were written")
}

async fn unanchored(stores: &Stores) -> Vec<Head> {
    stores.anchors.unanchored(None, 100).await.expect("the store reads")
}

async fn all_anchors(stores: &Stores) -> Vec<SealedAnchor> {
    stores.anchors.anchors(0, 100).await.expect("the store reads")
}

/// Appends an anchor of these heads behind the last one.
async fn must_append(stores: &Stores, last: AuditHead, heads: &[Head]) -> AuditAnchor {
    let anchor = AuditAnchor::following(last, at(last.seq), heads.to_vec());
    assert_eq!(stores.anchors.append_anchor(&anchor).await.expect("the store writes"), Anchored::Appended);
    anchor
}

/// An anchor as it is to be read back.
fn sealed(anchor: AuditAnchor) -> SealedAnchor {
    SealedAnchor { digest: anchor.head().digest, anchor }
}

/// The heads are those that the payments carry, in order of payments and page by page.
pub async fn heads_of_all_chains_are_listed_page_by_page(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let heads = payments::<5>(&stores, &kit).await.each_ref().map(head);
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = stores.anchors.heads(after, 2).await.expect("the store reads");
        assert!(page.len() <= 2, "a page of 2 at most");
        let Some((last, _)) = page.last() else { break };
        after = Some(*last);
        listed.extend(page);
    }
    assert_eq!(listed, heads);
    for (payment, head) in &heads {
        assert_eq!(stores.anchors.head(payment).await.expect("the store reads"), Some(*head));
    }
    assert_eq!(stores.anchors.head(&kit.payment_id()).await.expect("the store reads"), None);
}

/// A head waits for its anchor until it has one, and again once its chain has grown.
pub async fn head_that_moved_waits_for_an_anchor(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    assert_eq!(unanchored(&stores).await, []);
    let written = payments::<4>(&stores, &kit).await;
    let [first, second, third, fourth] = written.each_ref().map(head);
    assert_eq!(unanchored(&stores).await, [first, second, third, fourth]);
    assert_eq!(stores.anchors.unanchored(None, 3).await.expect("the store reads"), [first, second, third]);
    assert_eq!(stores.anchors.unanchored(Some(second.0), 100).await.expect("the store reads"), [third, fourth]);

    let anchor = must_append(&stores, AuditHead::default(), &[first, second, third]).await;
    assert_eq!(unanchored(&stores).await, [fourth]);
    let [_, grown, ..] = &written;
    let second = head(&commit_and_read(&stores, grown).await);
    assert_eq!(unanchored(&stores).await, [second, fourth]);
    let anchor = must_append(&stores, anchor.head(), &[fourth, second]).await;
    assert_eq!(unanchored(&stores).await, []);
    must_append(&stores, anchor.head(), &[]).await;
}

/// Anchors are read back in their order as they were written, also after a restart.
pub async fn anchors_are_read_back_as_they_were_written(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    assert_eq!(all_anchors(&stores).await, []);
    assert_eq!(stores.anchors.last_anchor().await.expect("the store reads"), None);
    let heads = payments::<3>(&stores, &kit).await.each_ref().map(head);
    let first = must_append(&stores, AuditHead::default(), &heads).await;
    let empty = must_append(&stores, first.head(), &[]).await;
    let later = commit_and_read(&stores, &kit.payment("TRX-9")).await;
    let third = must_append(&stores, empty.head(), &[head(&later)]).await;
    drop(stores);

    let stores = rig.reopen().await;
    let [first, empty, third] = [first, empty, third].map(sealed);
    assert_eq!(all_anchors(&stores).await, [first, empty.clone(), third.clone()]);
    assert_eq!(stores.anchors.last_anchor().await.expect("the store reads"), Some(third));
    assert_eq!(stores.anchors.anchors(1, 1).await.expect("the store reads"), [empty]);
    assert_eq!(stores.anchors.anchors(3, 10).await.expect("the store reads"), []);
    assert_eq!(unanchored(&stores).await, []);
}

/// An anchor that does not follow the last one is not appended, and nothing of it is there.
pub async fn anchor_that_does_not_follow_is_overtaken(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let [anchored, waiting] = payments::<2>(&stores, &kit).await.each_ref().map(head);
    let first = must_append(&stores, AuditHead::default(), &[anchored]).await;
    let last = first.head();
    for wrong in [
        AuditHead::default(),
        AuditHead { seq: last.seq, digest: Digest::of(b"another") },
        AuditHead { seq: last.seq + 1, digest: last.digest },
    ] {
        let anchor = AuditAnchor::following(wrong, at(9), vec![waiting]);
        let outcome = stores.anchors.append_anchor(&anchor).await.expect("the store answers");
        assert_eq!(outcome, Anchored::Overtaken, "{wrong:?}");
    }
    assert_eq!(all_anchors(&stores).await, [sealed(first)]);
    assert_eq!(unanchored(&stores).await, [waiting]);
}

/// Of several nodes that anchor at once, one does.
pub async fn of_racing_anchors_one_is_appended(h: &dyn StoreHarness) {
    const NODES: u64 = 8;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let heads = payments::<3>(&stores, &kit).await.each_ref().map(head);
    let append = |node| {
        let anchors = stores.anchors.clone();
        async move {
            let anchor = AuditAnchor::following(AuditHead::default(), at(node), heads.to_vec());
            anchors.append_anchor(&anchor).await.expect("the store answers")
        }
        .boxed()
    };
    let outcomes = race((0..NODES).map(append).collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Anchored::Appended).count(), 1, "{outcomes:?}");
    assert_eq!(all_anchors(&stores).await.len(), 1);
    assert_eq!(unanchored(&stores).await, []);
}
