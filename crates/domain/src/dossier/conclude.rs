//! What follows from a decision: for the siblings, the order, the outbox and the live place.

use super::{Before, Dossier, File};
use crate::charge::Closing;
use crate::event::{OutboxMessage, PaymentEvent};
use crate::exception::{Misfit, MoneySource};
use crate::ids::{ChargeId, MessageId, PaymentId, ProviderRef};
use crate::money::Money;
use crate::order::{OrderOutcome, OrderSignal, OrderState, PaidBy};
use crate::payment::{Display, Intake, Payment, PaymentStatus, Withdrawal};
use crate::schedule;
use crate::time::Timestamp;
use crate::unit_of_work::{LiveOrderWrite, OrderWrite, PaymentWrite, UnitOfWork};

impl Before {
    fn held_money(self) -> bool {
        matches!(self, Self::Stood(status) if status.holds_money())
    }
}

impl Dossier {
    /// Draws the consequences and hands over everything to be committed. Empty if nothing was decided.
    #[must_use]
    pub fn conclude(mut self) -> UnitOfWork {
        self.stop_opening_what_is_paid();
        self.close_stray_charges();
        self.raise_for_receipts();
        self.raise_for_reversals();
        self.settle_order();
        self.raise_for_amount();
        self.tell();
        self.write()
    }

    /// Money ends the search for a charge to show.
    fn stop_opening_what_is_paid(&mut self) {
        let paid: Vec<PaymentId> = self
            .files
            .iter()
            .filter(|file| file.touched && file.payment.status().saw_money() && file.payment.intake == Intake::Open)
            .map(|file| file.payment.id)
            .collect();
        for payment in paid {
            self.hide_unopened(&payment);
            self.close_intake(&payment);
        }
    }

    /// An ended or hidden charge whose id is known is wanted closed while it can still be paid.
    fn close_stray_charges(&mut self) {
        let now = self.now;
        for file in self.files.iter_mut().filter(|file| file.touched) {
            let ended = file.payment.display != Display::Shown;
            for charge in &mut file.payment.charges {
                let stray = charge.is_hidden() || (ended && charge.state.funds().is_none());
                if stray && charge.closing == Closing::NotAsked && charge.provider_ref().is_some() {
                    charge.closing = Closing::Wanted { attempts: 0, next_at: now };
                }
            }
        }
    }

    fn raise_for_receipts(&mut self) {
        let fresh: Vec<(PaymentId, ChargeId, ProviderRef)> = self
            .files
            .iter()
            .flat_map(|file| {
                file.fresh_receipts.iter().map(|(charge, receipt)| (file.payment.id, *charge, receipt.clone()))
            })
            .collect();
        let mut seen: Vec<ProviderRef> = self.receipts_before(&fresh);
        for (payment, charge, receipt) in fresh {
            let Some((amount, paid_at)) = self.receipt_of(&payment, &charge, &receipt) else { continue };
            if self.is_late(&payment, paid_at) {
                self.raise(
                    &payment,
                    Some(charge),
                    Misfit::LatePaid { receipt: receipt.clone(), amount: amount.clone() },
                );
            }
            let by_cash = self.order.as_ref().is_some_and(|order| order.state.paid_by() == Some(PaidBy::Cash));
            if by_cash || seen.iter().any(|known| known != &receipt) {
                self.raise(
                    &payment,
                    Some(charge),
                    Misfit::PaidTwice { receipt: receipt.clone(), amount: amount.clone() },
                );
            }
            if self.order.as_ref().is_some_and(|order| matches!(order.state, OrderState::Voided { .. })) {
                self.raise(&payment, Some(charge), Misfit::PaidAfterVoid { receipt: receipt.clone(), amount });
            }
            seen.push(receipt);
        }
    }

    /// The receipts of the whole order that stood before this decision.
    fn receipts_before(&self, fresh: &[(PaymentId, ChargeId, ProviderRef)]) -> Vec<ProviderRef> {
        self.payments()
            .flat_map(|payment| &payment.charges)
            .filter_map(|charge| charge.state.funds())
            .flat_map(crate::charge::Funds::standing)
            .map(|receipt| receipt.payment_ref.clone())
            .filter(|receipt| !fresh.iter().any(|(_, _, known)| known == receipt))
            .collect()
    }

    fn receipt_of(&self, payment: &PaymentId, charge: &ChargeId, receipt: &ProviderRef) -> Option<(Money, Timestamp)> {
        let funds = self.payment(payment)?.charge(charge)?.state.funds()?;
        funds.receipt(receipt).map(|receipt| (receipt.money.amount.clone(), receipt.paid_at))
    }

    /// Late: after our expiry, after the payment was called off by a person, or after the till had been
    /// told, on the provider's word, that it was over.
    fn is_late(&self, payment: &PaymentId, paid_at: Timestamp) -> bool {
        self.files.iter().find(|file| &file.payment.id == payment).is_some_and(|File { payment, before, .. }| {
            let over = matches!(
                before,
                Before::Stood(PaymentStatus::Expired | PaymentStatus::Canceled | PaymentStatus::Failed)
            );
            let called_off = match payment.display {
                Display::Withdrawn { at, why: Withdrawal::Cancelled | Withdrawal::Superseded | Withdrawal::Voided } => {
                    paid_at > at
                }
                Display::Shown
                | Display::Withdrawn {
                    why: Withdrawal::Expired | Withdrawal::PaidBy { .. } | Withdrawal::PaidInCash,
                    ..
                } => false,
            };
            called_off || paid_at > payment.expires_at || (over && payment.display == Display::Shown)
        })
    }

    fn raise_for_reversals(&mut self) {
        let fresh: Vec<(PaymentId, ChargeId, ProviderRef)> = self
            .files
            .iter()
            .flat_map(|file| {
                file.fresh_reversals.iter().map(|(charge, receipt)| (file.payment.id, *charge, receipt.clone()))
            })
            .collect();
        for (payment, charge, receipt) in fresh {
            let amount = self.receipt_of(&payment, &charge, &receipt).map_or_else(Money::zero, |(amount, _)| amount);
            self.raise(&payment, Some(charge), Misfit::Reversed { receipt, amount });
        }
    }

    /// Lets the order hear what became of its payments; once it is paid, every sibling is called off.
    fn settle_order(&mut self) {
        let cash = self.leave_lost_payer();
        // Told of every one, also of those paid before: the order may have been registered since.
        let paid: Vec<(PaymentId, Timestamp)> = self
            .payments()
            .filter(|payment| payment.status().holds_money())
            .map(|payment| (payment.id, payment.paid_at().unwrap_or(self.now)))
            .collect();
        for (payment, at) in &paid {
            self.order_hears(&OrderSignal::Paid { at: *at, by: PaidBy::Payment(*payment) });
        }
        if let Some(at) = cash {
            self.order_hears(&OrderSignal::Paid { at, by: PaidBy::Cash });
        }
        let payer = self.paid_payment().map(|payment| payment.id);
        if let Some(payer) = payer {
            let siblings: Vec<PaymentId> = self
                .payments()
                .filter(|p| p.id != payer && p.status() == PaymentStatus::Pending)
                .map(|p| p.id)
                .collect();
            for sibling in siblings {
                self.call_off(&sibling, Withdrawal::PaidBy { payment: payer });
            }
        }
        let opened = self.files.iter().any(|file| file.before == Before::Unwritten);
        if opened {
            self.order_hears(&OrderSignal::PaymentOpened);
        }
        self.end_order_with_its_payment();
    }

    /// Money that was taken back pays no order; when cash was taken, where some was, which may pay it now. Where nobody
    /// looked for cash the order stays as it is.
    fn leave_lost_payer(&mut self) -> Option<Timestamp> {
        let payer = self.lost_payer()?;
        // Some of it may have been taken by this very decision.
        let cash = self.cash.as_ref()?.iter().chain(&self.work.tenders).map(|tender| tender.taken_at).min();
        self.order_hears(&OrderSignal::MoneyGone { from: PaidBy::Payment(payer) });
        cash
    }

    /// Money decides that the order is paid; where it is not what the order costs, that is put before a person.
    fn raise_for_amount(&mut self) {
        let Some(order) = self.order.as_ref().filter(|_| self.payer_is_new) else { return };
        let total = order.grand_total.clone();
        match order.state.paid_by() {
            Some(PaidBy::Payment(payer)) => {
                let paid = self.payment(&payer).and_then(Payment::first_standing);
                let other = paid.filter(|(_, receipt)| !receipt.money.fits(&total));
                let Some((charge, receipt)) = other.map(|(charge, receipt)| (charge.id, receipt.clone())) else {
                    return;
                };
                let source = MoneySource::Receipt(receipt.payment_ref);
                self.raise(&payer, Some(charge), Misfit::of_amount(source, total, receipt.money));
            }
            Some(PaidBy::Cash) => {
                // Cash that is taken now was held against it as it came.
                let first = self.cash.as_ref().and_then(|cash| cash.iter().min_by_key(|tender| tender.taken_at));
                if let Some(misfit) = first.and_then(|tender| tender.misfit_of_amount(&total)) {
                    self.raise_for_cash(None, misfit);
                }
            }
            None => {}
        }
    }

    fn end_order_with_its_payment(&mut self) {
        if self.live_payment().is_some() {
            return;
        }
        let ended = self.files.iter().rev().find(|file| file.touched).map(|file| file.payment.status());
        match ended {
            Some(PaymentStatus::Expired) => self.order_hears(&OrderSignal::PaymentExpired),
            Some(PaymentStatus::Failed | PaymentStatus::Canceled) => self.order_hears(&OrderSignal::PaymentFailed),
            Some(
                PaymentStatus::Pending
                | PaymentStatus::Paid
                | PaymentStatus::PartiallyRefunded
                | PaymentStatus::Refunded
                | PaymentStatus::Reversed,
            )
            | None => {}
        }
    }

    pub(super) fn order_hears(&mut self, signal: &OrderSignal) {
        let Some(order) = &mut self.order else { return };
        match order.state.on(signal) {
            OrderOutcome::Moved(state) => {
                self.payer_is_new |= order.state.paid_by() != state.paid_by();
                order.state = state;
                self.order_touched = true;
            }
            // Money on a paid or voided order raised its exception with its receipt.
            OrderOutcome::Unchanged | OrderOutcome::PaidAfterVoid | OrderOutcome::PaidTwice | OrderOutcome::Refused => {
            }
        }
    }

    fn tell(&mut self) {
        let raised: Vec<PaymentId> = self
            .work
            .exceptions
            .iter()
            .filter_map(|write| match write {
                crate::unit_of_work::ExceptionWrite::Raise(exception) => exception.payment,
                crate::unit_of_work::ExceptionWrite::Resolve(_) => None,
            })
            .collect();
        let (now, ids) = (self.now, std::sync::Arc::clone(&self.ids));
        let mut messages = Vec::new();
        for file in self.files.iter().filter(|file| file.touched) {
            let status = file.payment.status();
            let mut tell =
                |event| messages.push(OutboxMessage::about(&file.payment, MessageId::new(ids.uuid()), now, event));
            if file.before != Before::Stood(status) {
                tell(PaymentEvent::StatusChanged(status));
            }
            if status.holds_money() && !file.before.held_money() {
                tell(PaymentEvent::OrderPaid { paid_at: file.payment.paid_at().unwrap_or(now) });
            }
            if raised.contains(&file.payment.id) {
                tell(PaymentEvent::ExceptionRaised);
            }
        }
        self.work.outbox.extend(messages);
    }

    fn write(self) -> UnitOfWork {
        let Self { merchant, order_code, order, order_touched, files, holds, mut work, read, now, .. } = self;
        let left_pending = |file: &&File| {
            file.touched
                && file.payment.status() != PaymentStatus::Pending
                && matches!(file.before, Before::Unwritten | Before::Stood(PaymentStatus::Pending))
        };
        work.live_orders.extend(files.iter().filter(left_pending).map(|file| LiveOrderWrite::Release {
            merchant: merchant.clone(),
            order_code: order_code.clone(),
            payment: file.payment.id,
        }));
        work.live_orders.extend(holds);
        for file in files.into_iter().filter(|file| file.touched) {
            let due = file.due.unwrap_or_else(|| schedule::next_due(&file.payment, now));
            let expected = file.payment.revision;
            work.payments.push(PaymentWrite { payment: file.payment, expected, due });
        }
        if let Some(order) = order.filter(|_| order_touched) {
            work.orders.push(OrderWrite { expected: order.revision, order });
        }
        if !work.payments.is_empty() || !work.orders.is_empty() {
            work.orders_read.push(read);
        }
        work
    }
}
