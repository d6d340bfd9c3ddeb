//! Opening charges: the intent, and each way it can end.

use std::time::Duration;

use super::{Before, Dossier, File};
use crate::audit::{AuditEvent, AuditNote, BodyRole};
use crate::charge::{Charge, Closing, Exposure, FailureReason, Opened, Opening, Risk, Signal};
use crate::ids::{ChargeId, OurReference, PaymentId, ProviderRef};
use crate::payment::{Intake, Payment, PublicReference};
use crate::ports::{Exchange, OpenedCharge, ProviderError};
use crate::routing::Choice;
use crate::time::Timestamp;
use crate::unit_of_work::LiveOrderWrite;

impl Dossier {
    /// Takes in a payment that was just asked for.
    pub fn add(&mut self, payment: Payment) {
        let id = payment.id;
        let note = AuditNote::new(self.now, self.actor.clone(), AuditEvent::PaymentCreated)
            .with("order_code", &payment.order_code)
            .with("method", &payment.method)
            .with("amount", &payment.amount)
            .with("attempt", &payment.attempt);
        self.files.push(File {
            payment,
            before: Before::Unwritten,
            touched: true,
            due: None,
            fresh_receipts: Vec::new(),
            fresh_reversals: Vec::new(),
        });
        self.note(&id, note);
    }

    /// Records the intent to open a charge, which takes the order's one displayed place.
    pub fn intend(&mut self, payment: &PaymentId, charge: ChargeId, choice: &Choice, risk: Risk) {
        let reference = OurReference::of(&self.order_code, &charge);
        let Choice { provider, account, because, passed_over } = choice;
        let note = self
            .new_note(AuditEvent::ChargeIntended, &charge)
            .with("provider", provider)
            .with("account", account)
            .with("reference", &reference)
            .with("because", because.word());
        let note = if passed_over.is_empty() { note } else { note.with("passed_over", &choice.passed_over_text()) };
        let now = self.now;
        let Some(file) = self.file_mut(payment) else { return };
        file.touched = true;
        file.payment.charges.push(Charge::intend(charge, provider.clone(), account.clone(), reference, risk, now));
        self.holds.push(LiveOrderWrite::Hold {
            merchant: self.merchant.clone(),
            order_code: self.order_code.clone(),
            payment: *payment,
            charge,
        });
        self.note(payment, note);
    }

    /// The provider opened it and its answer fits: it may be shown, unless it was put aside meanwhile.
    /// The first such answer gives the payment its public reference.
    pub fn opened(
        &mut self,
        payment: &PaymentId,
        charge: &ChargeId,
        answer: &OpenedCharge,
        natural_life: Option<Duration>,
    ) {
        if self.charge(charge).is_some_and(|(_, known)| known.is_hidden()) {
            return self.found(payment, charge, &answer.provider_ref);
        }
        let now = self.now;
        let note = with_exchange(self.new_note(AuditEvent::ChargeOpened, charge), &answer.exchange)
            .with("provider_ref", &answer.provider_ref);
        let Some(file) = self.file_mut(payment) else { return };
        file.touched = true;
        file.payment.intake = Intake::Closed;
        if file.payment.reference == PublicReference::Unset {
            file.payment.reference = PublicReference::Provider(answer.provider_ref.clone());
        }
        let ours = file.payment.expires_at;
        let Some(target) = file.payment.charge_mut(charge) else { return };
        let payable_until = payable_until(target.created_at, answer.expires_at, natural_life, ours);
        target.opening = Opening::Opened(Opened {
            provider_ref: answer.provider_ref.clone(),
            artefact: answer.artefact.clone(),
            at: now,
            payable_until,
        });
        // Nobody is to wait at a code that has died.
        file.payment.expires_at = ours.min(payable_until);
        self.note(payment, note);
        self.hear(payment, charge, &Signal::Pending);
    }

    /// Nobody knows whether the provider has it. Where an answer told an id although it did not fit,
    /// or one turned up meanwhile, the id is kept, so that the charge can be closed.
    pub fn unanswered(
        &mut self,
        payment: &PaymentId,
        charge: &ChargeId,
        exchange: &Exchange,
        told: Option<&ProviderRef>,
    ) {
        let now = self.now;
        let note = with_exchange(self.new_note(AuditEvent::ChargeUnknown, charge), exchange);
        let Some(target) = self.charge_mut(payment, charge) else { return };
        match (told, &target.opening) {
            (Some(provider_ref), _) => {
                target.opening = Opening::Found { provider_ref: provider_ref.clone(), at: now };
            }
            (None, Opening::Found { .. }) => {}
            (None, Opening::Intended | Opening::Opened(_) | Opening::Unknown { .. } | Opening::Refused { .. }) => {
                target.opening = Opening::Unknown { since: now };
            }
        }
        self.note(payment, note);
    }

    /// An opening was not answered and is made again under its key: the intent stands.
    pub fn unanswered_once(&mut self, payment: &PaymentId, charge: &ChargeId, exchange: &Exchange) {
        let note = with_exchange(self.new_note(AuditEvent::ChargeUnknown, charge), exchange);
        self.note(payment, note);
    }

    /// The provider certainly does not have it.
    pub fn refused(&mut self, payment: &PaymentId, charge: &ChargeId, error: &ProviderError) {
        let now = self.now;
        let code = error.code();
        let note = with_exchange(self.new_note(AuditEvent::ChargeRefused, charge), &error.exchange).with("code", &code);
        let Some(target) = self.charge_mut(payment, charge) else { return };
        target.opening = Opening::Refused { at: now };
        self.note(payment, note);
        let reason = if error.is_refusal() { code } else { FailureReason::not_opened() };
        self.hear(payment, charge, &Signal::Failed { at: now, reason });
    }

    /// Puts a charge that nobody was shown aside: it is closed as soon as its id is known, and
    /// watched until it is dead.
    pub fn hide(&mut self, payment: &PaymentId, charge: &ChargeId) {
        let now = self.now;
        let Some(target) = self.charge_mut(payment, charge) else { return };
        target.exposure = Exposure::Hidden { since: now };
        target.closing = Closing::Wanted { attempts: 0, next_at: now };
        let note = self.new_note(AuditEvent::ChargeHidden, charge);
        self.note(payment, note);
    }

    /// An id for a charge whose answer was lost turned up.
    pub fn found(&mut self, payment: &PaymentId, charge: &ChargeId, provider_ref: &ProviderRef) {
        let now = self.now;
        let Some(target) = self.charge_mut(payment, charge) else { return };
        match target.opening {
            Opening::Intended | Opening::Unknown { .. } | Opening::Refused { .. } => {
                target.opening = Opening::Found { provider_ref: provider_ref.clone(), at: now };
                let note = self.new_note(AuditEvent::ChargeFound, charge).with("provider_ref", provider_ref);
                self.note(payment, note);
            }
            Opening::Opened(_) | Opening::Found { .. } => {}
        }
    }

    /// No more charges are opened for the payment. If its first answer could not be a 200, its public
    /// reference is its own id for good.
    pub fn close_intake(&mut self, payment: &PaymentId) {
        if let Some(file) = self.file_mut(payment) {
            file.touched = true;
            file.payment.intake = Intake::Closed;
        }
        self.fix_reference(payment);
    }

    /// An answer without a provider's id goes out: the public reference is the payment's own id for good.
    pub fn fix_reference(&mut self, payment: &PaymentId) {
        if let Some(file) = self.file_mut(payment)
            && file.payment.reference == PublicReference::Unset
        {
            file.touched = true;
            file.payment.reference = PublicReference::Own;
        }
    }
}

/// Until when the provider may take money: what it says, else what is known of its kind, else our expiry.
fn payable_until(
    created_at: Timestamp,
    theirs: Option<Timestamp>,
    natural_life: Option<Duration>,
    ours: Timestamp,
) -> Timestamp {
    theirs.or_else(|| natural_life.map(|life| created_at.plus(life))).unwrap_or(ours)
}

fn with_exchange(note: AuditNote, exchange: &Exchange) -> AuditNote {
    let note = match &exchange.request {
        Some(request) => note.with_body(BodyRole::Request, request.as_bytes()),
        None => note,
    };
    match &exchange.response {
        Some(response) => note.with_body(BodyRole::Response, response.as_bytes()),
        None => note,
    }
}
