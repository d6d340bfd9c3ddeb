//! What becomes of reads when many come at once, one takes long, or one panics.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use mstore_pay_domain::ports::StoreError;
use tempfile::TempDir;
use tokio::task::JoinSet;

use super::{QUEUED_PER_THREAD_MAX, Readers};

/// Long enough to get a thread that is free on a busy machine, and no longer.
const HASTY: Duration = Duration::from_secs(1);

/// One thread that reads.
struct Bench {
    readers: Arc<Readers>,
    under_way: JoinSet<Result<usize, StoreError>>,
    /// How many reads that take no time were done.
    done: Arc<AtomicUsize>,
    _folder: TempDir,
}

impl Bench {
    fn new(wait_max: Option<Duration>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut readers = Readers::start(&folder.path().join("store.db"), 1).unwrap();
        readers.wait_max = wait_max.unwrap_or(readers.wait_max);
        Self { readers: Arc::new(readers), under_way: JoinSet::new(), done: Arc::default(), _folder: folder }
    }

    /// Reads that take no time, each of which gives its number.
    fn read(&mut self, numbers: std::ops::Range<usize>) {
        for number in numbers {
            let (readers, done) = (Arc::clone(&self.readers), Arc::clone(&self.done));
            let read = move |_conn: &mut _| {
                done.fetch_add(1, Ordering::SeqCst);
                Ok(number)
            };
            self.under_way.spawn(async move { readers.read(read).await });
        }
    }

    /// Ends when all places are taken.
    async fn full(&self) {
        while self.readers.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
    }

    /// A read, number 0, that has begun and ends when what is given is dropped.
    async fn read_for_long(&mut self) -> Sender<()> {
        let (let_go, gone) = channel::<()>();
        let (told, is_under_way) = tokio::sync::oneshot::channel();
        let readers = Arc::clone(&self.readers);
        self.under_way.spawn(async move {
            let read = readers.read(move |_conn| {
                told.send(()).unwrap();
                assert!(gone.recv().is_err());
                Ok(0)
            });
            read.await
        });
        is_under_way.await.unwrap();
        let_go
    }

    /// That so many were answered, each with its own.
    async fn check_answered(self, reads: usize) {
        let mut answers: Vec<usize> = self.under_way.join_all().await.into_iter().map(Result::unwrap).collect();
        answers.sort_unstable();
        assert_eq!(answers, (0..reads).collect::<Vec<_>>());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_reads_than_the_queue_holds_are_all_answered() {
    const READS: usize = 4 * QUEUED_PER_THREAD_MAX;
    let mut bench = Bench::new(None);
    let let_go = bench.read_for_long().await;
    bench.read(1..READS);
    bench.full().await;
    drop(let_go);
    bench.check_answered(READS).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_begun_with_in_time_is_told_so_and_what_was_begun_ends() {
    const READS: usize = 2 * QUEUED_PER_THREAD_MAX;
    let mut bench = Bench::new(Some(HASTY));
    let let_go = bench.read_for_long().await;
    bench.read(1..READS);
    for _ in 1..READS {
        let late = bench.under_way.join_next().await.unwrap().unwrap();
        assert!(matches!(late, Err(StoreError::Unavailable { .. })), "{late:?}");
    }
    drop(let_go);
    let done = Arc::clone(&bench.done);
    bench.check_answered(1).await;
    assert_eq!(done.load(Ordering::SeqCst), 0, "reads that nobody waited for");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_waits_for_any_more_is_not_read() {
    let mut bench = Bench::new(None);
    let let_go = bench.read_for_long().await;
    bench.read(1..QUEUED_PER_THREAD_MAX);
    bench.full().await;
    bench.under_way.abort_all();
    while bench.under_way.join_next().await.is_some() {}
    drop(let_go);
    bench.read(0..1);
    let done = Arc::clone(&bench.done);
    bench.check_answered(1).await;
    assert_eq!(done.load(Ordering::SeqCst), 1, "the last read and no other");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_read_that_panics_takes_neither_its_thread_nor_its_place() {
    let mut bench = Bench::new(None);
    for _ in 0..=QUEUED_PER_THREAD_MAX {
        let read = bench.readers.read(|_conn| -> Result<(), _> { panic!("on purpose") }).await;
        assert!(matches!(read, Err(StoreError::Query { .. })), "{read:?}");
    }
    bench.read(0..1);
    bench.check_answered(1).await;
}
