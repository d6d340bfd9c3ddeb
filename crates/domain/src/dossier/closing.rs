//! Taking payments from display and closing their charges.

use super::{Dossier, File};
use crate::audit::{AuditEvent, AuditNote};
use crate::charge::{Closing, Exposure, Opening, Risk, Signal};
use crate::exception::Misfit;
use crate::ids::{ChargeId, PaymentId};
use crate::payment::{Display, Intake, PaymentStatus, Withdrawal};
use crate::schedule;
use crate::time::Timestamp;

impl File {
    /// Brings forward what is wanted closed: somebody waits for it.
    fn close_at_once(&mut self, now: Timestamp) {
        for charge in &mut self.payment.charges {
            if let Closing::Wanted { next_at, .. } = &mut charge.closing
                && *next_at > now
            {
                *next_at = now;
                self.touched = true;
            }
        }
    }
}

impl Dossier {
    /// Takes a payment from display, and wants its charges closed at their providers. Where it is
    /// already withdrawn the first reason stands. A push of which nobody knows whether it came to the
    /// customer is put before a person, unless the order is paid.
    pub fn withdraw(&mut self, payment: &PaymentId, why: Withdrawal) {
        let now = self.now;
        let Some(file) = self.file_mut(payment) else { return };
        if file.payment.display != Display::Shown {
            if why != Withdrawal::Expired {
                file.close_at_once(now);
            }
            return;
        }
        file.touched = true;
        file.payment.display = Display::Withdrawn { at: now, why };
        file.payment.intake = Intake::Closed;
        let closing_from = if why == Withdrawal::Expired { now.plus(schedule::EXPIRY_GRACE) } else { now };
        for charge in file.payment.charges.iter_mut().filter(|charge| charge.closing == Closing::NotAsked) {
            let at_provider = !matches!(charge.opening, Opening::Refused { .. });
            if at_provider && charge.state.is_open() {
                charge.closing = Closing::Wanted { attempts: 0, next_at: closing_from };
            }
        }
        let unknown = file.payment.unanswered_push().map(|push| push.id);
        let note = AuditNote::new(now, self.actor.clone(), AuditEvent::Withdrawn).with("why", why.word());
        self.note(payment, note);
        if let Some(push) = unknown.filter(|_| !matches!(why, Withdrawal::PaidBy { .. } | Withdrawal::PaidInCash)) {
            self.raise(payment, Some(push), Misfit::OutcomeUnknown);
        }
        self.fix_reference(payment);
    }

    /// Ends a payment on our own word: withdrawn, and every open charge that may have been seen counts
    /// as cancelled. Watching goes on: the provider may still take money.
    pub fn call_off(&mut self, payment: &PaymentId, why: Withdrawal) {
        self.withdraw(payment, why);
        let at = self.now;
        self.end_open_charges(payment, &Signal::Canceled { at });
    }

    /// Puts a charge aside whose id nobody knows and that nobody was shown: it cannot be closed, and need not be waited
    /// for. A push is on the customer's phone without having been shown here.
    pub fn hide_unseen(&mut self, payment: &PaymentId) {
        let unseen: Vec<ChargeId> = self
            .payment(payment)
            .into_iter()
            .flat_map(|payment| &payment.charges)
            .filter(|charge| charge.exposure == Exposure::Displayable && charge.risk == Risk::Displayed)
            .filter(|charge| matches!(charge.opening, Opening::Intended))
            .map(|charge| charge.id)
            .collect();
        for charge in unseen {
            self.hide(payment, &charge);
        }
    }

    /// Puts aside what was still being opened for a payment that is paid: nobody was shown it, and nobody may come back to
    /// it.
    pub(super) fn hide_unopened(&mut self, payment: &PaymentId) {
        let unpaid: Vec<ChargeId> = self
            .payment(payment)
            .into_iter()
            .flat_map(|payment| &payment.charges)
            .filter(|charge| charge.exposure == Exposure::Displayable && charge.risk == Risk::Displayed)
            .filter(|charge| matches!(charge.opening, Opening::Intended | Opening::Found { .. }))
            .filter(|charge| charge.state.funds().is_none())
            .map(|charge| charge.id)
            .collect();
        for charge in unpaid {
            self.hide(payment, &charge);
        }
    }

    /// Ends a payment whose time is over, after its provider was asked.
    pub fn expire(&mut self, payment: &PaymentId) {
        self.withdraw(payment, Withdrawal::Expired);
        let at = self.now;
        self.end_open_charges(payment, &Signal::Expired { at });
    }

    /// What came of asking the provider to close a charge. `Confirmed` and `Unsupported` end an open
    /// charge as cancelled, unless its time was over: then the provider is asked for money first.
    pub fn close_asked(&mut self, payment: &PaymentId, charge: &ChargeId, closing: Closing) {
        let at = self.now;
        let Some(target) = self.charge_mut(payment, charge) else { return };
        target.closing = closing;
        let ended = match closing {
            Closing::Confirmed => "confirmed",
            Closing::Unsupported => "unsupported",
            Closing::Wanted { .. } => "unanswered",
            Closing::NotAsked => "not_asked",
        };
        let note = self.new_note(AuditEvent::CancelAsked, charge).with("answer", ended);
        self.note(payment, note);
        let expiring = self
            .payment(payment)
            .is_some_and(|payment| matches!(payment.display, Display::Withdrawn { why: Withdrawal::Expired, .. }));
        if !expiring && matches!(closing, Closing::Confirmed | Closing::Unsupported) {
            self.hear(payment, charge, &Signal::Canceled { at });
        }
    }

    /// A charge that could not be closed was over before, as its provider says when asked: there is no more
    /// to close.
    pub fn found_over(&mut self, payment: &PaymentId, charge: &ChargeId, closing: Closing) {
        if let Some(target) = self.charge_mut(payment, charge) {
            target.closing = closing;
        }
    }

    /// Whether the order's place is taken by a payment that waits for money, and by which.
    #[must_use]
    pub fn live_payment(&self) -> Option<&crate::payment::Payment> {
        self.payments().find(|payment| payment.status() == PaymentStatus::Pending && !payment.is_unproven())
    }

    fn end_open_charges(&mut self, payment: &PaymentId, signal: &Signal) {
        let open: Vec<ChargeId> = self
            .payment(payment)
            .into_iter()
            .flat_map(|payment| &payment.charges)
            .filter(|charge| charge.state.is_open() && !charge.is_hidden())
            .map(|charge| charge.id)
            .collect();
        for charge in open {
            self.hear(payment, &charge, signal);
        }
    }
}
