//! An idempotency key is used for one request.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer, StoredAnswer};
use mstore_pay_domain::ids::{IdempotencyKey, MerchantId};
use mstore_pay_domain::ports::CommitError;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::unit_of_work::{IdempotencyWrite, UnitOfWork};

use super::fixtures::{Kit, assert_refused, at, merchant, must_commit, other_merchant, read, unit};
use super::{StoreHarness, Stores};
use crate::race::race;

const RACERS: usize = 32;

fn slot(merchant: MerchantId, route: &str) -> IdempotencySlot {
    let key = IdempotencyKey::parse("key-1").expect("a key");
    IdempotencySlot { merchant, route: route.to_owned(), key }
}

fn record(kit: &Kit, slot: &IdempotencySlot) -> IdempotencyRecord {
    IdempotencyRecord {
        slot: slot.clone(),
        fingerprint: Digest::of(b"request"),
        payment: kit.payment_id(),
        expires_at: at(100),
        answer: KeptAnswer::Current,
    }
}

fn claim(record: &IdempotencyRecord, now: Timestamp) -> UnitOfWork {
    let claim = IdempotencyWrite::Claim { record: record.clone(), now };
    UnitOfWork { idempotency: vec![claim], ..UnitOfWork::default() }
}

fn only(write: IdempotencyWrite) -> UnitOfWork {
    UnitOfWork { idempotency: vec![write], ..UnitOfWork::default() }
}

async fn stored(stores: &Stores, slot: &IdempotencySlot) -> Option<IdempotencyRecord> {
    stores.idempotency.idempotency(slot).await.expect("the store reads")
}

fn is_taken(error: &CommitError) -> bool {
    matches!(error, CommitError::KeyTaken)
}

/// A key that is in use is not taken again, and whatever came with the second claim is not written;
/// the same key on another route or of another merchant is another key.
pub async fn idempotency_key_is_taken_once(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = record(&kit, &slot(merchant(), "POST /payments"));
    must_commit(&stores, &claim(&first, at(0))).await;
    let payment = kit.payment("TRX-1");
    let second = IdempotencyRecord { fingerprint: Digest::of(b"another"), ..record(&kit, &first.slot) };
    let with_payment = UnitOfWork { idempotency: claim(&second, at(1)).idempotency, ..unit(&payment) };
    assert_refused(&stores.payments.commit(&with_payment).await, is_taken);
    assert_eq!(read(&stores, &payment).await, None);
    assert_eq!(stored(&stores, &first.slot).await, Some(first));
    for slot in [slot(merchant(), "POST /refunds"), slot(other_merchant(), "POST /payments")] {
        must_commit(&stores, &claim(&record(&kit, &slot), at(1))).await;
    }
}

/// Of 32 claims of one key at once, one takes it.
pub async fn of_racing_claims_of_a_key_one_wins(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let slot = slot(merchant(), "POST /payments");
    let records: Vec<IdempotencyRecord> = (0..RACERS).map(|_| record(&kit, &slot)).collect();
    let racers = records.iter().map(|record| {
        let (repository, work) = (Arc::clone(&stores.payments), claim(record, at(0)));
        async move { repository.commit(&work).await }.boxed()
    });
    let outcomes = race(racers.collect()).await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    for outcome in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_refused(outcome, is_taken);
    }
    let winner = outcomes.iter().zip(&records).find(|(outcome, _)| outcome.is_ok()).map(|(_, record)| record);
    assert_eq!(stored(&stores, &slot).await.as_ref(), winner);
}

/// A key is held until its time is over, to the microsecond, and then is free.
pub async fn idempotency_key_past_its_time_is_replaced(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = record(&kit, &slot(merchant(), "POST /payments"));
    must_commit(&stores, &claim(&first, at(0))).await;
    let mut second = record(&kit, &first.slot);
    second.expires_at = at(200);
    let a_moment_before = Timestamp::from_micros(first.expires_at.micros() - 1).expect("a time");
    assert_refused(&stores.payments.commit(&claim(&second, a_moment_before)).await, is_taken);
    assert_eq!(stored(&stores, &first.slot).await, Some(first.clone()));
    must_commit(&stores, &claim(&second, first.expires_at)).await;
    assert_eq!(stored(&stores, &first.slot).await, Some(second));
}

/// An answer is kept byte for byte, and the key stays taken.
pub async fn idempotency_answer_is_kept_byte_for_byte(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = record(&kit, &slot(merchant(), "POST /payments"));
    must_commit(&stores, &claim(&first, at(0))).await;
    let answer = StoredAnswer { status: 422, body: b"{\"b\":1,\"a\":\"\xc3\xa9\"}\x00\xff".to_vec() };
    let write = IdempotencyWrite::Answer { slot: first.slot.clone(), payment: first.payment, answer: answer.clone() };
    must_commit(&stores, &only(write)).await;
    let want = IdempotencyRecord { answer: KeptAnswer::Stored(answer), ..first.clone() };
    assert_eq!(stored(&stores, &first.slot).await, Some(want));
    assert_refused(&stores.payments.commit(&claim(&record(&kit, &first.slot), at(1))).await, is_taken);
}

/// A key that was let go can be taken at once.
pub async fn released_idempotency_key_is_free(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let first = record(&kit, &slot(merchant(), "POST /payments"));
    must_commit(&stores, &claim(&first, at(0))).await;
    let release = IdempotencyWrite::Release { slot: first.slot.clone(), payment: first.payment };
    must_commit(&stores, &only(release)).await;
    assert_eq!(stored(&stores, &first.slot).await, None);
    must_commit(&stores, &claim(&record(&kit, &first.slot), at(1))).await;
}

/// Whoever answers or lets go a key late does not touch what another request has made of it meanwhile.
pub async fn idempotency_key_of_another_payment_is_left_alone(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let late = record(&kit, &slot(merchant(), "POST /payments"));
    must_commit(&stores, &claim(&late, at(0))).await;
    let mut holder = record(&kit, &late.slot);
    holder.expires_at = late.expires_at.plus(Duration::from_secs(100));
    must_commit(&stores, &claim(&holder, late.expires_at)).await;
    let answer = StoredAnswer { status: 200, body: b"late".to_vec() };
    let answer = IdempotencyWrite::Answer { slot: late.slot.clone(), payment: late.payment, answer };
    must_commit(&stores, &only(answer)).await;
    assert_eq!(stored(&stores, &late.slot).await, Some(holder.clone()));
    let release = IdempotencyWrite::Release { slot: late.slot.clone(), payment: late.payment };
    must_commit(&stores, &only(release)).await;
    assert_eq!(stored(&stores, &late.slot).await, Some(holder));
}
