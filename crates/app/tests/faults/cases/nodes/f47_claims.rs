use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mstore_pay_app::{Store, open_store};
use mstore_pay_domain::ids::{AccountId, DeliveryId, LeaseToken, ProviderId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::{IdGenerator as _, WebhookInbox};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Authentic, NewDelivery, RawWebhook};
use mstore_pay_throwaway_postgres::Database;

use crate::cases::shop::millis;
use crate::scale::{at_once, cases};

const DELIVERIES: u64 = 20_001;
const CLAIMED_AT_ONCE: u32 = 200;
const WORKERS_PER_NODE: usize = 2;

/// A webhook that nobody holds.
async fn take_in(store: &dyn Store, ids: &SequentialIds, number: u64) {
    let raw = RawWebhook { headers: Vec::new(), body: number.to_string().into_bytes() };
    let delivery = NewDelivery {
        id: DeliveryId::new(ids.uuid()),
        provider: ProviderId::parse("xendit").expect("a provider"),
        account: AccountId::main(),
        received_at: Timestamp::EPOCH,
        authentic: Authentic::if_proven(true, &raw).expect("proven by this test"),
    };
    let over = Lease { token: LeaseToken::new(ids.uuid()), ttl: Duration::ZERO };
    store.accept(&delivery, over).await.expect("the inbox takes it in");
}

/// Claims until there is nothing left; gives what it got.
async fn work(inbox: Arc<dyn WebhookInbox>, ids: Arc<SequentialIds>) -> Vec<DeliveryId> {
    let mut taken = Vec::new();
    loop {
        let lease = Lease { token: LeaseToken::new(ids.uuid()), ttl: Duration::from_mins(10) };
        let claimed = inbox.claim(CLAIMED_AT_ONCE, lease).await.expect("a claim");
        if claimed.is_empty() {
            return taken;
        }
        taken.extend(claimed.into_iter().map(|leased| leased.delivery.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f47_workers_of_two_nodes_lease_every_webhook_once() {
    let database = Database::empty();
    let url = database.url().parse().expect("a URL");
    let nodes = [open_store(&url).await.expect("a node"), open_store(&url).await.expect("another node")];
    let (n, ids) = (cases(DELIVERIES), Arc::new(SequentialIds::new(1)));
    at_once(n, 8, |number| take_in(&*nodes[0], &ids, number)).await;
    let began = Instant::now();
    let workers: Vec<_> = nodes
        .iter()
        .flat_map(|node| std::iter::repeat_n(node, WORKERS_PER_NODE))
        .map(|node| tokio::spawn(work(node.clone(), Arc::clone(&ids))))
        .collect();
    let mut leased = Vec::new();
    for worker in workers {
        leased.extend(worker.await.expect("a worker"));
    }
    let took = began.elapsed();
    let distinct: BTreeSet<String> = leased.iter().map(ToString::to_string).collect();
    println!(
        "F47 n={n} nodes=2 workers={} leased={} distinct={} took={}ms",
        nodes.len() * WORKERS_PER_NODE,
        leased.len(),
        distinct.len(),
        millis(took)
    );
    let count = usize::try_from(n).expect("a count");
    assert_eq!((leased.len(), distinct.len()), (count, count), "each is leased exactly once");
}
