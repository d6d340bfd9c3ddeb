//! What becomes of work when the disk is full, the file cannot be written, or the writer ends.

use std::error::Error;
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::result::DatabaseErrorKind;
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_tables::schema::payment_bodies;
use mstore_pay_tables::types::Micros;
use tempfile::TempDir;

use crate::errors::Fault;
use crate::{Options, SqliteStore};

struct Bench {
    store: SqliteStore,
    fatal: Receiver<String>,
    folder: TempDir,
}

fn bench(queue_units_max: usize) -> Bench {
    let folder = tempfile::tempdir().unwrap();
    let (tell, fatal) = channel();
    let tell = Mutex::new(tell);
    let on_fatal = Box::new(move |reason: &dyn Error| {
        let told = tell.lock().map(|tell| tell.send(reason.to_string()));
        drop(told);
    });
    let options = Options { on_fatal, queue_units_max, ..Options::default() };
    let store = SqliteStore::open(folder.path().join("store.db"), options).unwrap();
    Bench { store, fatal, folder }
}

/// Writes a body of that many bytes, under a digest of that byte.
async fn write_body(store: &SqliteStore, digest: u8, bytes: usize) -> Result<(), StoreError> {
    let insert = move |conn: &mut SqliteConnection| {
        let kept_at = payment_bodies::kept_at.eq(Micros(0));
        diesel::insert_into(payment_bodies::table)
            .values((payment_bodies::digest.eq(vec![digest; 32]), payment_bodies::body.eq(vec![0; bytes]), kept_at))
            .execute(conn)?;
        Ok(())
    };
    store.write(insert).await.map_err(StoreError::from)
}

async fn set(store: &SqliteStore, pragma: &'static str) {
    store.write(move |conn| Ok(conn.batch_execute(pragma)?)).await.map_err(StoreError::from).unwrap();
}

async fn bodies(store: &SqliteStore) -> i64 {
    store.read(|conn| Ok(payment_bodies::table.count().get_result(conn)?)).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_unavailable_until_there_is_room() {
    let bench = bench(64);
    set(&bench.store, "PRAGMA max_page_count = 1").await;
    let refused = write_body(&bench.store, 1, 100_000).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert_eq!(bodies(&bench.store).await, 0);
    set(&bench.store, "PRAGMA max_page_count = 1000000").await;
    write_body(&bench.store, 1, 100_000).await.unwrap();
    assert_eq!(bodies(&bench.store).await, 1);
    assert!(bench.fatal.try_recv().is_err(), "a full disk is no broken one");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_writes_once_and_then_believes_it() {
    let bench = bench(64);
    let log = bench.folder.path().join("store.db-wal");
    let length = || std::fs::metadata(&log).map(|log| log.len()).unwrap_or_default();
    let before = length();
    bench.store.ready().await.unwrap();
    let proven = length();
    assert!(proven > before, "{before} bytes and still {proven}");
    for _again in 0..100 {
        bench.store.ready().await.unwrap();
    }
    assert_eq!(length(), proven);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_whose_disk_refused_a_write_is_not_ready() {
    let bench = bench(64);
    bench.store.ready().await.unwrap();
    set(&bench.store, "PRAGMA max_page_count = 1").await;
    drop(write_body(&bench.store, 1, 100_000).await);
    let not_ready = bench.store.ready().await;
    assert!(matches!(not_ready, Err(StoreError::Unavailable { .. })), "{not_ready:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_was_never_written_to_is_not_ready_on_a_disk_that_refuses() {
    let bench = bench(64);
    set(&bench.store, "PRAGMA query_only = ON").await;
    let not_ready = bench.store.ready().await;
    assert!(matches!(not_ready, Err(StoreError::Unavailable { .. })), "{not_ready:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_be_written_is_unavailable() {
    let bench = bench(64);
    write_body(&bench.store, 1, 1).await.unwrap();
    set(&bench.store, "PRAGMA query_only = ON").await;
    let refused = write_body(&bench.store, 2, 1).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert_eq!(bodies(&bench.store).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_unit_leaves_the_others_of_its_batch_standing() {
    let bench = bench(64);
    let units = (0..20).map(|n| {
        let (store, digest) = (bench.store.clone(), n / 2);
        tokio::runtime::Handle::current().spawn(async move { write_body(&store, digest, 1).await })
    });
    let mut written = 0;
    for unit in units.collect::<Vec<_>>() {
        match unit.await.unwrap() {
            Ok(()) => written += 1,
            Err(error) => assert!(matches!(error, StoreError::Query { .. }), "{error:?}"),
        }
    }
    assert_eq!((written, bodies(&bench.store).await), (10, 10));
}

#[tokio::test(flavor = "multi_thread")]
async fn work_beyond_the_queue_is_unavailable_at_once() {
    let bench = bench(1);
    let (go, wait) = channel::<()>();
    let (entered, inside) = channel();
    let store = bench.store.clone();
    let slow = tokio::runtime::Handle::current().spawn(async move {
        let hold = move |_conn: &mut SqliteConnection| {
            entered.send(()).unwrap();
            wait.recv().unwrap();
            Ok(())
        };
        store.write(hold).await.map_err(StoreError::from)
    });
    inside.recv().unwrap();
    let queued = write_body(&bench.store, 1, 1);
    let mut queued = Box::pin(queued);
    assert!(futures_poll_once(&mut queued).await.is_none(), "one may wait");
    let refused = write_body(&bench.store, 2, 1).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    go.send(()).unwrap();
    slow.await.unwrap().unwrap();
    queued.await.unwrap();
    assert_eq!(bodies(&bench.store).await, 1);
}

/// Lets a future run until it first waits.
async fn futures_poll_once<T>(future: &mut (impl Future<Output = T> + Unpin)) -> Option<T> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match std::pin::Pin::new(&mut *future).poll(context) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        })
    })
    .await
}

fn disk_error() -> Fault {
    Fault::Query(diesel::result::Error::DatabaseError(
        DatabaseErrorKind::Unknown,
        Box::new("disk I/O error".to_owned()),
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_disk_is_fatal_and_nothing_is_written_afterwards() {
    let bench = bench(64);
    let failed = bench.store.write(|_conn| Err::<(), _>(disk_error())).await.map_err(CommitError::from);
    assert!(matches!(failed, Err(CommitError::Store(StoreError::Unavailable { .. }))), "{failed:?}");
    assert_eq!(bench.fatal.recv().unwrap(), "could not write the batch");
    let refused = write_body(&bench.store, 1, 1).await;
    assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
    assert!(bench.store.ready().await.is_err());
    assert_eq!(bodies(&bench.store).await, 0, "reading goes on");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_of_the_writer_is_fatal_and_answers_unknown() {
    let bench = bench(64);
    let broken: Arc<dyn Fn() + Send + Sync> = Arc::new(|| panic!("a bug"));
    let outcome = bench
        .store
        .write(move |_conn| {
            broken();
            Ok(())
        })
        .await
        .map_err(StoreError::from);
    assert!(matches!(outcome, Err(StoreError::CommitUnknown { .. })), "{outcome:?}");
    bench.fatal.recv().unwrap();
    assert!(matches!(write_body(&bench.store, 1, 1).await, Err(StoreError::Unavailable { .. })));
}
