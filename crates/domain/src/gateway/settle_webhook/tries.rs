//! What is not settled now: tried again later and later, and in the end put before a person.

use std::time::Duration;

use super::find::Found;
use super::{BUDGET_PAUSE, Settled, mark_of, misfits, record_delivery, record_drift};
use crate::audit::Actor;
use crate::exception::Misfit;
use crate::gateway::{DecideError, Gateway};
use crate::ids::ChargeId;
use crate::payment::Payment;
use crate::ports::{CommitError, ProviderError, ProviderErrorKind, StoreError};
use crate::unit_of_work::{InboxFate, UnitOfWork};
use crate::webhook::{LeasedDelivery, Notification};

/// Failed tries after which a delivery that the provider, asked, does not bear out is given up.
const DENIED_TRIES_MAX: u32 = 10;
/// Failed tries after which word is parked that money was taken back, which the provider, asked, still has: it took
/// half a minute, nothing is lost meanwhile, and a person has it.
const NOT_TAKEN_BACK_TRIES_MAX: u32 = 4;
/// Tries that broke off, after which a delivery is given up: what breaks a worker does so again.
const BROKEN_OFF_TRIES_MAX: u32 = 10;
/// Failed tries after which one is given up that could not be decided: a provider out of reach says nothing
/// of the claim, so it is given half a day.
const UNDECIDED_TRIES_MAX: u32 = 20;
/// Pause after the first failed try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(5);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_hours(1);

/// For how long a delivery is left to the nodes that have its provider.
const ELSEWHERE_PAUSE: Duration = Duration::from_secs(30);

/// By how much longer word of money waits for the rate limit where nobody looks at the payment.
const UNWATCHED_PAUSE: Duration = Duration::from_secs(2);

/// Why a delivery is not settled now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gateway) enum NotNow {
    /// The budget has no question left before then. That is no failed try, however often it happens.
    Waits(Duration),
    /// The provider was asked, and does not bear it out.
    Denied,
    /// That could not be found out: no answer, or others kept writing.
    Undecided,
    /// Something in here broke.
    BrokenOff,
}

impl NotNow {
    /// Why it is not, by how asking about it failed.
    pub(super) fn after(error: &ProviderError) -> Self {
        if error.kind == ProviderErrorKind::NotFound {
            return Self::Denied;
        }
        if let ProviderErrorKind::RateLimited { retry_after } = error.kind {
            return Self::Waits(retry_after.unwrap_or(BUDGET_PAUSE));
        }
        Self::Undecided
    }
}

impl Gateway {
    /// Not now: again later, unless too many tries failed.
    pub(in crate::gateway) async fn not_now(
        &self,
        leased: &LeasedDelivery,
        why: NotNow,
    ) -> Result<Settled, StoreError> {
        let (inbox, id) = (&self.ports.inbox, &leased.delivery.id);
        let (why, tries_max) = match why {
            NotNow::Waits(pause) => {
                inbox.postpone(id, leased.token, pause, "confirming").await?;
                return Ok(Settled::Deferred);
            }
            NotNow::Denied => ("not borne out", DENIED_TRIES_MAX),
            NotNow::Undecided => ("not decided", UNDECIDED_TRIES_MAX),
            NotNow::BrokenOff => ("broken off", BROKEN_OFF_TRIES_MAX),
        };
        if leased.delivery.attempts.saturating_add(1) >= tries_max {
            return self.bury(leased, why).await;
        }
        inbox.defer(id, leased.token, pause_after(leased), why).await?;
        Ok(Settled::Deferred)
    }

    /// Leaves a delivery of a provider that is not set up here to a node that has it, or to a later start of this one.
    /// That is no failed try, however often it happens.
    pub(super) async fn leave_to_others(&self, leased: &LeasedDelivery) -> Result<Settled, StoreError> {
        let (id, token) = (&leased.delivery.id, leased.token);
        self.ports.inbox.postpone(id, token, ELSEWHERE_PAUSE, "its provider is not set up here").await?;
        Ok(Settled::Deferred)
    }

    /// Waits until the rate limit leaves a question; those about payments that somebody looks at come first.
    pub(super) async fn wait_to_ask(
        &self,
        leased: &LeasedDelivery,
        payment: &Payment,
        pause: Duration,
    ) -> Result<Settled, StoreError> {
        let now = self.ports.clock.now();
        let is_watched = self.ports.watches.is_watched(&payment.id, now).await;
        let pause = if is_watched { pause } else { pause.saturating_add(UNWATCHED_PAUSE) };
        self.questions.wait(payment.id, now, now.plus(pause).plus(self.policies.inquire_within));
        self.not_now(leased, NotNow::Waits(pause)).await
    }

    /// The money that is said to have been taken back is there: asked about again, and in the end kept and put before a
    /// person.
    pub(super) async fn not_taken_back(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        of: (&Payment, &ChargeId),
        denial: Misfit,
    ) -> Result<Settled, StoreError> {
        if leased.delivery.attempts.saturating_add(1) < NOT_TAKEN_BACK_TRIES_MAX {
            return self.not_now(leased, NotNow::Denied).await;
        }
        self.put_before_a_person(leased, notification, of, denial, (misfits::parked(), Settled::Parked)).await
    }

    /// Gives a delivery up. What claims that money came, or was taken back, is put before a person in the same commit.
    pub(super) async fn bury(&self, leased: &LeasedDelivery, why: &str) -> Result<Settled, StoreError> {
        let Some(notification) = self.read(leased) else {
            self.ports.inbox.bury(&leased.delivery.id, leased.token, why).await?;
            return Ok(Settled::Buried);
        };
        let fate = InboxFate::Dead { why: why.to_owned() };
        let Found::One { payment, charge, .. } = self.subject_of(leased, &notification).await? else {
            return self.keep_unmatched(leased, &notification, fate, Settled::Buried).await;
        };
        match misfits::of_given_up(leased, &payment, &charge, &notification) {
            Some(misfit) => {
                let (of, end) = ((payment.as_ref(), &charge), (fate, Settled::Buried));
                self.put_before_a_person(leased, &notification, of, misfit, end).await
            }
            None => self.mark(UnitOfWork::default(), leased, fate, Settled::Buried).await,
        }
    }

    /// Puts a claim before a person, on its payment's record, with what becomes of its delivery.
    pub(super) async fn put_before_a_person(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        (payment, charge): (&Payment, &ChargeId),
        misfit: Misfit,
        (fate, settled): (InboxFate, Settled),
    ) -> Result<Settled, StoreError> {
        let id = payment.id;
        let put = self.decide(&payment.merchant, &payment.order_code, &Actor::Provider, |dossier| {
            record_delivery(dossier, &id, charge, leased);
            record_drift(dossier, &id, charge, leased, notification);
            dossier.raise(&id, Some(*charge), misfit.clone());
            dossier.work_mut().inbox.push(mark_of(leased, fate.clone()));
        });
        match put.await {
            Ok(()) => Ok(settled),
            Err(DecideError::Commit(CommitError::LeaseLost)) => Ok(Settled::Overtaken),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => {
                let (inbox, pause) = (&self.ports.inbox, pause_after(leased));
                inbox.postpone(&leased.delivery.id, leased.token, pause, "others kept writing").await?;
                Ok(Settled::Deferred)
            }
        }
    }
}

/// The pause after a try that failed, and up to a quarter more, so that what failed together is not tried again
/// together.
fn pause_after(leased: &LeasedDelivery) -> Duration {
    let doublings = leased.delivery.attempts.min(u32::BITS / 2);
    let pause = FIRST_PAUSE.saturating_mul(2_u32.saturating_pow(doublings)).min(PAUSE_MAX);
    let [.., random] = *leased.delivery.id.uuid().as_bytes();
    pause + pause / 1_024 * u32::from(random)
}
