//! Behind pgbouncer in session mode a node is what it is without; in transaction mode it leaves no lock behind.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mstore_pay_domain::ids::LeaseToken;
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::{IdGenerator, PaymentRepository, Wakeups};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::{Options, PostgresStore, SharedWakeups};
use mstore_pay_throwaway_postgres::{Bouncer, Cluster};
use tokio::runtime::Handle;

use crate::fixtures::{far_future, options, payment, unit};
use crate::sharing::RealPauses;

const SESSIONS: u32 = 30;
const NOTICED_WITHIN: Duration = Duration::from_secs(10);
const LONG: Duration = Duration::from_hours(1);

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_nodes_write_wake_each_other_and_inherit_what_a_dead_one_held() {
    let cluster = Cluster::start(&[]);
    let bouncer = Bouncer::before(&cluster, SESSIONS);
    let open = async || PostgresStore::connect(&bouncer.url("postgres"), options()).await.unwrap();
    let (one, other) = (open().await, open().await);
    let (dying, living) = (one.clone(), other.clone());
    let presence = Handle::current().spawn(async move { dying.keep_presence().await });
    Handle::current().spawn(async move { living.keep_presence().await });
    let locks = || cluster.run("postgres", "SELECT count(*) FROM pg_locks WHERE classid = 730582").unwrap();
    let holders = || cluster.run("postgres", "SELECT lease_holder FROM payments").unwrap();
    while locks() != "2" {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }

    let ids = SequentialIds::default();
    let held = payment(&ids);
    let lease = || Lease { token: LeaseToken::new(ids.uuid()), ttl: LONG };
    one.commit(&unit(&held, Due::Leased(lease()))).await.unwrap();
    assert!(other.claim_due(far_future(), 1, lease()).await.unwrap().is_empty());

    let wakeups = [&one, &other].map(|store| Arc::new(SharedWakeups::new(store.clone(), Arc::new(RealPauses))));
    let [telling, hearing] = wakeups;
    for running in [Arc::clone(&telling), Arc::clone(&hearing)] {
        Handle::current().spawn(async move { running.run().await });
    }
    // Whoever begins to listen wakes all its waiters once.
    hearing.changed(&held.id, LONG).await;
    let waiting = Handle::current().spawn(async move { hearing.changed(&held.id, LONG).await });
    while !waiting.is_finished() {
        telling.wake(&held.id);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }

    presence.abort();
    let died = Instant::now();
    while other.claim_due(far_future(), 1, lease()).await.unwrap().is_empty() {
        assert!(died.elapsed() < NOTICED_WITHIN, "{} locks, held by {:?}", locks(), holders());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_of_transactions_a_node_takes_no_lock_that_would_outlive_it() {
    const WATCHED_FOR: Duration = Duration::from_secs(3);
    let cluster = Cluster::start(&[]);
    mstore_pay_postgres::migrate(&cluster.url("postgres")).await.unwrap();
    let bouncer = Bouncer::of_transactions(&cluster, SESSIONS);
    let node = PostgresStore::connect(&bouncer.url("postgres"), Options { connections: 1, ..options() }).await.unwrap();
    let presence = Handle::current().spawn(async move { node.keep_presence().await });
    let (began, locks) = (Instant::now(), "SELECT count(*) FROM pg_locks WHERE classid = 730582");
    while began.elapsed() < WATCHED_FOR {
        assert_eq!(cluster.run("postgres", locks).unwrap(), "0");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    presence.abort();
}
