//! What can go wrong with a file of SQLite, and which of the domain's errors it is.

use std::path::PathBuf;
use std::sync::Arc;

use diesel::result::{DatabaseErrorKind, Error as QueryError};
use mstore_pay_domain::ports::{CommitError, StoreError};
use thiserror::Error;

/// Why a store could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The file, or the lock beside it, cannot be opened.
    #[error("could not open {}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Another process, or another store in this one, has it open.
    #[error("could not take {}: another process has this store open", path.display())]
    InUse {
        /// The lock file.
        path: PathBuf,
    },
    /// SQLite does not open the database.
    #[error("could not connect to {}", path.display())]
    Connect {
        /// The database.
        path: PathBuf,
        /// Why.
        #[source]
        source: diesel::ConnectionError,
    },
    /// The database was migrated by a later version of this program.
    #[error("could not use the database: migration {version} is unknown to this version")]
    Newer {
        /// The first migration that is unknown.
        version: String,
    },
    /// The database was last migrated by an earlier version of this program.
    #[error("could not read the database as it is: migration {version} has not been run; `migrate` runs it")]
    Behind {
        /// The first migration that it lacks.
        version: String,
    },
    /// A migration failed; the ones before it stand.
    #[error("could not migrate the database")]
    Migrate {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database does not take its settings, or its leases could not be released.
    #[error("could not prepare the database")]
    Prepare {
        /// Why.
        #[source]
        source: QueryError,
    },
    /// A copy does not hold.
    #[error("could not trust the copy {}: {finding}", path.display())]
    Unsound {
        /// The copy.
        path: PathBuf,
        /// What SQLite finds wrong with it.
        finding: String,
    },
    /// A thread that writes or reads could not be started.
    #[error("could not start a thread of the store")]
    Thread {
        /// Why.
        #[source]
        source: std::io::Error,
    },
}

/// Why a piece of work inside the store stopped.
#[derive(Debug)]
pub(crate) enum Fault {
    /// SQLite said no.
    Query(QueryError),
    /// The store said no: a rotten cell, say.
    Store(StoreError),
    /// The unit of work is refused.
    Refused(CommitError),
}

impl From<QueryError> for Fault {
    fn from(error: QueryError) -> Self {
        Self::Query(error)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CommitError> for Fault {
    fn from(error: CommitError) -> Self {
        Self::Refused(error)
    }
}

impl From<Fault> for StoreError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Query(error) => match Trouble::of(&error) {
                Trouble::Broken | Trouble::Passing => Self::unavailable(error),
                Trouble::Refused => Self::query(error),
            },
            Fault::Store(error) | Fault::Refused(CommitError::Store(error)) => error,
            Fault::Refused(error) => Self::query(error),
        }
    }
}

impl From<Fault> for CommitError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Refused(error) => error,
            Fault::Query(_) | Fault::Store(_) => Self::Store(fault.into()),
        }
    }
}

/// How bad an error of SQLite is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The disk or the memory failed. After a failed write or sync nobody knows what the disk holds:
    /// only a fresh start from what is there is sound.
    Broken,
    /// Full or locked: nothing is wrong with what is stored, and it may pass. SQLite may have rolled the
    /// whole transaction back.
    Passing,
    /// This statement was refused, and nothing else is affected.
    Refused,
}

impl Trouble {
    /// Diesel passes on no result code but those of constraints, so the rest is told apart by
    /// SQLite's fixed messages for them (`sqlite3ErrStr` in its source).
    pub(crate) fn of(error: &QueryError) -> Self {
        let QueryError::DatabaseError(DatabaseErrorKind::Unknown, information) = error else {
            return Self::Refused;
        };
        match information.message() {
            "disk I/O error" | "out of memory" => Self::Broken,
            "database or disk is full"
            | "database is locked"
            | "database table is locked"
            | "attempt to write a readonly database"
            | "unable to open database file"
            | "locking protocol" => Self::Passing,
            _other => Self::Refused,
        }
    }
}

/// Why a whole batch was not written, shared by all that were in it.
#[derive(Debug, Clone, Error)]
#[error("could not write the batch")]
pub(crate) struct BatchError {
    #[source]
    source: Arc<dyn std::error::Error + Send + Sync>,
}

impl BatchError {
    pub(crate) fn new(source: impl std::error::Error + Send + Sync + 'static) -> Self {
        Self { source: Arc::new(source) }
    }
}

/// Why no work is taken on.
#[derive(Debug, Clone, Copy, Error)]
pub(crate) enum NoWork {
    #[error("too many writes are waiting")]
    WritesWaiting,
    #[error("too many reads are waiting")]
    ReadsWaiting,
    #[error("the store was opened to be read")]
    OnlyRead,
    #[error("the disk refused a write a moment ago")]
    WriteFailed,
    #[error("the disk did not take a write in time")]
    TooSlow,
    #[error("the writer has stopped")]
    WriterStopped,
    #[error("the writer panicked")]
    WriterPanicked,
    #[error("the readers have stopped")]
    ReadersStopped,
    #[error("the reader panicked")]
    ReaderPanicked,
}
