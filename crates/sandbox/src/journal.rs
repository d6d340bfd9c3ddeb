//! The journal: every entry on disk, fsynced, before the call that made it is answered.
//!
//! Entries are handed over in the order they were applied, under the lock of the books. One thread writes what has
//! gathered and syncs once for all of it, so that many calls share one fsync.

mod file;
mod writer;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc;

use tokio::sync::watch;

use crate::error::SandboxError;
use crate::ledger::{Books, Entry};

/// A place in the journal: entries up to it count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mark(u64);

/// An entry on its way to the disk; none if it could not be put into words, which ends the journal.
pub(crate) type Line = (Mark, Option<Vec<u8>>);

/// How far the journal is safe on disk, or that it never will be again.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Durable {
    UpTo(Mark),
    Broken,
}

/// The disk refused; the sandbox must not acknowledge anything any more.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the journal could not be written")]
pub(crate) struct JournalBroken;

/// The writing end of the journal.
#[derive(Debug)]
pub(crate) enum Journal {
    /// No state file: nothing to wait for.
    Memory,
    /// A thread owns the file.
    File { lines: mpsc::Sender<Line>, written: AtomicU64, durable: watch::Receiver<Durable> },
}

impl Journal {
    /// Reads what the state file holds, rewrites it without history, and opens it for more.
    pub(crate) fn open(path: Option<&Path>) -> Result<(Self, Books), SandboxError> {
        let Some(path) = path else {
            return Ok((Self::Memory, Books::default()));
        };
        let lock = file::lock(path)?;
        let books = file::replay(path)?;
        let handle = file::compact(path, &books)?;
        let (lines, received) = mpsc::channel();
        let (progress, durable) = watch::channel(Durable::UpTo(Mark(0)));
        writer::spawn(lock, handle, received, progress)
            .map_err(|source| SandboxError::State { path: path.to_owned(), source })?;
        let journal = Self::File { lines, written: AtomicU64::new(0), durable };
        Ok((journal, books))
    }

    /// Hands an entry to the writer. Call it in the order of the changes.
    pub(crate) fn append(&self, entry: &Entry) {
        let Self::File { lines, written, .. } = self else {
            return;
        };
        let mark = Mark(written.fetch_add(1, Ordering::SeqCst) + 1);
        let line = serde_json::to_vec(entry).ok();
        // A writer that is gone has said so through `durable` before it went.
        lines.send((mark, line)).ok();
    }

    /// Where the journal ends now.
    pub(crate) fn mark(&self) -> Mark {
        match self {
            Self::Memory => Mark(0),
            Self::File { written, .. } => Mark(written.load(Ordering::SeqCst)),
        }
    }

    pub(crate) fn end(&self) -> JournalEnd {
        JournalEnd(match self {
            Self::Memory => None,
            Self::File { durable, .. } => Some(durable.clone()),
        })
    }

    /// Waits until everything up to `mark` would survive a crash.
    pub(crate) async fn durable(&self, mark: Mark) -> Result<(), JournalBroken> {
        let Self::File { durable, .. } = self else {
            return Ok(());
        };
        let mut durable = durable.clone();
        let state = durable
            .wait_for(|state| match state {
                Durable::UpTo(reached) => *reached >= mark,
                Durable::Broken => true,
            })
            .await
            .map_err(|_writer_gone: watch::error::RecvError| JournalBroken)?;
        match *state {
            Durable::UpTo(_) => Ok(()),
            Durable::Broken => Err(JournalBroken),
        }
    }
}

/// Tells when the journal was written to its end and its file let go.
#[derive(Debug)]
pub(crate) struct JournalEnd(Option<watch::Receiver<Durable>>);

impl JournalEnd {
    pub(crate) async fn closed(&mut self) {
        if let Some(durable) = &mut self.0 {
            // The writer drops its end last of all.
            while durable.changed().await.is_ok() {}
        }
    }
}
