//! A message that committed goes out at least once, and is held by one sender at a time.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use mstore_pay_domain::event::{OutboxMessage, PaymentEvent};
use mstore_pay_domain::ids::BranchId;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::LeasedMessage;
use mstore_pay_domain::unit_of_work::UnitOfWork;

use super::fixtures::{AFTER_SHORT, Kit, LONG, SHORT, at, must_commit, outbox, unit};
use super::{StoreHarness, Stores};
use crate::race::race;

async fn write(stores: &Stores, kit: &Kit, events: &[PaymentEvent]) -> Vec<OutboxMessage> {
    let mut payment = kit.payment("TRX-1");
    payment.branch = BranchId::parse("B1").ok();
    let messages: Vec<OutboxMessage> =
        events.iter().map(|event| OutboxMessage { event: *event, ..kit.message(&payment) }).collect();
    must_commit(stores, &UnitOfWork { outbox: messages.clone(), ..unit(&payment) }).await;
    messages
}

async fn claim(stores: &Stores, kit: &Kit, limit: u32, ttl: Duration) -> Vec<LeasedMessage> {
    outbox(stores).claim(limit, kit.lease(ttl)).await.expect("the store claims")
}

const PAID: PaymentEvent = PaymentEvent::StatusChanged(PaymentStatus::Paid);

/// A message comes out as it went in, to one sender, until it is marked as sent.
pub async fn message_is_claimed_until_it_is_sent(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut events: Vec<PaymentEvent> = PaymentStatus::ALL.into_iter().map(PaymentEvent::StatusChanged).collect();
    events.extend([PaymentEvent::OrderPaid { paid_at: at(60) }, PaymentEvent::ExceptionRaised]);
    let written = write(&stores, &kit, &events).await;
    let claimed = claim(&stores, &kit, 100, SHORT).await;
    let messages: Vec<OutboxMessage> = claimed.iter().map(|held| held.message.clone()).collect();
    assert_eq!(messages, written);
    assert!(claimed.iter().all(|held| held.attempts == 1), "{claimed:?}");
    rig.pass(AFTER_SHORT).await;
    for held in claim(&stores, &kit, 100, LONG).await {
        assert_eq!(held.attempts, 2, "an expired lease is nobody's");
        stores.outbox.sent(&held.message.id, held.token).await.expect("the store marks");
        let again = stores.outbox.retry(&held.message.id, held.token, Duration::ZERO).await;
        again.expect("what was sent is nobody's to retry, and no error");
    }
    assert_eq!(claim(&stores, &kit, 100, LONG).await, []);
}

/// A message that did not get through comes out again after its pause, not before.
pub async fn message_comes_back_after_its_pause(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    write(&stores, &kit, &[PAID, PAID]).await;
    let claimed = claim(&stores, &kit, 2, LONG).await;
    assert_eq!(claimed.len(), 2, "messages to be sent");
    assert_eq!(claim(&stores, &kit, 2, LONG).await, [], "held messages");
    for (held, pause) in claimed.iter().zip([SHORT, LONG]) {
        stores.outbox.retry(&held.message.id, held.token, pause).await.expect("the store retries");
    }
    rig.pass(AFTER_SHORT).await;
    let back = claim(&stores, &kit, 2, LONG).await;
    let names: Vec<_> = back.iter().map(|held| (held.message.id, held.attempts)).collect();
    let first = claimed.iter().take(1).map(|held| (held.message.id, 2));
    assert_eq!(names, first.collect::<Vec<_>>());
}

/// A sender that was overtaken changes nothing.
pub async fn overtaken_sender_cannot_mark_a_message(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    write(&stores, &kit, &[PAID]).await;
    let slow = claim(&stores, &kit, 1, SHORT).await.pop().expect("a message");
    rig.pass(AFTER_SHORT).await;
    let next = claim(&stores, &kit, 1, SHORT).await.pop().expect("the message again");
    stores.outbox.retry(&slow.message.id, slow.token, LONG).await.expect("a lost lease is no error");
    stores.outbox.sent(&slow.message.id, slow.token).await.expect("a lost lease is no error");
    rig.pass(AFTER_SHORT).await;
    let last = claim(&stores, &kit, 1, LONG).await.pop().expect("the message is still to be sent");
    assert_eq!((last.message.id, last.attempts), (next.message.id, 3));
}

/// Messages come out in the order in which they were committed, as many as are asked for.
pub async fn messages_are_taken_oldest_first(h: &dyn StoreHarness) {
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    let mut written = Vec::new();
    for _ in 0..3 {
        written.extend(write(&stores, &kit, &[PAID, PaymentEvent::ExceptionRaised]).await);
    }
    let mut claimed = Vec::new();
    for limit in [4, 0, 10] {
        claimed.extend(claim(&stores, &kit, limit, LONG).await.into_iter().map(|held| held.message));
        assert!(claimed.len() >= 4, "four were asked for first");
    }
    assert_eq!(claimed, written);
}

/// Of several senders at once, each message goes to one.
pub async fn each_message_is_leased_to_one_of_racing_claimers(h: &dyn StoreHarness) {
    const MESSAGES: usize = 12;
    let (rig, kit) = (h.fresh().await, Kit::default());
    let stores = rig.stores();
    write(&stores, &kit, &[PAID; MESSAGES]).await;
    let racers = (0..6).map(|_| {
        let (outbox, lease) = (Arc::clone(&stores.outbox), kit.lease(LONG));
        async move { outbox.claim(3, lease).await.expect("the store claims") }.boxed()
    });
    let claimed: Vec<LeasedMessage> = race(racers.collect()).await.into_iter().flatten().collect();
    let mut ids: Vec<_> = claimed.iter().map(|held| held.message.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!((claimed.len(), ids.len()), (MESSAGES, MESSAGES), "claims and messages");
}
