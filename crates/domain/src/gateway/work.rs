//! Work: what goes on without a request. Workers run without our app: whoever embeds the domain
//! calls [`Gateway::work_once`] as often as it likes, from as many tasks and nodes as it likes.

use std::time::Duration;

use super::settle_webhook::NotNow;
use super::{DecideError, Gateway, PublishSetback, Published, Settled};
use crate::charge::{Charge, Closing};
use crate::ids::LeaseToken;
use crate::lease::Lease;
use crate::payment::{Display, Intake};
use crate::ports::{CrashPoint, LeasedMessage, LeasedPayment, StoreError};
use crate::time::Timestamp;
use crate::webhook::LeasedDelivery;

/// How long a worker holds what it took up.
const WORK_LEASE: Duration = Duration::from_mins(1);

/// Before a payment that was given back is looked at again.
const GIVEN_BACK_PAUSE: Duration = Duration::from_secs(5);

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

/// One thing that this worker took up, and holds for a minute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Errand {
    /// A webhook to settle.
    Webhook(Box<LeasedDelivery>),
    /// A payment to look at.
    Payment(Box<LeasedPayment>),
    /// A message to send on.
    Message(Box<LeasedMessage>),
}

impl Errand {
    /// Whether it is a mere check: of a payment on display whose time is not over, at no charge of which there is anything
    /// else to do. What it may find, a webhook or a list of arrived money mostly tells sooner.
    #[must_use]
    pub fn is_mere_check(&self, now: Timestamp) -> bool {
        match self {
            Self::Payment(leased) => {
                let payment = &leased.payment;
                let is_closing = |charge: &Charge| matches!(charge.closing, Closing::Wanted { .. });
                payment.intake == Intake::Closed
                    && payment.display == Display::Shown
                    && payment.unanswered_push().is_none()
                    && now < payment.expires_at
                    && !payment.charges.iter().any(is_closing)
            }
            Self::Webhook(_) | Self::Message(_) => false,
        }
    }
}

/// What became of an errand.
#[derive(Debug)]
pub enum Attended {
    /// Of a webhook.
    Webhook(Settled),
    /// A payment was looked at, or will be again.
    Payment,
    /// Of a message.
    Message(Published),
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

    /// Does what is due in one lane, one thing after the other; returns how many things it took up.
    ///
    /// # Errors
    /// [`StoreError`]: what was taken up is taken up again when its lease runs out.
    pub async fn work_lane(&self, lane: Lane, now: Timestamp, limits: WorkLimits) -> Result<u32, StoreError> {
        let limit = match lane {
            Lane::Settle => limits.settle,
            Lane::Due => limits.due,
            Lane::Publish => limits.publish,
        };
        let mut taken = 0_u32;
        for errand in self.take_up(lane, now, limit).await? {
            self.attend(&errand).await?;
            taken = taken.saturating_add(1);
        }
        Ok(taken)
    }

    /// Takes up to `limit` due things of one lane, for those who attend to several at once, each
    /// fenced off from the others.
    ///
    /// # Errors
    /// [`StoreError`]: what was taken up is taken up again when its lease runs out.
    pub async fn take_up(&self, lane: Lane, now: Timestamp, limit: u32) -> Result<Vec<Errand>, StoreError> {
        let lease = Lease { token: LeaseToken::new(self.ports.ids.uuid()), ttl: WORK_LEASE };
        Ok(match lane {
            Lane::Settle => {
                let deliveries = self.ports.inbox.claim(limit, lease).await?;
                deliveries.into_iter().map(|leased| Errand::Webhook(Box::new(leased))).collect()
            }
            Lane::Due => {
                let payments = self.ports.payments.claim_due(now, limit, lease).await?;
                payments.into_iter().map(|leased| Errand::Payment(Box::new(leased))).collect()
            }
            Lane::Publish => {
                let messages = self.ports.outbox.claim(limit, lease).await?;
                messages.into_iter().map(|leased| Errand::Message(Box::new(leased))).collect()
            }
        })
    }

    /// Does one thing that was taken up.
    ///
    /// # Errors
    /// [`StoreError`]: it is taken up again when its lease runs out.
    pub async fn attend(&self, errand: &Errand) -> Result<Attended, StoreError> {
        match errand {
            Errand::Webhook(leased) => {
                self.ports.probe.reach_with(CrashPoint::WorkerAfterLease, &leased.delivery.body).await?;
                self.settle_webhook(leased).await.map(Attended::Webhook)
            }
            Errand::Payment(leased) => match self.attend_to_payment(leased).await {
                Ok(()) => Ok(Attended::Payment),
                // Others are at work on its order.
                Err(DecideError::Contended | DecideError::Commit(_)) => self.give_back(errand).await,
                Err(DecideError::Store(store)) => {
                    // A till may be waiting for it. Where even that cannot be written, the lease runs out.
                    let _or_runs_out = self.give_back(errand).await;
                    Err(store)
                }
            },
            Errand::Message(leased) => self.publish(leased).await.map(Attended::Message),
        }
    }

    async fn attend_to_payment(&self, leased: &LeasedPayment) -> Result<(), DecideError> {
        self.ports.probe.reach(CrashPoint::WorkerAfterLease).await?;
        self.look_at(leased).await
    }

    /// Gives back a thing whose doing ended in an error or a panic. A webhook is tried a bounded number of
    /// times, then put before a person; a payment is looked at again soon; a message waits for its lease
    /// to run out.
    ///
    /// # Errors
    /// [`StoreError`]: its lease runs out.
    pub async fn give_back(&self, errand: &Errand) -> Result<Attended, StoreError> {
        match errand {
            Errand::Webhook(leased) => self.not_now(leased, NotNow::BrokenOff).await.map(Attended::Webhook),
            Errand::Payment(leased) => {
                let now = self.ports.clock.now();
                let soon = Some(now.plus(GIVEN_BACK_PAUSE));
                self.ports.payments.reschedule(&leased.payment.id, leased.token, now, &soon).await?;
                Ok(Attended::Payment)
            }
            Errand::Message(_) => Ok(Attended::Message(Published::Deferred { error: PublishSetback::GivenBack })),
        }
    }
}
