//! What can go wrong with a database that others share, and which of the domain's errors it is.

use diesel::result::{DatabaseErrorKind, Error as QueryError};
use mstore_pay_domain::ports::{CommitError, StoreError};
use thiserror::Error;

/// Why a store could not be opened.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is none of PostgreSQL's.
    #[error("could not read the URL of the database")]
    Url {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The database cannot be reached, or does not let us in.
    #[error("could not connect to the database")]
    Connect {
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
    /// The server speaks another language than English, by whose words its errors are told apart.
    #[error("could not use the database: it speaks another language ({said:?}); set lc_messages to C or en_US.UTF-8")]
    Language {
        /// What it said.
        said: String,
    },
    /// A migration failed; the ones before it stand.
    #[error("could not migrate the database")]
    Migrate {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The pool of connections could not be set up.
    #[error("could not prepare the connections")]
    Prepare {
        /// Why.
        #[source]
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// Why a piece of work inside the store stopped.
#[derive(Debug)]
pub(crate) enum Fault {
    /// PostgreSQL said no.
    Query(QueryError),
    /// The store said no: a rotten cell, say.
    Store(StoreError),
    /// The unit of work is refused.
    Refused(CommitError),
}

impl Fault {
    /// Whether a commit was sent and nobody knows what became of it.
    pub(crate) const fn is_in_doubt(&self) -> bool {
        matches!(self, Self::Store(StoreError::CommitUnknown { .. }))
    }

    /// Whether the database could not be asked.
    pub(crate) fn is_unavailable(&self) -> bool {
        match self {
            Self::Query(error) => matches!(Trouble::of(error), Trouble::Lost | Trouble::Passing),
            Self::Store(error) => matches!(error, StoreError::Unavailable { .. }),
            Self::Refused(_) => false,
        }
    }

    /// Whether nothing would fare better by itself than together with others.
    pub(crate) fn is_the_databases(&self) -> bool {
        match self {
            Self::Query(error) => Trouble::of(error) == Trouble::Lost,
            Self::Store(error) => matches!(error, StoreError::Unavailable { .. }),
            Self::Refused(_) => false,
        }
    }

    /// Whether the same again may do: others were in the way.
    pub(crate) fn is_contention(&self) -> bool {
        matches!(self, Self::Query(error) if Trouble::of(error) == Trouble::Contention)
    }
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
                Trouble::Lost | Trouble::Passing | Trouble::Contention => Self::unavailable(error),
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

/// How bad an error of PostgreSQL's is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The connection is gone, or as good as gone.
    Lost,
    /// Full, slow, starting or stopping: nothing is wrong with what is stored, and it may pass.
    Passing,
    /// Others were in the way: the same again may do.
    Contention,
    /// This statement was refused, and nothing else is affected.
    Refused,
}

impl Trouble {
    /// Diesel passes on no code but those of constraints, so the rest is told apart by PostgreSQL's
    /// messages (`errcodes.txt` and its uses in PostgreSQL's source), as a server speaks that was not
    /// told to speak another language.
    pub(crate) fn of(error: &QueryError) -> Self {
        match error {
            QueryError::DatabaseError(kind, information) => match kind {
                // Read-only: a primary that has become a standby.
                DatabaseErrorKind::ClosedConnection
                | DatabaseErrorKind::UnableToSendCommand
                | DatabaseErrorKind::ReadOnlyTransaction => Self::Lost,
                DatabaseErrorKind::SerializationFailure => Self::Contention,
                DatabaseErrorKind::Unknown => Self::by_message(information.message()),
                _constraint => Self::Refused,
            },
            QueryError::BrokenTransactionManager => Self::Lost,
            _not_of_the_database => Self::Refused,
        }
    }

    fn by_message(message: &str) -> Self {
        const LOST: [&str; 3] = ["terminating connection", "the database system is", "during recovery"];
        const PASSING: [&str; 7] = [
            "canceling statement due to",
            "could not extend file",
            "could not write to file",
            "No space left on device",
            "out of memory",
            "out of shared memory",
            "too many",
        ];
        if message == "deadlock detected" {
            Self::Contention
        } else if LOST.iter().any(|part| message.contains(part)) {
            Self::Lost
        } else if PASSING.iter().any(|part| message.contains(part)) {
            Self::Passing
        } else {
            Self::Refused
        }
    }

    /// Whether a commit that ended so may have happened. Only what PostgreSQL itself refuses, and a
    /// conflict with others, is sure not to have.
    pub(crate) fn leaves_commit_in_doubt(error: &QueryError) -> bool {
        match Self::of(error) {
            Self::Lost | Self::Passing => true,
            Self::Contention | Self::Refused => false,
        }
    }
}

/// Why several things that were to be done together were not, told to each of them.
#[derive(Debug, Clone, Error)]
#[error("could not do several things together")]
pub(crate) struct WithOthers(#[source] pub(crate) std::sync::Arc<StoreError>);

impl From<Fault> for WithOthers {
    fn from(fault: Fault) -> Self {
        Self(std::sync::Arc::new(fault.into()))
    }
}

/// Why no work is taken on, or was given up.
#[derive(Debug, Clone, Copy, Error)]
pub(crate) enum NoWork {
    #[error("no connection was free in time")]
    AllBusy,
    #[error("the database did not answer in time")]
    TooSlow,
}
