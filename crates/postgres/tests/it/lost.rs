//! A database that is lost, slow or busy is told of quickly, and taken up again by itself.

use std::time::{Duration, Instant};

use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::{CommitError, OrderRepository, PaymentRepository, StoreError};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::{Options, PostgresStore};
use mstore_pay_throwaway_postgres::Cluster;
use tokio::runtime::Handle;

use crate::fixtures::{Site, options, payment, unit};
use crate::holder::Holder;

/// Longest that a till may be kept waiting for a 503.
const AT_ONCE: Duration = Duration::from_secs(2);

fn assert_unavailable(outcome: &Result<(), CommitError>) {
    assert!(matches!(outcome, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{outcome:?}");
}

async fn check(end: impl Fn(&Cluster)) {
    let cluster = Cluster::start(&[]);
    let store = PostgresStore::connect(&cluster.url("postgres"), options()).await.unwrap();
    let (merchant, ids) = (payment(&SequentialIds::default()).merchant, SequentialIds::default());
    let before = payment(&ids);
    store.commit(&unit(&before, Due::Never)).await.unwrap();
    end(&cluster);
    for _ in 0..3 {
        let started = Instant::now();
        assert_unavailable(&store.commit(&unit(&payment(&ids), Due::Never)).await);
        let unread = store.payment(&merchant, &before.id).await;
        assert!(matches!(unread, Err(StoreError::Unavailable { .. })), "{unread:?}");
        store.ready().await.unwrap_err();
        assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    }
    cluster.restart();
    store.ready().await.unwrap();
    store.commit(&unit(&payment(&ids), Due::Never)).await.unwrap();
    assert!(store.payment(&merchant, &before.id).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_stops_is_unavailable_until_it_is_back() {
    check(Cluster::stop).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_crashes_is_unavailable_until_it_is_back() {
    check(Cluster::kill).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_given_up_and_leaves_nothing() {
    let site = Site::new();
    let store = site.open_with(Options { work_max: Duration::from_millis(500), ..options() }).await;
    let (payment, holder) = (site.payment(), Holder::of(&site, "payments"));
    let started = Instant::now();
    assert_unavailable(&store.commit(&unit(&payment, Due::Never)).await);
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    holder.let_go();
    assert_eq!(store.payment(&payment.merchant, &payment.id).await.unwrap(), None);
    store.commit(&unit(&payment, Due::Never)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_does_not_stand_behind_writes_that_wait() {
    let site = Site::new();
    let (connections, patient) = (4, Duration::from_secs(20));
    let store = site.open_with(Options { connections, runtimes: 0, wait_max: patient, work_max: patient }).await;
    let (payment, holder) = (site.payment(), Holder::of(&site, "payments"));
    let writing: Vec<_> = (0..2 * connections)
        .map(|_| {
            let (store, work) = (store.clone(), unit(&site.payment(), Due::Never));
            Handle::current().spawn(async move { store.commit(&work).await })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let started = Instant::now();
    assert_eq!(store.order(&payment.merchant, &payment.order_code).await.unwrap(), None);
    assert!(started.elapsed() < AT_ONCE, "{:?}", started.elapsed());
    assert!(writing.iter().all(|one| !one.is_finished()), "the writes wait");
    holder.let_go();
    for one in writing {
        one.await.unwrap().unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_work_than_connections_waits_for_a_while_and_no_longer() {
    let site = Site::new();
    // In all less than a unit waits before it goes on by itself, which lets go of its connection for a moment.
    let wait_max = Duration::from_millis(120);
    let store =
        site.open_with(Options { connections: 1, runtimes: 0, wait_max, work_max: Duration::from_secs(10) }).await;
    let (payment, holder) = (site.payment(), Holder::of(&site, "payments"));
    let patient = Handle::current().spawn({
        let (store, work) = (store.clone(), unit(&payment, Due::Never));
        async move { store.commit(&work).await }
    });
    tokio::time::sleep(Duration::from_millis(80)).await;
    let started = Instant::now();
    let refused = store.ready().await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert!((wait_max..AT_ONCE).contains(&started.elapsed()), "{:?}", started.elapsed());
    holder.let_go();
    patient.await.unwrap().unwrap();
    store.ready().await.unwrap();
}
