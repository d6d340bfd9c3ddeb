//! The leases of a node that is gone are over before their time; those of one that lives are not.

use std::time::{Duration, Instant};

use mstore_pay_domain::ports::{Accepted, CommitError, LeasedPayment, PaymentRepository, WebhookInbox};
use mstore_pay_domain::unit_of_work::{Due, InboxFate, InboxMark, UnitOfWork};
use mstore_pay_postgres::PostgresStore;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use crate::fixtures::{Site, at, delivery, far_future, stored};

/// What a till may be kept waiting for: a node that dies is noticed sooner.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);
/// Longer than any test takes.
const LONG: Duration = Duration::from_hours(1);

/// A node, and what shows the others that it lives.
struct Node {
    store: PostgresStore,
    presence: JoinHandle<()>,
}

impl Node {
    async fn start(site: &Site) -> Self {
        let store = site.open().await;
        let present = store.clone();
        let before = living(site);
        let presence = Handle::current().spawn(async move { present.keep_presence().await });
        while living(site) == before {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Self { store, presence }
    }

    /// As if it were killed: its sessions end.
    async fn die(self) {
        self.presence.abort();
        let _aborted = self.presence.await;
    }

    async fn claim(&self, site: &Site) -> Vec<LeasedPayment> {
        self.store.claim_due(far_future(), 10, site.lease(LONG)).await.unwrap()
    }
}

fn living(site: &Site) -> u32 {
    let held = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND classid = 730582 AND database = \
                (SELECT oid FROM pg_database WHERE datname = current_database())";
    site.run(held).parse().unwrap()
}

/// Claims until there is something, and gives it with the time that it took.
async fn claim_soon(node: &Node, site: &Site) -> (Vec<LeasedPayment>, Duration) {
    let started = Instant::now();
    loop {
        let claimed = node.claim(site).await;
        if !claimed.is_empty() || started.elapsed() > NOTICED_WITHIN {
            return (claimed, started.elapsed());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_dead_node_held_is_taken_up_by_another_at_once() {
    let site = Site::new();
    let (one, other) = (Node::start(&site).await, Node::start(&site).await);
    stored(&one.store, &site.payment(), Due::At(at(0))).await;
    stored(&one.store, &site.payment(), Due::Leased(site.lease(LONG))).await;
    assert_eq!(one.claim(&site).await.len(), 1);
    one.die().await;
    let (taken, _) = claim_soon(&other, &site).await;
    assert_eq!(taken.len(), 2, "what it claimed, and what it wrote as its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_node_held_that_died_while_nobody_was_there_is_taken_up_by_the_next() {
    let site = Site::new();
    let one = Node::start(&site).await;
    stored(&one.store, &site.payment(), Due::Leased(site.lease(LONG))).await;
    one.die().await;
    let next = Node::start(&site).await;
    assert_eq!(claim_soon(&next, &site).await.0.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_lives_keeps_what_it_holds_although_its_session_is_cut() {
    let site = Site::new();
    let (one, other) = (Node::start(&site).await, Node::start(&site).await);
    stored(&one.store, &site.payment(), Due::Leased(site.lease(LONG))).await;
    site.run(
        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND classid = 730582 AND database = \
         (SELECT oid FROM pg_database WHERE datname = current_database())",
    );
    let (taken, waited) = claim_soon(&other, &site).await;
    assert!(taken.is_empty() && waited >= NOTICED_WITHIN, "{taken:?} after {waited:?}");
    one.die().await;
    assert_eq!(claim_soon(&other, &site).await.0.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_thought_dead_cannot_finish_what_another_took_up() {
    let site = Site::new();
    let (one, other) = (Node::start(&site).await, Node::start(&site).await);
    let delivery = delivery(&site.ids);
    let Accepted::New(held) = one.store.accept(&delivery, site.lease(LONG)).await.unwrap() else {
        panic!("the first of its kind")
    };
    let undead = one.store.clone();
    one.die().await;
    let started = Instant::now();
    let mut taken = Vec::new();
    while taken.is_empty() {
        assert!(started.elapsed() < NOTICED_WITHIN);
        taken = other.store.claim(10, site.lease(LONG)).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mark = InboxMark { delivery: delivery.id, token: held.token, fate: InboxFate::Done };
    let late = undead.commit(&UnitOfWork { inbox: vec![mark], ..UnitOfWork::default() }).await;
    assert!(matches!(late, Err(CommitError::LeaseLost)), "{late:?}");
}
