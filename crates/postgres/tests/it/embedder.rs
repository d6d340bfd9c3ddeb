//! Units of work within a transaction of somebody else's.

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use mstore_pay_domain::ports::{CommitError, PaymentRepository, StoreError};
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::PostgresStore;

use crate::fixtures::{Site, unit};

async fn execute(conn: &mut AsyncPgConnection, sql: &str) {
    conn.batch_execute(sql).await.unwrap();
}

async fn with_books(site: &Site) -> AsyncPgConnection {
    site.run("CREATE TABLE books (entry TEXT PRIMARY KEY)");
    AsyncPgConnection::establish(&site.database.url()).await.unwrap()
}

async fn check(end: &str, want: (&str, bool)) {
    let site = Site::new();
    let (store, mut conn) = (site.open().await, with_books(&site).await);
    let payment = site.payment();
    execute(&mut conn, "BEGIN; INSERT INTO books VALUES ('sold')").await;
    PostgresStore::commit_in(&mut conn, &unit(&payment, Due::Never)).await.unwrap();
    assert_eq!(store.payment(&payment.merchant, &payment.id).await.unwrap(), None, "not before {end}");
    execute(&mut conn, end).await;
    let stored = store.payment(&payment.merchant, &payment.id).await.unwrap().is_some();
    assert_eq!((site.run("SELECT count(*) FROM books").as_str(), stored), want, "{end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_is_there_exactly_if_the_embedders_own_rows_are() {
    check("COMMIT", ("1", true)).await;
    check("ROLLBACK", ("0", false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_transaction_nothing_is_written() {
    let site = Site::new();
    let (store, mut conn) = (site.open().await, with_books(&site).await);
    let payment = site.payment();
    let refused = PostgresStore::commit_in(&mut conn, &unit(&payment, Due::Never)).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Query { .. }))), "{refused:?}");
    assert_eq!(store.payment(&payment.merchant, &payment.id).await.unwrap(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_unit_leaves_nothing_and_lets_the_embedder_go_on() {
    let site = Site::new();
    let (store, mut conn) = (site.open().await, with_books(&site).await);
    let payment = site.payment();
    let work = unit(&payment, Due::Never);
    store.commit(&work).await.unwrap();
    let refused = conn
        .transaction(async |conn| {
            let refused = PostgresStore::commit_in(conn, &work).await;
            conn.batch_execute("INSERT INTO books VALUES ('sold')").await?;
            Ok::<_, diesel::result::Error>(refused)
        })
        .await
        .unwrap();
    assert!(matches!(refused, Err(CommitError::Conflict { .. } | CommitError::Duplicate { .. })), "{refused:?}");
    assert_eq!(site.run("SELECT count(*) FROM books"), "1");
    assert_eq!(store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap().revision.number(), 1);
}
