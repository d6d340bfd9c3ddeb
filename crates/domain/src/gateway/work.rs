//! Work: what goes on without a request. Workers run without our app: whoever embeds the domain
//! calls [`Gateway::work_once`] as often as it likes, from as many tasks and nodes as it likes.

use std::time::Duration;

use super::{DecideError, Gateway};
use crate::ids::LeaseToken;
use crate::lease::Lease;
use crate::ports::{CrashPoint, StoreError};
use crate::time::Timestamp;

/// How long a worker holds what it took up.
const WORK_LEASE: Duration = Duration::from_mins(1);

/// A kind of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Settling webhooks that nobody settled at once.
    Settle,
    /// Payments that are due: recover, close, check, expire.
    Due,
    /// Messages on their way out.
    Publish,
}

impl Lane {
    /// Every lane.
    pub const ALL: [Self; 3] = [Self::Settle, Self::Due, Self::Publish];
}

/// How much to take up at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkLimits {
    /// Deliveries.
    pub settle: u32,
    /// Payments.
    pub due: u32,
    /// Messages.
    pub publish: u32,
}

impl Default for WorkLimits {
    fn default() -> Self {
        // Few enough that each gets its turn, slow provider or not, before the lease is over.
        Self { settle: 5, due: 5, publish: 50 }
    }
}

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct WorkDone {
    /// Deliveries taken up.
    pub settled: u32,
    /// Payments looked at.
    pub looked_at: u32,
    /// Messages sent on.
    pub published: u32,
}

impl WorkDone {
    /// Whether there was nothing to do.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        *self == Self::default()
    }
}

impl Gateway {
    /// Does what is due, once, in every lane.
    ///
    /// # Errors
    /// [`StoreError`]: what was taken up is taken up again when its lease runs out.
    pub async fn work_once(&self, now: Timestamp, limits: WorkLimits) -> Result<WorkDone, StoreError> {
        Ok(WorkDone {
            settled: self.work_lane(Lane::Settle, now, limits).await?,
            looked_at: self.work_lane(Lane::Due, now, limits).await?,
            published: self.work_lane(Lane::Publish, now, limits).await?,
        })
    }

    /// Does what is due in one lane; returns how many things it took up.
    ///
    /// # Errors
    /// [`StoreError`]: what was taken up is taken up again when its lease runs out.
    pub async fn work_lane(&self, lane: Lane, now: Timestamp, limits: WorkLimits) -> Result<u32, StoreError> {
        let lease = Lease { token: LeaseToken::new(self.ports.ids.uuid()), ttl: WORK_LEASE };
        let mut taken = 0_u32;
        match lane {
            Lane::Settle => {
                for leased in self.ports.inbox.claim(limits.settle, lease).await? {
                    self.ports.probe.reach(CrashPoint::WorkerAfterLease).await?;
                    self.settle_webhook(&leased).await?;
                    taken = taken.saturating_add(1);
                }
            }
            Lane::Due => {
                for leased in self.ports.payments.claim_due(now, limits.due, lease).await? {
                    self.ports.probe.reach(CrashPoint::WorkerAfterLease).await?;
                    match self.look_at(&leased).await {
                        // Somebody else is at work on it, and its lease runs out by itself.
                        Ok(()) | Err(DecideError::Contended | DecideError::Commit(_)) => {}
                        Err(DecideError::Store(store)) => return Err(store),
                    }
                    taken = taken.saturating_add(1);
                }
            }
            Lane::Publish => {
                for leased in self.ports.outbox.claim(limits.publish, lease).await? {
                    self.publish(&leased).await?;
                    taken = taken.saturating_add(1);
                }
            }
        }
        Ok(taken)
    }
}
