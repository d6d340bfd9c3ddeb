//! What is old enough goes, oldest first; what somebody may still need stays.

use std::time::Duration;

use mstore_pay_domain::audit::{AuditEvent, BodyRole, Digest, verify_chain};
use mstore_pay_domain::event::FeedPlace;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer};
use mstore_pay_domain::ids::IdempotencyKey;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Accepted, Prunable};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{Due, IdempotencyWrite, InboxFate, InboxMark, UnitOfWork};
use mstore_pay_domain::webhook::NewDelivery;

use super::fixtures::{AFTER_SHORT, Kit, LONG, SHORT, at, commit_and_read, merchant, must_commit, note, read, unit};
use super::{StoreHarness, StoreRig, Stores};

/// From one payment to the next.
const LATER: Duration = Duration::from_mins(1);

async fn prune(stores: &Stores, what: Prunable, before: Timestamp, limit: u32) -> u64 {
    stores.retention.prune(what, before, limit).await.expect("the store prunes")
}

/// Prunes one after the other until there is no more; how many went.
async fn prune_all(stores: &Stores, what: Prunable, before: Timestamp) -> u64 {
    let mut gone = 0;
    while prune(stores, what, before, 1).await > 0 {
        gone += 1;
    }
    gone
}

/// Puts a record with a body on the payment's chain, at that second.
async fn put_on_record(stores: &Stores, payment: &Payment, body: &str, second: u64) -> Payment {
    let (mut work, mut payment) = (UnitOfWork::default(), payment.clone());
    work.note(&mut payment, note(AuditEvent::ChargeOpened, second).with_body(BodyRole::Response, body));
    work.write(payment.clone(), Due::Never);
    must_commit(stores, &work).await;
    read(stores, &payment).await.expect("the payment is found")
}

async fn is_kept(stores: &Stores, body: &str) -> bool {
    stores.timeline.body(&Digest::of(body.as_bytes())).await.expect("the store reads").is_some()
}

/// A body goes once the last record that speaks of it is old enough; the records stay, and their chain holds.
pub async fn body_goes_when_its_last_record_is_old_and_the_chain_holds(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut payment = kit.payment("TRX-1");
    for (body, second) in [("old", 100), ("again", 101), ("new", 200), ("again", 201)] {
        payment = put_on_record(&stores, &payment, body, second).await;
    }
    assert_eq!(prune_all(&stores, Prunable::Bodies, at(100)).await, 0, "nothing is older than that");
    assert_eq!(prune_all(&stores, Prunable::Bodies, at(200)).await, 1);
    let kept = [is_kept(&stores, "old").await, is_kept(&stores, "again").await, is_kept(&stores, "new").await];
    assert_eq!(kept, [false, true, true]);
    let records = stores.timeline.records(&payment.id).await.expect("the store reads");
    assert_eq!((records.len(), verify_chain(&records, payment.audit)), (4, Ok(())));
    // What comes again is kept again.
    put_on_record(&stores, &payment, "old", 300).await;
    assert!(is_kept(&stores, "old").await);
}

/// Whom a payment was sold to is forgotten when it is old; the payment stays, with all else that the till said, and is
/// written on. Whoever read it before brings nobody back.
pub async fn customer_is_forgotten_when_the_payment_is_old(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let text = |text: &str| Some(text.to_owned());
    let mut named = kit.payment("TRX-1");
    named.details.description = text("two coffees");
    let forgotten = Payment { details: named.details.clone(), ..named.clone() };
    named.details.customer_phone = text("+628123456789");
    let named = commit_and_read(&stores, &named).await;
    let mut other = kit.payment("TRX-2");
    other.created_at = other.created_at.plus(LATER);
    other.details.customer_email = text("siti@example.com");
    other.details.customer_name = text("Siti");
    let other = commit_and_read(&stores, &other).await;
    assert_eq!(prune_all(&stores, Prunable::Customers, named.created_at).await, 0, "nothing is older than that");
    assert_eq!(prune_all(&stores, Prunable::Customers, other.created_at).await, 1);
    let known = read(&stores, &named).await.expect("the payment is found");
    assert_eq!(known.details, forgotten.details);
    assert_eq!(Payment { details: named.details.clone(), ..known.clone() }, named, "nothing else is another");
    assert_eq!(read(&stores, &other).await, Some(other));
    let written = put_on_record(&stores, &named, "a check", 500).await;
    assert_eq!(written.details, forgotten.details, "it was read before that");
}

/// A key goes some time after it was over, and is as free then as it was before.
pub async fn idempotency_key_goes_after_its_time(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut slots = Vec::new();
    for (name, ends) in [("key-1", 100), ("key-2", 200), ("key-3", 300)] {
        let key = IdempotencyKey::parse(name).expect("a key");
        let slot = IdempotencySlot { merchant: merchant(), route: "POST /payments".to_owned(), key };
        let record = IdempotencyRecord {
            slot: slot.clone(),
            fingerprint: Digest::of(b"request"),
            payment: kit.payment_id(),
            expires_at: at(ends),
            answer: KeptAnswer::Current,
        };
        let claim = IdempotencyWrite::Claim { record, now: at(0) };
        must_commit(&stores, &UnitOfWork { idempotency: vec![claim], ..UnitOfWork::default() }).await;
        slots.push(slot);
    }
    assert_eq!(prune_all(&stores, Prunable::IdempotencyKeys, at(100)).await, 0);
    assert_eq!(prune_all(&stores, Prunable::IdempotencyKeys, at(250)).await, 2);
    let mut left = Vec::new();
    for slot in &slots {
        left.push(stores.idempotency.idempotency(slot).await.expect("the store reads").is_some());
    }
    assert_eq!(left, [false, false, true]);
}

/// A message that went out leaves the feed when it is old; one that did not go out stays, however old it is.
pub async fn message_goes_when_it_was_sent_and_is_old(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let payment = kit.payment("TRX-1");
    let [first, second, third] = [kit.message(&payment), kit.message(&payment), kit.message(&payment)];
    let outbox = vec![first, second.clone(), third.clone()];
    must_commit(&stores, &UnitOfWork { outbox, ..unit(&payment) }).await;
    let held = stores.outbox.claim(1, kit.lease(LONG)).await.expect("the store claims").remove(0);
    stores.outbox.sent(&held.message.id, held.token).await.expect("the store marks");
    assert_eq!(prune_all(&stores, Prunable::SentMessages, at(1)).await, 0);
    assert_eq!(prune_all(&stores, Prunable::SentMessages, at(2)).await, 1);
    let changes =
        stores.outbox.changes(&merchant(), &None, FeedPlace::START, 10).await.expect("the store reads").changes;
    let left: Vec<_> = changes.into_iter().map(|change| change.message).collect();
    assert_eq!(left, [second, third]);
    rig.pass(AFTER_SHORT).await;
    let waiting = stores.outbox.claim(10, kit.lease(LONG)).await.expect("the store claims");
    assert_eq!(waiting.len(), 2);
}

/// A delivery that was dealt with goes when it is old, and the same bytes are new again then; whatever waits for
/// somebody stays.
pub async fn delivery_goes_when_it_was_dealt_with_and_is_old(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    for (body, fate) in [
        ("done", Some(InboxFate::Done)),
        ("parked", Some(InboxFate::Parked { why: "nothing fits".to_owned() })),
        ("open", None),
    ] {
        take_in(rig.as_ref(), &kit, &kit.delivery(body), fate).await;
    }
    let (came, later) = (kit.delivery("any").received_at, kit.delivery("any").received_at.plus(Duration::from_secs(1)));
    assert_eq!(prune_all(&stores, Prunable::DoneDeliveries, came).await, 0);
    assert_eq!(prune_all(&stores, Prunable::DoneDeliveries, later).await, 1);
    let counts = stores.inbox.counts().await.expect("the store counts");
    assert_eq!((counts.open, counts.parked, counts.dead), (1, 1, 0));
    for (body, is_new) in [("done", true), ("parked", false), ("open", false)] {
        let accepted = stores.inbox.accept(&kit.delivery(body), kit.lease(LONG)).await.expect("the store accepts");
        assert_eq!(matches!(accepted, Accepted::New(_)), is_new, "{body}");
    }
}

async fn take_in(rig: &dyn StoreRig, kit: &Kit, delivery: &NewDelivery, fate: Option<InboxFate>) {
    let stores = rig.stores();
    let accepted = stores.inbox.accept(delivery, kit.lease(SHORT)).await.expect("the store accepts");
    let Accepted::New(held) = accepted else { panic!("taken for a duplicate: {accepted:?}") };
    if let Some(fate) = fate {
        let mark = InboxMark { delivery: held.delivery.id, token: held.token, fate };
        must_commit(&stores, &UnitOfWork { inbox: vec![mark], ..UnitOfWork::default() }).await;
    }
}

/// No more goes at once than is asked for, oldest first.
pub async fn the_oldest_go_first_and_no_more_than_asked_for(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut payment = commit_and_read(&stores, &kit.payment("TRX-1")).await;
    for (body, second) in [("third", 1_003), ("first", 1_001), ("second", 1_002)] {
        payment = put_on_record(&stores, &payment, body, second).await;
    }
    // Whatever the payment itself came with is older.
    prune_all(&stores, Prunable::Bodies, at(1_000)).await;
    assert_eq!(prune(&stores, Prunable::Bodies, at(2_000), 2).await, 2);
    let kept = [is_kept(&stores, "first").await, is_kept(&stores, "second").await, is_kept(&stores, "third").await];
    assert_eq!(kept, [false, false, true]);
    assert_eq!(prune(&stores, Prunable::Bodies, at(2_000), 2).await, 1);
}
