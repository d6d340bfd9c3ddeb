//! A commit whose answer is lost is neither lost nor done twice.

use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::{CommitError, PaymentRepository, StoreError, Timeline};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::PostgresStore;
use mstore_pay_throwaway_postgres::Cluster;

use crate::fixtures::{options, payment, unit};
use crate::proxy::{Cut, Proxy};

async fn stores(cluster: &Cluster) -> (Proxy, PostgresStore, PostgresStore) {
    let proxy = Proxy::before(cluster.socket_folder());
    let direct = PostgresStore::connect(&cluster.url("postgres"), options()).await.unwrap();
    let over_proxy = PostgresStore::connect(&proxy.url("postgres"), options()).await.unwrap();
    (proxy, over_proxy, direct)
}

async fn check(cut: Cut) {
    let cluster = Cluster::start(&[]);
    let (proxy, store, direct) = stores(&cluster).await;
    let ids = SequentialIds::default();
    let mut payment = payment(&ids);
    for revision in 1..=3 {
        proxy.cut(cut, false);
        store.commit(&unit(&payment, Due::Never)).await.unwrap();
        assert!(proxy.has_cut(), "{cut:?}");
        payment = direct.payment(&payment.merchant, &payment.id).await.unwrap().unwrap();
        assert_eq!((payment.revision.number(), payment.audit.seq), (revision, revision), "{cut:?}");
        let last = direct.records(&payment.id).await.unwrap().last().map(|record| record.seq);
        assert_eq!(last, Some(revision), "{cut:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_is_cut_off_happens_once() {
    check(Cut::Never).await;
    check(Cut::BeforeCommit).await;
    check(Cut::AfterCommit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_that_cannot_be_looked_into_is_of_unknown_outcome() {
    let cluster = Cluster::start(&[]);
    let ((proxy, store, direct), ids) = (stores(&cluster).await, SequentialIds::default());
    for (cut, happened) in [(Cut::BeforeCommit, false), (Cut::AfterCommit, true)] {
        // A connection is at hand; after the cut there is no other.
        store.ready().await.unwrap();
        proxy.cut(cut, true);
        let payment = payment(&ids);
        let outcome = store.commit(&unit(&payment, Due::Never)).await;
        assert!(matches!(outcome, Err(CommitError::Store(StoreError::CommitUnknown { .. }))), "{cut:?}: {outcome:?}");
        let stored = direct.payment(&payment.merchant, &payment.id).await.unwrap();
        assert_eq!(stored.is_some(), happened, "{cut:?}");
        proxy.cut(Cut::Never, false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_others_overtook_while_its_line_was_cut_is_refused() {
    let cluster = Cluster::start(&[]);
    let (proxy, store, direct) = stores(&cluster).await;
    let payment = payment(&SequentialIds::default());
    direct.commit(&unit(&payment, Due::Never)).await.unwrap();
    let read = direct.payment(&payment.merchant, &payment.id).await.unwrap().unwrap();
    direct.commit(&unit(&read, Due::Never)).await.unwrap();
    proxy.cut(Cut::BeforeCommit, false);
    let outcome = store.commit(&unit(&read, Due::Never)).await;
    assert!(matches!(outcome, Err(CommitError::Conflict { .. })), "{outcome:?}");
}
