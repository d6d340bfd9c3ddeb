//! Units of work on their way to the disk, several at a time.
//!
//! A commit costs the disk the same whatever is in it, and a statement costs the server much before its first row. So units
//! that come while others are being written wait for these and are then written by one transaction. Where nobody else is
//! at work a unit goes at once and alone. While one transaction waits for the disk the next is written, of as many as came
//! meanwhile and have room, and where many wait [another beside it](turns). Units of one order hardly meet, since whoever decides
//! on it waits for its commit; if they do, the order's lock decides. Whoever commits is answered when its own rows are durable.

mod turns;

use std::sync::Arc;
use std::time::Duration;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, Processor};
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_domain::unit_of_work::UnitOfWork;

use self::turns::{Place, Queue, Turn, Turns};
use crate::errors::{Fault, WithOthers};
use crate::presence::Presence;
use crate::sessions::{Session, Sessions};
use crate::waiting::{Waiting, in_place, with_others};
use crate::write;

/// Transactions under way: two that are being written at the most, and others that wait for the disk.
const TRANSACTIONS_MAX: usize = 3;
/// The same where there are few connections: one that is being written, and one before it that waits for the disk.
const TRANSACTIONS_MIN: usize = 2;
/// Units of one transaction at most.
const UNITS_MAX: usize = 32;
/// Units that wait; beyond it each is on its own, which bounds how many wait there.
const WAITING_MAX: usize = 256;

/// Where units are committed together.
pub(crate) struct Lane {
    batcher: Batcher<Committing>,
    queue: Queue,
    wait_max: Duration,
}

impl Lane {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: Arc<Sessions>, presence: Arc<Presence>, wait_max: Duration) -> Self {
        // There is a third only where that leaves a connection to what goes by itself.
        let transactions = TRANSACTIONS_MAX.min(sessions.writers_max().saturating_sub(1)).max(TRANSACTIONS_MIN);
        let limits = Limits::builder().max_batch_size(UNITS_MAX).max_key_concurrency(transactions);
        let limits = limits.max_key_queued_items(WAITING_MAX).build();
        let queue = Queue::new();
        let committing = Committing { sessions, presence, turns: Turns::of(queue.clone()) };
        let batcher = Batcher::builder().name("units of work").limits(limits).processor(committing);
        Self { batcher: batcher.batching_policy(BatchingPolicy::Immediate).build(), queue, wait_max }
    }

    /// What became of a unit that went with others; nothing, if it is to go by itself.
    pub(crate) async fn commit(&self, work: &UnitOfWork) -> Option<Result<(), Fault>> {
        if !write::is_plain(work) {
            return None;
        }
        let queued = Queued { work: work.clone(), _place: self.queue.enter() };
        match with_others(&self.batcher, queued, self.wait_max).await? {
            Ok(Outcome::Committed) => Some(Ok(())),
            // Whoever found no connection may have waited for a moment only: by itself it waits as long as anybody.
            Ok(Outcome::Alone)
            | Err(BatchError::Rejected(_) | BatchError::Tx | BatchError::ResourceAcquisitionFailed(_)) => None,
            Ok(Outcome::Unknown(source)) => Some(Err(StoreError::CommitUnknown { source: source.into() }.into())),
            Err(BatchError::BatchFailed(failure)) => Some(Err(StoreError::unavailable(failure).into())),
            // It ended without a word: nobody knows how far it came.
            Err(error) => Some(Err(StoreError::CommitUnknown { source: error.into() }.into())),
        }
    }
}

/// A unit that is counted until it is taken up.
struct Queued {
    work: UnitOfWork,
    _place: Place,
}

#[derive(Clone)]
struct Committing {
    sessions: Arc<Sessions>,
    presence: Arc<Presence>,
    turns: Turns,
}

/// What became of a unit.
enum Outcome {
    Committed,
    /// Nothing: it did not go with others.
    Alone,
    /// Nobody knows.
    Unknown(Arc<StoreError>),
}

impl Processor for Committing {
    type Key = ();
    type Input = Waiting<Queued>;
    type Output = Outcome;
    type Error = WithOthers;
    type Resources = (Session, Turn);

    async fn acquire_resources(&self, _all: ()) -> Result<Self::Resources, WithOthers> {
        let turn = self.turns.next().await;
        Ok((self.sessions.unit().await?, turn))
    }

    async fn process(
        &self,
        _all: (),
        units: impl Iterator<Item = Waiting<Queued>> + Send,
        (session, turn): Self::Resources,
    ) -> Result<Vec<Outcome>, WithOthers> {
        let units: Vec<Option<UnitOfWork>> = units.map(|unit| unit.take().map(|queued| queued.work)).collect();
        // Boxed: whoever does things together moves what it was handed from task to task.
        let work = Box::pin(async {
            let taken: Vec<&UnitOfWork> = units.iter().flatten().collect();
            let outcome = write::apply_together(&session, &taken, self.presence.number()).await;
            Ok((session, outcome))
        });
        let (session, outcome) = self.sessions.bounded(work).await?;
        drop(turn);
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
        Ok(in_place(&units, applied.into_iter().map(outcome), || Outcome::Alone))
    }
}

/// How a transaction ended.
enum Ended {
    Well,
    InDoubt(Arc<StoreError>),
    NotDone,
}

/// Commits what went well and rolls back what did not. It fails where no unit would fare better by itself.
async fn end(session: Session, outcome: Result<(), Fault>) -> Result<Ended, WithOthers> {
    match session.finish(outcome).await {
        Ok(()) => Ok(Ended::Well),
        Err(fault) if fault.is_in_doubt() => Ok(Ended::InDoubt(Arc::new(fault.into()))),
        Err(fault) if fault.is_the_databases() => Err(fault.into()),
        Err(_of_one_of_them) => Ok(Ended::NotDone),
    }
}
