//! Check and expire: looking at a payment that is due.

use super::ask::{Heard, ProviderOrStore};
use super::decide::Known;
use super::questions::ASK_AFTER;
use super::{DecideError, Gateway};
use crate::audit::Actor;
use crate::charge::{Charge, Opening};
use crate::dossier::{Absorbed, Dossier};
use crate::ids::{ChargeId, PaymentId};
use crate::payment::{Display, Intake, Payment, PaymentStatus, Withdrawal};
use crate::ports::{
    BudgetClass, ChargeSnapshot, Endpoint, Finder, LeasedPayment, LookupSupport, ProviderErrorKind, Reservation,
    StoreError,
};
use crate::schedule;
use crate::time::Timestamp;
use crate::unit_of_work::{Due, UnitOfWork};

/// What a look at the charges gave.
#[derive(Default)]
struct Looked {
    /// Something changed and was committed.
    changed: bool,
    /// A charge that matters could not be asked about.
    unanswered: bool,
    /// The budget leaves nothing before then, or somebody else asks.
    wait_until: Option<Timestamp>,
    /// When a charge was asked about last that is asked about in rounds, and was left to them.
    in_rounds: Option<Timestamp>,
}

impl Gateway {
    /// Looks at a payment that this worker holds: recovers it, takes it from display, closes what is
    /// to be closed, asks where its charges stand, and ends it when its time is over and the provider,
    /// asked, knows of no money. A timer alone never ends anything.
    pub(super) async fn look_at(&self, leased: &LeasedPayment) -> Result<(), DecideError> {
        let payment = &leased.payment;
        let actor = Actor::Worker;
        if payment.intake == Intake::Open {
            return self.recover(leased).await;
        }
        let now = self.ports.clock.now();
        let is_push = payment.unanswered_push().is_some();
        let is_shown = payment.status() == PaymentStatus::Pending && payment.display == Display::Shown;
        if is_shown && !is_push && now >= payment.expires_at {
            return self.withdraw_expired(payment, &actor).await;
        }
        self.close_charges(payment, &actor, self.policies.inquire_within).await?;
        let looked = self.look_at_charges(payment, &actor).await?;
        let is_answered = !looked.unanswered && looked.wait_until.is_none();
        if is_shown && is_answered && payment.unanswered_push().is_some_and(|push| was_looked_for(push, now)) {
            return self.withdraw_expired(payment, &actor).await;
        }
        if may_end(payment, now) && is_answered {
            let id = payment.id;
            self.decide(&payment.merchant, &payment.order_code, &actor, |dossier| end(dossier, &id)).await?;
            return Ok(());
        }
        if !looked.changed {
            self.count_check(leased, now, &looked).await?;
        }
        Ok(())
    }

    async fn withdraw_expired(&self, payment: &Payment, actor: &Actor) -> Result<(), DecideError> {
        let id = payment.id;
        let withdraw = |dossier: &mut Dossier| dossier.withdraw(&id, Withdrawal::Expired);
        self.decide(&payment.merchant, &payment.order_code, actor, withdraw).await
    }

    async fn look_at_charges(&self, payment: &Payment, actor: &Actor) -> Result<Looked, DecideError> {
        let mut looked = Looked::default();
        for charge in &payment.charges {
            if !self.is_worth_asking(payment, charge).await? {
                continue;
            }
            let now = self.ports.clock.now();
            if let Some(asked_at) = self.asked_in_rounds(payment, charge, now) {
                looked.in_rounds = Some(asked_at);
                looked.wait_until = Some(now.plus(ASK_AFTER).min(payment.expires_at));
                continue;
            }
            let class = self.class_of(payment).await;
            let reserved =
                self.ports.budget.reserve(&charge.provider, &charge.account, Endpoint::Inquire, class, 1).await;
            if let Reservation::Wait(pause) = reserved {
                looked.wait_until = Some(self.ports.clock.now().plus(pause));
                break;
            }
            match self.ask(payment, charge, Heard::default(), self.policies.inquire_within).await {
                // It says what is on record: nothing is read for that, or written.
                Ok(snapshot) if self.adds_nothing(payment, &charge.id, &snapshot, actor) => {}
                Ok(snapshot) => {
                    let id = payment.id;
                    let looked_at = |dossier: &mut Dossier| dossier.looked_at(&id);
                    let absorbed =
                        self.take_in(payment, &charge.id, &snapshot, (actor, Finder::Check), looked_at).await?;
                    looked.changed |= absorbed == Absorbed::Changed;
                    self.note_found_unlisted(charge, &snapshot);
                }
                Err(ProviderOrStore::Store(store)) => return Err(store.into()),
                // Nothing there to be found by: as good as an answer that no money came.
                Err(ProviderOrStore::Provider(error)) if error.kind == ProviderErrorKind::NotFound => {}
                Err(ProviderOrStore::Provider(error)) => {
                    if let ProviderErrorKind::RateLimited { retry_after } = error.kind {
                        looked.wait_until = Some(self.ports.clock.now().plus(retry_after.unwrap_or_default()));
                        break;
                    }
                    looked.unanswered |= !charge.is_hidden();
                }
            }
        }
        Ok(looked)
    }

    /// Whether an answer changes nothing of a payment as it was read. What others have made of it since is theirs.
    pub(super) fn adds_nothing(
        &self,
        payment: &Payment,
        charge: &ChargeId,
        snapshot: &ChargeSnapshot,
        actor: &Actor,
    ) -> bool {
        let mut dossier = self.dossier_of(&Known::of_payment(payment, self.ports.clock.now()), actor);
        dossier.absorb(&payment.id, charge, snapshot) == Absorbed::Nothing
            && dossier.conclude() == UnitOfWork::default()
    }

    /// Money that was found by asking is held against the list that should have had it.
    pub(super) fn note_found_unlisted(&self, charge: &Charge, snapshot: &ChargeSnapshot) {
        if let Some(first) = snapshot.receipts.iter().map(|receipt| receipt.paid_at).min() {
            self.trust.found_unlisted((&charge.provider, &charge.account), first, self.ports.clock.now());
        }
    }

    /// Whether there is money to ask about, and something to ask by.
    async fn is_worth_asking(&self, payment: &Payment, charge: &Charge) -> Result<bool, StoreError> {
        if charge.state.funds().is_some() {
            return Ok(false);
        }
        match charge.opening {
            Opening::Intended | Opening::Unknown { .. } if is_nameless(charge) => {
                Ok(self.lookup_of(payment, charge).await? == Some(LookupSupport::ByReference))
            }
            Opening::Intended | Opening::Opened(_) | Opening::Found { .. } | Opening::Unknown { .. } => Ok(true),
            Opening::Refused { .. } => Ok(false),
        }
    }

    /// The charges about which nobody can be asked: nobody is woken for them. Money on one is listed with all that came
    /// to its account. One whose provider is not set up here may be asked about by another node.
    async fn unaskable(&self, payment: &Payment) -> Result<Vec<ChargeId>, StoreError> {
        let mut unaskable = Vec::new();
        for charge in &payment.charges {
            let is_for_others = is_nameless(charge) && self.lookup_of(payment, charge).await?.is_none();
            if !is_for_others && !self.is_worth_asking(payment, charge).await? {
                unaskable.push(charge.id);
            }
        }
        Ok(unaskable)
    }

    /// How the provider can be asked about a charge; `None` where it cannot be reached from here.
    async fn lookup_of(&self, payment: &Payment, charge: &Charge) -> Result<Option<LookupSupport>, StoreError> {
        let account = match self.account_of(charge).await {
            Ok(account) => account,
            Err(ProviderOrStore::Store(store)) => return Err(store),
            Err(ProviderOrStore::Provider(_)) => return Ok(None),
        };
        let provider = self.provider(&charge.provider);
        let offered = provider.and_then(|provider| provider.capabilities(&account, payment.method));
        Ok(offered.map(|offered| offered.lookup))
    }

    pub(super) async fn class_of(&self, payment: &Payment) -> BudgetClass {
        const FRESH_SECONDS: u64 = 600;
        let now = self.ports.clock.now();
        if self.ports.watches.is_watched(&payment.id, now).await {
            BudgetClass::Watched
        } else if now.since(payment.created_at).as_secs() < FRESH_SECONDS {
            BudgetClass::Fresh
        } else {
            BudgetClass::Rest
        }
    }

    /// A check that changed nothing is counted, and the next one is due as the schedule says then.
    async fn count_check(&self, leased: &LeasedPayment, now: Timestamp, looked: &Looked) -> Result<(), StoreError> {
        // Whoever changed it since has ended the lease: then nothing is counted.
        let mut stored = leased.payment.clone();
        let checked_at =
            looked.in_rounds.map_or(now, |asked_at| stored.checks.last_at.unwrap_or(asked_at).max(asked_at));
        stored.checks.last_at = Some(checked_at);
        let unaskable = self.unaskable(&stored).await?;
        let scheduled = match schedule::next_due_without(&stored, now, &unaskable) {
            Due::At(at) => Some(at),
            Due::Never | Due::Leased(_) => None,
        };
        let next = scheduled.map(|at| looked.wait_until.map_or(at, |wait| wait.max(at)));
        self.ports.payments.reschedule(&stored.id, leased.token, checked_at, &next).await
    }
}

/// Whether a charge is out of sight, and nobody was told its id.
fn is_nameless(charge: &Charge) -> bool {
    charge.is_hidden() && matches!(charge.opening, Opening::Intended | Opening::Unknown { .. })
}

/// Whether the time is over in which money for an unanswered push could still be under way.
fn was_looked_for(push: &Charge, now: Timestamp) -> bool {
    now >= push.created_at.plus(schedule::PUSH_WINDOW)
}

/// Whether a payment was withdrawn long enough ago to be ended, once its provider was asked.
fn may_end(payment: &Payment, now: Timestamp) -> bool {
    if payment.status() == PaymentStatus::Pending && payment.unanswered_push().is_some() {
        return schedule::push_ends(payment, payment.display).is_some_and(|at| now >= at);
    }
    let over = |at: Timestamp| now >= at.plus(schedule::EXPIRY_GRACE);
    let withdrawn = matches!(payment.display, Display::Withdrawn { at, .. } if over(at));
    payment.status() == PaymentStatus::Pending && withdrawn
}

/// Ends what is still pending on the order's dossier as it is then: as expired, or as called off.
fn end(dossier: &mut Dossier, payment: &PaymentId) {
    let pending = dossier.payment(payment).filter(|payment| payment.status() == PaymentStatus::Pending);
    match pending.map(|payment| payment.display) {
        Some(Display::Withdrawn { why: Withdrawal::Expired, .. }) => dossier.expire(payment),
        Some(Display::Withdrawn { why, .. }) => dossier.call_off(payment, why),
        Some(Display::Shown) | None => {}
    }
}
