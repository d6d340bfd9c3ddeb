//! Taking in what a provider says of a charge.

use super::Dossier;
use crate::audit::{AuditEvent, BodyRole};
use crate::charge::{Charge, Closing, DisputeReason, Outcome, Signal};
use crate::exception::{Misfit, MoneySource};
use crate::ids::{ChargeId, PaymentId};
use crate::method::Method;
use crate::money::ReportedMoney;
use crate::payment::{Display, Payment, Withdrawal};
use crate::ports::{ChargeSnapshot, SnapshotStatus};

/// What a snapshot did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absorbed {
    /// Something changed.
    Changed,
    /// Nothing new was said.
    Nothing,
    /// It speaks of something else than this charge: an exception is raised, nothing was taken in.
    Foreign,
}

impl Dossier {
    /// Takes in a snapshot, whatever it repeats or contradicts. Money that does not fit raises its
    /// exception; a snapshot whose reference, amount or order is not the charge's is not taken in.
    pub fn absorb(&mut self, payment: &PaymentId, charge: &ChargeId, snapshot: &ChargeSnapshot) -> Absorbed {
        let Some((known_payment, known)) = self.charge(charge) else { return Absorbed::Nothing };
        if !fits(known_payment, known, snapshot) {
            let source = snapshot
                .receipts
                .first()
                .map(|receipt| &receipt.payment_ref)
                .or(snapshot.charge_ref.as_ref())
                .map(|found| MoneySource::Receipt(found.clone()));
            if let Some(source) = source {
                self.raise(payment, Some(*charge), Misfit::AccountMismatch { source });
            }
            return Absorbed::Foreign;
        }
        let signals = signals_of(known_payment, known, snapshot);
        let mut changed = false;
        if let Some(charge_ref) = &snapshot.charge_ref
            && known.provider_ref().is_none()
        {
            self.found(payment, charge, charge_ref);
            changed = true;
        }
        for signal in &signals {
            match self.hear(payment, charge, signal) {
                Outcome::Moved(_) => changed = true,
                Outcome::Unchanged | Outcome::Stale => {}
                Outcome::Disputed(reason) => changed |= self.dispute(payment, charge, signal, reason),
            }
        }
        changed |= self.raise_for_fees(payment, charge, snapshot);
        if changed {
            self.keep_exchange(payment, charge, snapshot);
            Absorbed::Changed
        } else {
            Absorbed::Nothing
        }
    }

    /// A fee that the customer bore is put before a person where it is forbidden; `false` if none was, or before.
    fn raise_for_fees(&mut self, payment: &PaymentId, charge: &ChargeId, snapshot: &ChargeSnapshot) -> bool {
        if self.payment(payment).is_none_or(|payment| payment.method != Method::Qris) {
            return false;
        }
        snapshot.fees.iter().fold(false, |raised, (receipt, fee)| {
            let misfit = Misfit::FeeOnQris { receipt: receipt.clone(), fee: fee.clone() };
            self.raise(payment, Some(*charge), misfit) | raised
        })
    }

    fn keep_exchange(&mut self, payment: &PaymentId, charge: &ChargeId, snapshot: &ChargeSnapshot) {
        let Some(response) = &snapshot.exchange.response else { return };
        let note =
            self.new_note(AuditEvent::ReceiptRecorded, charge).with_body(BodyRole::Response, response.as_bytes());
        let receipts = snapshot.receipts.len();
        self.note(payment, note.with("receipts", &receipts));
    }

    /// Puts money that does not fit the charge before a person; `false` if it was before.
    fn dispute(&mut self, payment: &PaymentId, charge: &ChargeId, signal: &Signal, reason: DisputeReason) -> bool {
        let (expected, got) = match reason {
            DisputeReason::AmountMismatch { expected, got } => (expected, got),
            DisputeReason::ReceiptChanged { known, got, .. } => (known.amount, got),
        };
        // Only money can be disputed.
        let Signal::Received(receipt) = signal else { return false };
        let source = MoneySource::Receipt(receipt.payment_ref.clone());
        if !self.raise(payment, Some(*charge), Misfit::of_amount(source, expected.clone(), got.clone())) {
            return false;
        }
        let note = self
            .new_note(AuditEvent::SignalDisputed, charge)
            .with("signal", signal.kind().word())
            .with("expected", &expected)
            .with("got", &got.amount)
            .with("currency", &got.currency);
        self.note(payment, note);
        true
    }
}

/// Whether a snapshot speaks of this charge: every name and amount it tells is the charge's own.
fn fits(payment: &Payment, charge: &Charge, snapshot: &ChargeSnapshot) -> bool {
    let same_reference =
        snapshot.our_reference.as_ref().is_none_or(|reference| reference == charge.our_reference.as_str());
    let same_order = snapshot.order_code.as_ref().is_none_or(|code| code == payment.order_code.as_str());
    let is_by_id = charge.provider_ref().is_some() && charge.provider_ref() == snapshot.charge_ref.as_ref();
    // At a provider whose charges are their own payments, what came stands where what was asked did.
    let is_what_came =
        |asked: &ReportedMoney| is_by_id && snapshot.receipts.iter().any(|receipt| receipt.money == *asked);
    let same_amount = snapshot.asked.as_ref().is_none_or(|asked| asked.fits(&payment.amount) || is_what_came(asked));
    let same_object = is_by_id || charge.provider_ref().is_none() || snapshot.charge_ref.is_none();
    // An object whose id we never heard is adopted by its reference only.
    let named = charge.provider_ref().is_some() || snapshot.our_reference.is_some();
    same_reference && same_order && same_amount && same_object && named
}

fn signals_of(payment: &Payment, charge: &Charge, snapshot: &ChargeSnapshot) -> Vec<Signal> {
    // A provider reports what we had closed because its time was over as cancelled.
    let closed_on_expiry = matches!(payment.display, Display::Withdrawn { why: Withdrawal::Expired, .. })
        && charge.closing != Closing::NotAsked;
    let at = snapshot.expires_at.filter(|at| *at >= charge.created_at).unwrap_or(charge.created_at);
    let status = match &snapshot.status {
        SnapshotStatus::Pending => Some(Signal::Pending),
        SnapshotStatus::Expired => Some(Signal::Expired { at }),
        SnapshotStatus::Canceled if closed_on_expiry => Some(Signal::Expired { at }),
        SnapshotStatus::Canceled => Some(Signal::Canceled { at }),
        SnapshotStatus::Failed(reason) => Some(Signal::Failed { at, reason: reason.clone() }),
        SnapshotStatus::Unrecognised(_) => None,
    };
    let receipts = snapshot.receipts.iter().cloned().map(Signal::Received);
    let refunds = snapshot.refunds.iter().cloned().map(Signal::Refunded);
    let reversals = snapshot
        .reversals
        .iter()
        .map(|(payment_ref, at)| Signal::Reversed { payment_ref: payment_ref.clone(), at: *at });
    status.into_iter().chain(receipts).chain(refunds).chain(reversals).collect()
}
