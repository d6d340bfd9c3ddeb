//! The one thread that writes: what waits is written together and made durable by one sync.
//!
//! Each piece of work runs in a savepoint of its own, so that one that is refused leaves the others
//! standing; all are answered after the `COMMIT`, never before.

mod batch;
mod job;
mod pulse;
#[cfg(test)]
mod tests;

use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::StoreError;
use tokio::sync::{mpsc, oneshot};

use self::batch::Fate;
use self::job::{Job, Work};
use self::pulse::{Known, Pulse};
use crate::errors::{BatchError, Fault, NoWork, OpenError, Trouble};

/// Most pieces of work that are committed together.
const BATCH_UNITS_MAX: usize = 256;
/// Pieces of work after which the log is copied into the database. A payment's commit dirties a few
/// dozen pages of 4 KiB, so the log stays within some ten megabytes.
const CHECKPOINT_AFTER_UNITS: usize = 200;

/// How long the disk has for the write that proves it.
const PROOF_WITHIN: Duration = Duration::from_secs(2);

/// Called from the writer thread when the disk fails under the store, with the reason.
pub type OnFatal = Box<dyn Fn(&dyn Error) + Send + Sync>;

/// The way to the thread that writes. Dropping it waits for the work that was taken on.
pub(crate) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Work>>>,
    thread: Option<JoinHandle<()>>,
    pulse: Arc<Pulse>,
}

impl Writer {
    /// Starts the thread on a connection that is ready to write.
    pub(crate) fn start(conn: SqliteConnection, queue_units_max: usize, on_fatal: OnFatal) -> Result<Self, OpenError> {
        let (queue, work) = mpsc::channel(queue_units_max.max(1));
        let pulse = Arc::new(Pulse::default());
        let mut worker = Worker { conn, work, on_fatal, pulse: Arc::clone(&pulse), units_since_checkpoint: 0 };
        let thread = std::thread::Builder::new()
            .name("sqlite-writer".to_owned())
            .spawn(move || worker.run())
            .map_err(|source| OpenError::Thread { source })?;
        Ok(Self { queue: Some(queue), thread: Some(thread), pulse })
    }

    /// Whether what is written reaches the disk: known from a moment ago, else tried.
    pub(crate) async fn prove(&self) -> Result<(), Fault> {
        if self.queue.as_ref().is_none_or(mpsc::Sender::is_closed) {
            return Err(StoreError::unavailable(NoWork::WriterStopped).into());
        }
        match self.pulse.known() {
            Known::Well => return Ok(()),
            Known::Unwell => return Err(StoreError::unavailable(NoWork::WriteFailed).into()),
            Known::Nothing => {}
        }
        // A number of SQLite's for its users, which we have no use for: writing it writes a page, always.
        let beat = self.write(|conn| Ok(conn.batch_execute("PRAGMA user_version = 1")?));
        let beaten = tokio::time::timeout(PROOF_WITHIN, beat).await;
        beaten.map_err(|_elapsed| StoreError::unavailable(NoWork::TooSlow))??;
        self.pulse.beat();
        Ok(())
    }

    /// Has `apply` done by the writer, durably. Once queued it is done even if the caller goes away.
    pub(crate) async fn write<T, F>(&self, apply: F) -> Result<T, Fault>
    where
        T: Send + 'static,
        F: FnOnce(&mut SqliteConnection) -> Result<T, Fault> + Send + 'static,
    {
        let (reply, answer) = oneshot::channel();
        let queue = self.queue.as_ref().ok_or_else(|| StoreError::unavailable(NoWork::WriterStopped))?;
        queue.try_send(Box::new(Job::new(apply, reply))).map_err(|refused| {
            StoreError::unavailable(match refused {
                mpsc::error::TrySendError::Full(_) => NoWork::WritesWaiting,
                mpsc::error::TrySendError::Closed(_) => NoWork::WriterStopped,
            })
        })?;
        let unanswered = |_gone| Fault::Store(StoreError::CommitUnknown { source: NoWork::WriterStopped.into() });
        answer.await.map_err(unanswered)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.queue.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the SQLite writer thread panicked");
        }
    }
}

struct Worker {
    conn: SqliteConnection,
    work: mpsc::Receiver<Box<dyn Work>>,
    on_fatal: OnFatal,
    pulse: Arc<Pulse>,
    units_since_checkpoint: usize,
}

impl Worker {
    fn run(&mut self) {
        // A panic must not leave a store that looks alive and takes no writes.
        let stopped = catch_unwind(AssertUnwindSafe(|| self.serve()));
        if let Err(_panic) = stopped {
            self.die(&BatchError::new(NoWork::WriterPanicked));
        }
    }

    /// Serves until every handle is gone, or until the disk fails.
    fn serve(&mut self) {
        let mut units = Vec::new();
        while let Some(first) = self.work.blocking_recv() {
            units.push(first);
            while units.len() < BATCH_UNITS_MAX
                && let Ok(next) = self.work.try_recv()
            {
                units.push(next);
            }
            self.units_since_checkpoint = self.units_since_checkpoint.saturating_add(units.len());
            let fate = self.write(&mut units);
            units.drain(..).for_each(|unit| unit.answer(&fate));
            self.checkpoint();
        }
    }

    fn write(&mut self, units: &mut [Box<dyn Work>]) -> Fate {
        let Err(failure) = batch::write(&mut self.conn, units) else {
            return Fate::Written;
        };
        self.pulse.miss();
        let (trouble, error) = (Trouble::of(&failure.error), BatchError::new(failure.error));
        if trouble == Trouble::Broken {
            self.die(&error);
            return if failure.at_commit { Fate::Unknown(error) } else { Fate::NotWritten(error) };
        }
        tracing::warn!(?error, units = units.len(), "a batch of {} writes was rolled back", units.len());
        // SQLite may have rolled back by itself; then this one has nothing to do and says so.
        let _nothing_to_do = self.conn.batch_execute("ROLLBACK");
        Fate::NotWritten(error)
    }

    /// Copies the log into the database, after everybody was answered. A reader in the way leaves some
    /// of it for the next time.
    fn checkpoint(&mut self) {
        if self.units_since_checkpoint < CHECKPOINT_AFTER_UNITS {
            return;
        }
        self.units_since_checkpoint = 0;
        if let Err(error) = self.conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)") {
            match Trouble::of(&error) {
                Trouble::Broken => self.die(&BatchError::new(error)),
                Trouble::Passing | Trouble::Refused => tracing::warn!(?error, "could not copy the log: {error}"),
            }
        }
    }

    /// Takes no more work, tells the embedder, and answers what waits.
    fn die(&mut self, reason: &BatchError) {
        self.work.close();
        tracing::error!(?reason, "the SQLite store cannot go on: {reason}");
        (self.on_fatal)(reason);
        while let Ok(unit) = self.work.try_recv() {
            unit.answer(&Fate::NotWritten(BatchError::new(NoWork::WriterStopped)));
        }
    }
}
