//! Transactions that are written at the same time.

use std::time::{Duration, Instant};

use diesel_async::{AsyncConnection, AsyncPgConnection, SimpleAsyncConnection};
use mstore_pay_domain::ports::{CommitError, PaymentRepository};
use mstore_pay_domain::unit_of_work::{Due, UnitOfWork};
use tokio::time::sleep;

use crate::fixtures::Site;
use crate::together::{commit_all, payment_of, sale};

/// For so long a transaction of units that go together waits for a key that somebody else holds (`lock_timeout` of the store).
const KEY_WAIT: Duration = Duration::from_millis(250);
const TRIES: usize = 20;

fn sale_of(site: &Site, order: &str) -> UnitOfWork {
    sale(site, &payment_of(site, order), Due::Never)
}

/// Whether so many units are committed while one that came before them waits for a key. They may be
/// too late for that now and then, by a slow machine or where too few of them were taken up, but never too early, since
/// whoever came first writes first.
async fn check(units: usize, are_beside: bool) {
    let site = Site::new();
    let (store, url) = (site.open().await, site.database.url());
    let mut conn = AsyncPgConnection::establish(&url).await.unwrap();
    let mut was_beside = false;
    for number in 0..TRIES {
        let taken = sale_of(&site, &format!("TAKEN-{number}"));
        store.commit(&taken).await.unwrap();
        let mut stuck = sale_of(&site, &format!("STUCK-{number}"));
        stuck.idempotency.clone_from(&taken.idempotency);
        let held = format!("BEGIN; SELECT 1 FROM idempotency_keys WHERE key = 'TAKEN-{number}' FOR UPDATE");
        conn.batch_execute(&held).await.unwrap();
        let others: Vec<UnitOfWork> = (0..units).map(|n| sale_of(&site, &format!("OTHER-{number}-{n}"))).collect();
        let began = Instant::now();
        let beside = async {
            sleep(KEY_WAIT / 10).await;
            for committed in commit_all(&store, &others).await {
                committed.unwrap();
            }
            let took = began.elapsed();
            conn.batch_execute("ROLLBACK").await.unwrap();
            took
        };
        let (committed, took) = tokio::join!(biased; store.commit(&stuck), beside);
        assert!(matches!(committed, Err(CommitError::KeyTaken)), "{committed:?}");
        was_beside |= took < KEY_WAIT;
    }
    assert_eq!(was_beside, are_beside, "{units} units");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_units_are_written_beside_one_that_waits() {
    check(24, true).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn few_units_wait_for_the_one_that_is_written() {
    check(4, false).await;
}
