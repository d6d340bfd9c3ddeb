//! Settle a webhook: find what it is about, have its claim borne out, and apply it in one commit with
//! the mark that it is done.

mod find;
mod misfits;

use std::time::Duration;

use super::ask::ProviderOrStore;
use super::{ConfirmWebhooks, DecideError, Gateway};
use crate::audit::{Actor, AuditEvent, AuditNote, BodyRole};
use crate::charge::{Charge, ChargeStatus, Opening, Payer, Receipt};
use crate::dossier::{Absorbed, Dossier};
use crate::ids::{ChargeId, PaymentId};
use crate::payment::Payment;
use crate::ports::{
    BudgetClass, ChargeSnapshot, CommitError, CrashPoint, Drift, Endpoint, Exchange, Reservation, SnapshotStatus,
    StoreError,
};
use crate::unit_of_work::{InboxFate, InboxMark};
use crate::webhook::{Authentic, Claim, ClaimedAmount, LeasedDelivery, Notification};

use find::Found;

/// Tries after which a delivery is put before a person.
const ATTEMPTS_MAX: u32 = 10;
/// Pause after the first try; it doubles with each.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_hours(1);

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
}

impl Gateway {
    /// Settles a delivery that the caller holds. Doing it twice has one effect.
    ///
    /// # Errors
    /// [`StoreError`]: the lease runs out and somebody else settles it.
    pub async fn settle_webhook(&self, leased: &LeasedDelivery) -> Result<Settled, StoreError> {
        let source = self.ports.webhooks.iter().find(|source| source.provider() == leased.delivery.provider);
        let decoded = source.and_then(|source| source.decode(&Authentic::from_inbox(&leased.delivery)).ok());
        let Some(notification) = decoded else { return self.bury(leased, "cannot be read").await };
        if let Claim::Other(event) = &notification.claim {
            return self.settle_other(leased, &notification, event).await;
        }
        match self.subject_of(leased, &notification).await? {
            Found::One { payment, charge } => self.settle_charge(leased, &notification, &payment, &charge).await,
            Found::Contradiction { why } | Found::None { why } => self.park_unmatched(leased, &notification, why).await,
        }
    }

    /// Settles what changes no charge.
    async fn settle_other(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        event: &str,
    ) -> Result<Settled, StoreError> {
        if !notification.unrecognised.is_empty()
            && let Found::One { payment, charge } = self.subject_of(leased, notification).await?
        {
            return self.settle_drifted(leased, notification, &payment, &charge).await;
        }
        let why = format!("changes nothing: {event}");
        self.mark(leased, InboxFate::Done, &why).await
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
            Err(DecideError::Commit(CommitError::LeaseLost)) => Ok(Settled::Deferred),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => self.defer(leased, None).await,
        }
    }

    async fn settle_charge(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        payment: &Payment,
        charge: &ChargeId,
    ) -> Result<Settled, StoreError> {
        let Some(known) = payment.charge(charge) else { return self.bury(leased, "its charge is gone").await };
        if !would_change(payment, known, notification) {
            return if notification.unrecognised.is_empty() {
                self.mark(leased, InboxFate::Done, "says nothing new").await
            } else {
                self.settle_drifted(leased, notification, payment, charge).await
            };
        }
        let snapshot = match self.bear_out(leased, notification, payment, known).await? {
            Ok(snapshot) => snapshot,
            Err(pause) => return self.defer(leased, pause).await,
        };
        let borne_out = is_borne_out(notification, known, &snapshot);
        let id = payment.id;
        let misfit = misfits::of_claim(leased, payment, notification).filter(|_| !borne_out);
        let fate = if misfit.is_some() {
            InboxFate::Parked { why: "its claim does not fit".to_owned() }
        } else {
            InboxFate::Done
        };
        let settled = if misfit.is_some() { Settled::Parked } else { Settled::Done };
        if !borne_out && misfit.is_none() {
            self.absorb_only(payment, charge, &snapshot).await?;
            return self.defer(leased, None).await;
        }
        let taken = self
            .take_in(payment, charge, &snapshot, &Actor::Provider, |dossier| {
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
            // Somebody else holds it by now, and settles it.
            Err(DecideError::Commit(CommitError::LeaseLost)) => Ok(Settled::Deferred),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => self.defer(leased, None).await,
        }
    }

    /// What the provider says, when asked, or the claim itself where that is believed. `Err` holds the
    /// pause after which to try again.
    async fn bear_out(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        payment: &Payment,
        charge: &Charge,
    ) -> Result<Result<ChargeSnapshot, Option<Duration>>, StoreError> {
        if self.policies.confirm_webhooks == ConfirmWebhooks::Never
            && let Some(snapshot) = believed(leased, notification, payment, charge)
        {
            return Ok(Ok(snapshot));
        }
        let (provider, account) = (&charge.provider, &charge.account);
        let reserved = self.ports.budget.reserve(provider, account, Endpoint::Inquire, BudgetClass::Confirm, 1).await;
        if let Reservation::Wait(pause) = reserved {
            return Ok(Err(Some(pause)));
        }
        let mut named = charge.clone();
        if let (None, Some(told)) = (charge.provider_ref(), &notification.about.charge_ref) {
            named.opening = Opening::Found { provider_ref: told.clone(), at: leased.delivery.received_at };
        }
        let heard_of: Vec<_> = notification.about.payment_ref.iter().cloned().collect();
        match self.ask(payment, &named, &heard_of, self.policies.inquire_within).await {
            Ok(snapshot) => Ok(Ok(snapshot)),
            Err(ProviderOrStore::Store(store)) => Err(store),
            Err(ProviderOrStore::Provider(_)) => Ok(Err(None)),
        }
    }

    async fn absorb_only(
        &self,
        payment: &Payment,
        charge: &ChargeId,
        snapshot: &ChargeSnapshot,
    ) -> Result<(), StoreError> {
        match self.take_in(payment, charge, snapshot, &Actor::Provider, |_| ()).await {
            Ok(_) | Err(DecideError::Contended | DecideError::Commit(_)) => Ok(()),
            Err(DecideError::Store(store)) => Err(store),
        }
    }

    /// Marks a delivery without touching a payment.
    pub(super) async fn mark(
        &self,
        leased: &LeasedDelivery,
        fate: InboxFate,
        _why: &str,
    ) -> Result<Settled, StoreError> {
        let settled = if fate == InboxFate::Done { Settled::Done } else { Settled::Parked };
        let work = crate::unit_of_work::UnitOfWork { inbox: vec![mark_of(leased, fate)], ..Default::default() };
        match self.commit(&work).await {
            Ok(()) => Ok(settled),
            Err(CommitError::Store(store)) => Err(store),
            // Somebody else holds it by now.
            Err(_lost) => Ok(Settled::Deferred),
        }
    }

    /// Not now: again later, unless it was tried too often.
    pub(super) async fn defer(&self, leased: &LeasedDelivery, pause: Option<Duration>) -> Result<Settled, StoreError> {
        let attempts = leased.delivery.attempts;
        let (why, pause) = match pause {
            // Waiting for the budget is no failed try, however often it happens.
            Some(pause) => ("confirming", pause),
            None if attempts >= ATTEMPTS_MAX => return self.bury(leased, "was not borne out").await,
            None => ("not borne out yet", (FIRST_PAUSE * 2_u32.saturating_pow(attempts.min(16))).min(PAUSE_MAX)),
        };
        self.ports.inbox.defer(&leased.delivery.id, leased.token, pause, why).await?;
        Ok(Settled::Deferred)
    }

    async fn bury(&self, leased: &LeasedDelivery, why: &str) -> Result<Settled, StoreError> {
        self.ports.inbox.bury(&leased.delivery.id, leased.token, why).await?;
        Ok(Settled::Buried)
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

/// Whether the claim, if true, would change anything: what would not is settled without asking.
fn would_change(payment: &Payment, charge: &Charge, notification: &Notification) -> bool {
    let status = charge.state.status();
    let odd_amount = match &notification.amount {
        ClaimedAmount::Absent => false,
        ClaimedAmount::Named(amount) => !amount.fits(&payment.amount),
        ClaimedAmount::Unreadable(_) => true,
    };
    let learns_id = charge.provider_ref().is_none() && notification.about.charge_ref.is_some();
    let news = match &notification.claim {
        Claim::Paid { .. } => {
            let known_receipt = notification.about.payment_ref.as_ref().map_or(status >= ChargeStatus::Paid, |named| {
                charge.state.funds().is_some_and(|funds| funds.receipt(named).is_some())
            });
            !known_receipt || odd_amount
        }
        Claim::Refunded => true,
        Claim::Pending => status < ChargeStatus::Pending,
        Claim::Expired => status < ChargeStatus::Expired,
        Claim::Canceled => status < ChargeStatus::Canceled,
        Claim::Failed(_) => status < ChargeStatus::Failed,
        Claim::Other(_) => false,
    };
    news || learns_id
}

/// Whether the provider's word covers the claim. Claims other than of money need no bearing out: the
/// provider's word stands in their place.
fn is_borne_out(notification: &Notification, charge: &Charge, snapshot: &ChargeSnapshot) -> bool {
    let Claim::Paid { .. } = notification.claim else { return true };
    let amount_fits = |receipt: &Receipt| match &notification.amount {
        ClaimedAmount::Absent => true,
        ClaimedAmount::Named(claimed) => claimed == &receipt.money,
        ClaimedAmount::Unreadable(_) => false,
    };
    let named = |receipt: &Receipt| {
        notification.about.payment_ref.as_ref().is_none_or(|payment_ref| payment_ref == &receipt.payment_ref)
    };
    let known = charge.state.funds().into_iter().flat_map(crate::charge::Funds::receipts);
    snapshot.receipts.iter().chain(known).any(|receipt| named(receipt) && amount_fits(receipt))
}

/// The claim as a snapshot, for those who believe webhooks. Money without the name of its payment
/// object is never believed.
fn believed(
    leased: &LeasedDelivery,
    notification: &Notification,
    payment: &Payment,
    charge: &Charge,
) -> Option<ChargeSnapshot> {
    let (status, receipts) = match &notification.claim {
        Claim::Paid { at } => {
            let ClaimedAmount::Named(money) = &notification.amount else { return None };
            let payment_ref = notification.about.payment_ref.clone()?;
            let paid_at = at.unwrap_or(leased.delivery.received_at).min(leased.delivery.received_at);
            (
                SnapshotStatus::Pending,
                vec![Receipt { payment_ref, money: money.clone(), paid_at, payer: Payer::default() }],
            )
        }
        Claim::Pending => (SnapshotStatus::Pending, Vec::new()),
        Claim::Expired => (SnapshotStatus::Expired, Vec::new()),
        Claim::Canceled => (SnapshotStatus::Canceled, Vec::new()),
        // An attempt that failed, on a page perhaps, is not yet the charge's end.
        Claim::Failed(_) if notification.about.payment_ref.is_some() => return None,
        Claim::Failed(reason) => (SnapshotStatus::Failed(reason.clone()), Vec::new()),
        Claim::Refunded | Claim::Other(_) => return None,
    };
    Some(ChargeSnapshot {
        charge_ref: notification.about.charge_ref.clone(),
        our_reference: Some(charge.our_reference.to_string()),
        order_code: Some(payment.order_code.to_string()),
        asked: None,
        status,
        receipts,
        refunds: Vec::new(),
        reversals: Vec::new(),
        expires_at: None,
        exchange: Exchange::default(),
    })
}
