//! What a store can answer beside what it was asked.

use thiserror::Error;

use crate::ids::PaymentId;
use crate::payment::Revision;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A store that could not do what it was asked.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoreError {
    /// It cannot be reached, or is too busy to answer in time. Nothing was written.
    #[error("could not reach the store")]
    Unavailable {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A stored value is not what was ever written.
    #[error("could not read {table}.{column} of {id}")]
    Corrupt {
        /// Where.
        table: &'static str,
        /// Which cell.
        column: &'static str,
        /// Of which row.
        id: String,
        /// Why.
        #[source]
        source: BoxError,
    },
    /// It refused what it was asked for a reason of its own; nothing was written.
    #[error("could not complete the query")]
    Query {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The commit may or may not have happened. Read again before deciding.
    #[error("could not learn whether the commit happened")]
    CommitUnknown {
        /// Why.
        #[source]
        source: BoxError,
    },
}

impl StoreError {
    /// A store out of reach.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable { source: source.into() }
    }

    /// A refused query.
    pub fn query(source: impl Into<BoxError>) -> Self {
        Self::Query { source: source.into() }
    }

    /// A rotten cell: which one, of which row, and why.
    pub fn corrupt(
        table: &'static str,
        column: &'static str,
        id: &(impl std::fmt::Display + ?Sized),
        source: impl Into<BoxError>,
    ) -> Self {
        Self::Corrupt { table, column, id: id.to_string(), source: source.into() }
    }
}

/// Why a unit of work was not committed. Nothing of it was written.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CommitError {
    /// Something was written since it was read: read again and decide again.
    #[error("could not commit on an outdated revision")]
    Conflict {
        /// The stored revision, where the store knows it.
        current: Option<Revision>,
    },
    /// Another payment holds the order's one displayed charge.
    #[error("could not hold the order: another payment does")]
    OrderHeld {
        /// Which.
        by: PaymentId,
    },
    /// The idempotency key is in use.
    #[error("could not take the idempotency key: it is in use")]
    KeyTaken,
    /// A reference, receipt or id exists that must be unique.
    #[error("could not commit: {what} exists")]
    Duplicate {
        /// What exists.
        what: &'static str,
    },
    /// The lease has passed to somebody else.
    #[error("could not commit: the lease is lost")]
    LeaseLost,
    /// The store failed.
    #[error("could not commit")]
    Store(#[from] StoreError),
}
