//! A few threads that only read, each with a connection of its own.
//!
//! They are the store's and not the runtime's: however many runtimes ask, few threads read, and whatever an allocator
//! keeps for each thread of what it once needed stays little.

#[cfg(test)]
mod tests;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::StoreError;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use crate::connection;
use crate::errors::{Fault, NoWork, OpenError};

/// Longest wait until a read begins; beyond it the store is too busy to answer.
const WAIT_MAX: Duration = Duration::from_secs(5);

/// Reads of each thread in the queue, with the one that it does: whoever has done one goes on with the next, and nobody
/// has to be woken in between.
const QUEUED_PER_THREAD_MAX: usize = 4;

/// What one of them is to do.
type Job = Box<dyn FnOnce(&mut Reader) + Send>;

/// The threads that read. Dropping them waits for what is being read.
pub(crate) struct Readers {
    queue: Option<Sender<Job>>,
    places: Arc<Semaphore>,
    wait_max: Duration,
    threads: Vec<JoinHandle<()>>,
}

/// What one thread reads by.
struct Reader {
    path: PathBuf,
    /// Opened when it is first needed, and after an error anew.
    conn: Option<SqliteConnection>,
}

impl Readers {
    /// So many threads; one at least.
    pub(crate) fn start(path: &Path, count: usize) -> Result<Self, OpenError> {
        let count = count.max(1);
        let places = count.saturating_mul(QUEUED_PER_THREAD_MAX).min(Semaphore::MAX_PERMITS);
        let (queue, jobs) = mpsc::channel();
        let jobs = Arc::new(Mutex::new(jobs));
        let started = (0..count).map(|number| {
            let (jobs, mut reader) = (Arc::clone(&jobs), Reader { path: path.to_owned(), conn: None });
            let named = thread::Builder::new().name(format!("sqlite-reader-{number}"));
            named.spawn(move || reader.serve(&jobs)).map_err(|source| OpenError::Thread { source })
        });
        let threads = started.collect::<Result<_, _>>()?;
        Ok(Self { queue: Some(queue), places: Arc::new(Semaphore::new(places)), wait_max: WAIT_MAX, threads })
    }

    /// Reads, seeing one state of the database from beginning to end.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Fault> + Send + 'static,
    {
        let until = Instant::now() + self.wait_max;
        let place = timeout_at(until, Arc::clone(&self.places).acquire_owned())
            .await
            .map_err(|_elapsed| StoreError::unavailable(NoWork::ReadsWaiting))?
            .map_err(StoreError::unavailable)?;
        let (reply, mut answer) = oneshot::channel();
        let is_taken = Arc::new(AtomicBool::new(false));
        let job: Job = {
            let is_taken = Arc::clone(&is_taken);
            Box::new(move |reader| {
                // Whoever asked has given up, or gone away.
                if is_taken.swap(true, Ordering::SeqCst) || reply.is_closed() {
                    return;
                }
                let outcome = reader.read(read);
                drop(place);
                let _heard = reply.send(outcome);
            })
        };
        let queue = self.queue.as_ref().ok_or_else(|| StoreError::unavailable(NoWork::ReadersStopped))?;
        queue.send(job).map_err(|_unsent| StoreError::unavailable(NoWork::ReadersStopped))?;
        let answered = match timeout_at(until, &mut answer).await {
            Ok(answered) => answered,
            // It has begun, and ends when it ends.
            Err(_elapsed) if is_taken.swap(true, Ordering::SeqCst) => answer.await,
            Err(_elapsed) => return Err(StoreError::unavailable(NoWork::ReadsWaiting)),
        };
        answered.map_err(|_unanswered| StoreError::query(NoWork::ReaderPanicked))?
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        drop(self.queue.take());
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a thread that reads from SQLite panicked");
            }
        }
    }
}

impl Reader {
    /// Serves until the store is dropped.
    fn serve(&mut self, jobs: &Mutex<Receiver<Job>>) {
        loop {
            let next = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok(job) = next else { return };
            // A read that panics takes its connection with it, and no thread.
            if catch_unwind(AssertUnwindSafe(|| job(self))).is_err() {
                self.conn = None;
            }
        }
    }

    fn read<T>(&mut self, read: impl FnOnce(&mut SqliteConnection) -> Result<T, Fault>) -> Result<T, StoreError> {
        let mut conn = match self.conn.take() {
            Some(conn) => conn,
            None => connection::reader(&self.path).map_err(StoreError::unavailable)?,
        };
        let outcome = conn.transaction(read);
        // After an error of SQLite's the connection may be upset; the next read opens another.
        if !matches!(outcome, Err(Fault::Query(_))) {
            self.conn = Some(conn);
        }
        outcome.map_err(StoreError::from)
    }
}
