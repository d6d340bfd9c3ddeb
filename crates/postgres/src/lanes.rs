//! Units of work on their way to the disk, several at a time.
//!
//! A commit costs the disk the same whatever is in it, and a statement costs the server much before its first row. So units
//! that come while others are being committed wait for these and are then committed by one transaction. Where nobody else is
//! at work a unit goes at once and alone. Each has its lane by what it rests on, so that two units of one order hardly
//! meet; if they do, the order's lock decides. Whoever commits is answered when its own rows are durable.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, Processor};
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_domain::unit_of_work::UnitOfWork;
use tokio::time::timeout;

use crate::errors::{Fault, WithOthers};
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
pub(crate) struct Lanes {
    batcher: Batcher<Committing>,
    wait_max: Duration,
}

impl Lanes {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: Arc<Sessions>, presence: Arc<Presence>, wait_max: Duration) -> Self {
        let limits =
            Limits::builder().max_batch_size(UNITS_MAX).max_key_concurrency(1).max_key_queued_items(WAITING_MAX);
        let batcher = Batcher::builder().name("units of work").limits(limits.build());
        let committing = Committing { sessions, presence };
        let batcher = batcher.processor(committing).batching_policy(BatchingPolicy::Immediate).build();
        Self { batcher, wait_max }
    }

    /// What became of a unit that went with others; nothing, if it is to go by itself.
    pub(crate) async fn commit(&self, work: &UnitOfWork) -> Option<Result<(), Fault>> {
        if !write::is_plain(work) {
            return None;
        }
        let has_begun = Arc::new(AtomicBool::new(false));
        let unit = Unit { work: work.clone(), has_begun: Arc::clone(&has_begun) };
        let mut outcome = pin!(self.batcher.add(lane(work), unit));
        let outcome = match timeout(self.wait_max, &mut outcome).await {
            Ok(outcome) => outcome,
            // Its transaction is bounded by itself; nobody else is waited for.
            Err(_elapsed) if has_begun.load(Ordering::SeqCst) => outcome.await,
            Err(_elapsed) => return None,
        };
        match outcome {
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

/// A unit in its lane.
struct Unit {
    work: UnitOfWork,
    /// Whether its transaction is under way.
    has_begun: Arc<AtomicBool>,
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

impl Processor for Committing {
    type Key = u64;
    type Input = Unit;
    type Output = Outcome;
    type Error = WithOthers;
    type Resources = Session;

    async fn acquire_resources(&self, _lane: u64) -> Result<Session, WithOthers> {
        Ok(self.sessions.unit().await?)
    }

    async fn process(
        &self,
        _lane: u64,
        units: impl Iterator<Item = Unit> + Send,
        session: Session,
    ) -> Result<Vec<Outcome>, WithOthers> {
        let begin = |unit: Unit| {
            unit.has_begun.store(true, Ordering::SeqCst);
            unit.work
        };
        let units: Vec<UnitOfWork> = units.map(begin).collect();
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
async fn end(session: Session, outcome: Result<(), Fault>) -> Result<Ended, WithOthers> {
    match session.finish(outcome).await {
        Ok(()) => Ok(Ended::Well),
        Err(fault) if fault.is_in_doubt() => Ok(Ended::InDoubt(Arc::new(fault.into()))),
        Err(fault) if fault.is_the_databases() => Err(fault.into()),
        Err(_of_one_of_them) => Ok(Ended::NotDone),
    }
}
