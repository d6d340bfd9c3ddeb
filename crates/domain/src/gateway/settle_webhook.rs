//! Settle a webhook: find what it is about, have its claim borne out, and apply it in one commit with
//! the mark that it is done.

mod claims;
mod find;
mod misfits;
mod tries;

use std::time::Duration;

use super::ask::{Heard, ProviderOrStore};
use super::decide::Known;
use super::{ConfirmWebhooks, DecideError, Gateway};
use crate::audit::{Actor, AuditEvent, AuditNote, BodyRole};
use crate::charge::{Charge, Opening};
use crate::dossier::{Absorbed, Dossier};
use crate::ids::{ChargeId, PaymentId, ProviderRef};
use crate::payment::Payment;
use crate::ports::{ChargeSnapshot, CommitError, CrashPoint, Drift, Finder, Reservation, StoreError};
use crate::unit_of_work::{InboxFate, InboxMark, UnitOfWork};
use crate::webhook::{Authentic, Claim, LeasedDelivery, Notification};

use claims::{believed, is_borne_out, payment_named, would_change};
pub(super) use find::{Found, named_by};
pub(super) use tries::NotNow;

/// Pause after a question for which the budget left too few calls, where nobody says how long.
const BUDGET_PAUSE: Duration = Duration::from_secs(1);

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Settled {
    /// It is dealt with.
    Done,
    /// It fits nothing, and is kept.
    Parked,
    /// It is to be tried again.
    Deferred,
    /// It was tried too often, and is put before a person.
    Buried,
    /// Somebody else holds it by now, and settles it: nothing was written.
    Overtaken,
}

impl Gateway {
    /// Settles a delivery that the caller holds. Doing it twice has one effect.
    ///
    /// # Errors
    /// [`StoreError`]: the lease runs out and somebody else settles it.
    pub async fn settle_webhook(&self, leased: &LeasedDelivery) -> Result<Settled, StoreError> {
        if !self.ports.webhooks.iter().any(|source| source.provider() == leased.delivery.provider) {
            return self.leave_to_others(leased).await;
        }
        let Some(notification) = self.read(leased) else { return self.bury(leased, "cannot be read").await };
        if let Claim::Other(_) = &notification.claim {
            return self.settle_other(leased, &notification).await;
        }
        match self.subject_of(leased, &notification).await? {
            Found::One { payment, charge, known } => match misfits::of_failed_refund(&notification) {
                Some(misfit) => {
                    let (of, end) = ((payment.as_ref(), &charge), (InboxFate::Done, Settled::Done));
                    self.put_before_a_person(leased, &notification, of, misfit, end).await
                }
                None => self.settle_charge(leased, &notification, (&payment, &charge), known).await,
            },
            Found::Contradiction { why } | Found::None { why } => self.park_unmatched(leased, &notification, why).await,
        }
    }

    /// What a delivery says; `None` if it cannot be read any more.
    pub(super) fn read(&self, leased: &LeasedDelivery) -> Option<Notification> {
        let source = self.ports.webhooks.iter().find(|source| source.provider() == leased.delivery.provider);
        source.and_then(|source| source.decode(&Authentic::from_inbox(&leased.delivery)).ok())
    }

    /// Settles what changes no charge.
    async fn settle_other(&self, leased: &LeasedDelivery, notification: &Notification) -> Result<Settled, StoreError> {
        if !notification.unrecognised.is_empty()
            && let Found::One { payment, charge, .. } = self.subject_of(leased, notification).await?
        {
            return self.settle_drifted(leased, notification, &payment, &charge).await;
        }
        self.mark_done(leased).await
    }

    /// Settles what changes nothing, without asking: what we do not know of it goes on record.
    async fn settle_drifted(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        payment: &Payment,
        charge: &ChargeId,
    ) -> Result<Settled, StoreError> {
        let id = payment.id;
        let noted = self.decide(&payment.merchant, &payment.order_code, &Actor::Provider, |dossier| {
            record_drift(dossier, &id, charge, leased, notification);
            dossier.work_mut().inbox.push(mark_of(leased, InboxFate::Done));
        });
        match noted.await {
            Ok(()) => Ok(Settled::Done),
            Err(DecideError::Commit(CommitError::LeaseLost)) => Ok(Settled::Overtaken),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => self.not_now(leased, NotNow::Undecided).await,
        }
    }

    async fn settle_charge(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        (payment, charge): (&Payment, &ChargeId),
        known: Option<Box<Known>>,
    ) -> Result<Settled, StoreError> {
        let Some(of_claim) = payment.charge(charge) else { return self.bury(leased, "its charge is gone").await };
        if !would_change(payment, of_claim, notification) {
            return if notification.unrecognised.is_empty() {
                self.mark_done(leased).await
            } else {
                self.settle_drifted(leased, notification, payment, charge).await
            };
        }
        let misfit = misfits::of_claim(leased, payment, notification);
        let denial = misfits::of_denial(leased, of_claim, notification);
        if let Some(misfit) = misfit.as_ref().or(denial.as_ref())
            && self.raised_for([payment.id].into()).await?.contains(&misfit.key(Some(charge)))
        {
            return self.mark(UnitOfWork::default(), leased, misfits::parked(), Settled::Parked).await;
        }
        let snapshot = match self.bear_out(leased, notification, payment, of_claim).await? {
            Ok(snapshot) => snapshot,
            Err(NotNow::Waits(pause)) => return self.wait_to_ask(leased, payment, pause).await,
            Err(not_now) => return self.not_now(leased, not_now).await,
        };
        let borne_out = is_borne_out(notification, of_claim, &snapshot);
        let id = payment.id;
        let misfit = misfit.filter(|_| !borne_out);
        let (fate, settled) = match misfit {
            Some(_) => (misfits::parked(), Settled::Parked),
            None => (InboxFate::Done, Settled::Done),
        };
        if !borne_out && misfit.is_none() {
            self.absorb_only(payment, charge, &snapshot).await?;
            return match denial {
                Some(denial) => self.not_taken_back(leased, notification, (payment, charge), denial).await,
                None => self.not_now(leased, NotNow::Denied).await,
            };
        }
        let taken = self
            .take_in_from(known, payment, charge, &snapshot, (&Actor::Provider, Finder::Webhook), |dossier| {
                record_delivery(dossier, &id, charge, leased);
                record_drift(dossier, &id, charge, leased, notification);
                if let Some(misfit) = &misfit {
                    dossier.raise(&id, Some(*charge), misfit.clone());
                }
                dossier.work_mut().inbox.push(mark_of(leased, fate.clone()));
            })
            .await;
        match taken {
            Ok(Absorbed::Changed | Absorbed::Nothing | Absorbed::Foreign) => {
                self.ports.probe.reach(CrashPoint::WorkerAfterApplyBeforeDone).await?;
                Ok(settled)
            }
            Err(DecideError::Commit(CommitError::LeaseLost)) => Ok(Settled::Overtaken),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => self.not_now(leased, NotNow::Undecided).await,
        }
    }

    /// What the provider says, when asked, or the claim itself where that is believed.
    async fn bear_out(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        payment: &Payment,
        charge: &Charge,
    ) -> Result<Result<ChargeSnapshot, NotNow>, StoreError> {
        if self.policies.confirm_webhooks == ConfirmWebhooks::Never
            && let Some(snapshot) = believed(leased, notification, payment, charge)
        {
            return Ok(Ok(snapshot));
        }
        let mut named = charge.clone();
        if let (None, Some(told)) = (charge.provider_ref(), &notification.about.charge_ref) {
            named.opening = Opening::Found { provider_ref: told.clone(), at: leased.delivery.received_at };
        }
        let payments: Vec<ProviderRef> = payment_named(notification, charge).cloned().into_iter().collect();
        // Word that money went back may come before the word that it came.
        let heard = Heard { payments: &payments, of_money_back: notification.claim == Claim::Refunded };
        if let Reservation::Wait(pause) = self.reserve_to_confirm(&named, heard).await {
            return Ok(Err(NotNow::Waits(pause)));
        }
        match self.ask(payment, &named, heard, self.policies.inquire_within).await {
            Ok(snapshot) => Ok(Ok(snapshot)),
            Err(ProviderOrStore::Store(store)) => Err(store),
            Err(ProviderOrStore::Provider(error)) => Ok(Err(NotNow::after(&error))),
        }
    }

    async fn absorb_only(
        &self,
        payment: &Payment,
        charge: &ChargeId,
        snapshot: &ChargeSnapshot,
    ) -> Result<(), StoreError> {
        match self.take_in(payment, charge, snapshot, (&Actor::Provider, Finder::Webhook), |_| ()).await {
            Ok(_) | Err(DecideError::Contended | DecideError::Commit(_)) => Ok(()),
            Err(DecideError::Store(store)) => Err(store),
        }
    }

    /// Marks a delivery as dealt with, without touching a payment.
    async fn mark_done(&self, leased: &LeasedDelivery) -> Result<Settled, StoreError> {
        self.mark(UnitOfWork::default(), leased, InboxFate::Done, Settled::Done).await
    }

    /// Commits a unit of work with what becomes of a delivery.
    async fn mark(
        &self,
        mut work: UnitOfWork,
        leased: &LeasedDelivery,
        fate: InboxFate,
        settled: Settled,
    ) -> Result<Settled, StoreError> {
        work.inbox.push(mark_of(leased, fate));
        match self.commit(&work).await {
            Ok(()) => Ok(settled),
            Err(CommitError::Store(store)) => Err(store),
            Err(CommitError::LeaseLost) => Ok(Settled::Overtaken),
            // Others wrote meanwhile.
            Err(_lost) => Ok(Settled::Deferred),
        }
    }
}

fn mark_of(leased: &LeasedDelivery, fate: InboxFate) -> InboxMark {
    InboxMark { delivery: leased.delivery.id, token: leased.token, fate }
}

fn record_delivery(dossier: &mut Dossier, payment: &PaymentId, charge: &ChargeId, leased: &LeasedDelivery) {
    let note = AuditNote::new(dossier.now(), Actor::Provider, AuditEvent::WebhookSettled)
        .with("charge", charge)
        .with("delivery", &leased.delivery.id)
        .with_body(BodyRole::Callback, leased.delivery.body.clone());
    dossier.note(payment, note);
}

/// What in a webhook we do not know, with the webhook.
fn record_drift(
    dossier: &mut Dossier,
    payment: &PaymentId,
    charge: &ChargeId,
    leased: &LeasedDelivery,
    notification: &Notification,
) {
    let drift: Vec<Drift> = notification.unrecognised.iter().cloned().map(Drift::Webhook).collect();
    dossier.drifted(payment, charge, &drift, (BodyRole::Callback, &leased.delivery.body));
}
