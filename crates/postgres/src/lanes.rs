//! Units of work on their way to the disk, several at a time.
//!
//! A commit costs the disk the same whatever is in it, and a statement costs the server much before its first row. So units
//! that come while others are being committed wait for these and are then committed by one transaction. Where nobody else is
//! at work a unit goes at once and alone. Each has its lane by what it rests on, so that two units of one order are never
//! under way in two lanes. Whoever commits is answered when its own rows are durable.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, Processor};
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_domain::unit_of_work::UnitOfWork;
use thiserror::Error;

use crate::errors::{Fault, Trouble};
use crate::presence::Presence;
use crate::sessions::{Session, Sessions};
use crate::write;

/// As many commits are under way at once. While one waits for the disk, others have their rows written; more of them would
/// each have fewer units.
const LANES: u64 = 2;
/// Units of one commit at most: as many rows as one statement takes.
const UNITS_MAX: usize = 16;
/// Units of one lane that wait; beyond it each is on its own, which bounds how many wait there.
const WAITING_MAX: usize = 256;

/// Where units are committed together.
pub(crate) struct Lanes(Batcher<Committing>);

impl Lanes {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: Arc<Sessions>, presence: Arc<Presence>) -> Self {
        let limits =
            Limits::builder().max_batch_size(UNITS_MAX).max_key_concurrency(1).max_key_queued_items(WAITING_MAX);
        let batcher = Batcher::builder().name("units of work").limits(limits.build());
        let committing = Committing { sessions, presence };
        Self(batcher.processor(committing).batching_policy(BatchingPolicy::Immediate).build())
    }

    /// What became of a unit that went with others; nothing, if it is to go by itself.
    pub(crate) async fn commit(&self, work: &UnitOfWork) -> Option<Result<(), Fault>> {
        if !write::is_plain(work) {
            return None;
        }
        match self.0.add(lane(work), work.clone()).await {
            Ok(Outcome::Committed) => Some(Ok(())),
            Ok(Outcome::Alone) | Err(BatchError::Rejected(_) | BatchError::Tx) => None,
            Ok(Outcome::Unknown(source)) => Some(Err(StoreError::CommitUnknown { source: source.into() }.into())),
            Err(BatchError::BatchFailed(failure) | BatchError::ResourceAcquisitionFailed(failure)) => {
                Some(Err(StoreError::unavailable(failure).into()))
            }
            // It ended without a word: nobody knows how far it came.
            Err(error) => Some(Err(StoreError::CommitUnknown { source: error.into() }.into())),
        }
    }
}

fn lane(work: &UnitOfWork) -> u64 {
    let mut hasher = DefaultHasher::new();
    match (work.orders_read.first(), work.payments.first()) {
        (Some(read), _) => (&read.merchant, &read.order_code).hash(&mut hasher),
        (None, Some(write)) => (&write.payment.merchant, &write.payment.order_code).hash(&mut hasher),
        (None, None) => {}
    }
    hasher.finish() % LANES
}

#[derive(Clone)]
struct Committing {
    sessions: Arc<Sessions>,
    presence: Arc<Presence>,
}

/// What became of a unit.
enum Outcome {
    Committed,
    /// Nothing: it did not go with others.
    Alone,
    /// Nobody knows.
    Unknown(Arc<StoreError>),
}

/// Why none of several units was committed.
#[derive(Debug, Clone, Error)]
#[error("could not commit several units of work")]
struct Failure(#[source] Arc<StoreError>);

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self(Arc::new(fault.into()))
    }
}

impl Processor for Committing {
    type Key = u64;
    type Input = UnitOfWork;
    type Output = Outcome;
    type Error = Failure;
    type Resources = Session;

    async fn acquire_resources(&self, _lane: u64) -> Result<Session, Failure> {
        Ok(self.sessions.unit().await?)
    }

    async fn process(
        &self,
        _lane: u64,
        units: impl Iterator<Item = UnitOfWork> + Send,
        session: Session,
    ) -> Result<Vec<Outcome>, Failure> {
        let units: Vec<UnitOfWork> = units.collect();
        let work = async {
            let together: Vec<&UnitOfWork> = units.iter().collect();
            let outcome = write::apply_together(&session, &together, self.presence.number()).await;
            Ok((session, outcome))
        };
        let (session, outcome) = self.sessions.bounded(work).await?;
        let alone = || units.iter().map(|_| Outcome::Alone).collect();
        let applied = match outcome {
            Ok(applied) if applied.contains(&true) => applied,
            // One of them met something, or all of them did: each goes on by itself and learns what it was.
            Ok(_none) => {
                return end(session, Err(CommitError::Conflict { current: None }.into())).await.map(|_ended| alone());
            }
            Err(fault) => return end(session, Err(fault)).await.map(|_ended| alone()),
        };
        let ended = end(session, Ok(())).await?;
        let outcome = |applied: bool| match &ended {
            Ended::Well if applied => Outcome::Committed,
            Ended::InDoubt(error) if applied => Outcome::Unknown(Arc::clone(error)),
            Ended::Well | Ended::InDoubt(_) | Ended::NotDone => Outcome::Alone,
        };
        Ok(applied.into_iter().map(outcome).collect())
    }
}

/// How a transaction ended.
enum Ended {
    Well,
    InDoubt(Arc<StoreError>),
    NotDone,
}

/// Commits what went well and rolls back what did not. It fails where no unit would fare better by itself.
async fn end(session: Session, outcome: Result<(), Fault>) -> Result<Ended, Failure> {
    match session.finish(outcome).await {
        Ok(()) => Ok(Ended::Well),
        Err(fault) if fault.is_in_doubt() => Ok(Ended::InDoubt(Arc::new(fault.into()))),
        Err(fault) if is_the_databases(&fault) => Err(fault.into()),
        Err(_of_one_of_them) => Ok(Ended::NotDone),
    }
}

/// Whether no unit would fare better by itself.
fn is_the_databases(fault: &Fault) -> bool {
    match fault {
        Fault::Query(error) => Trouble::of(error) == Trouble::Lost,
        Fault::Store(error) => matches!(error, StoreError::Unavailable { .. }),
        Fault::Refused(_) => false,
    }
}
