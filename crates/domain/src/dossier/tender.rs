//! What ends an order without a provider: cash, a void, and posting to the books.

use super::Dossier;
use crate::audit::{AuditEvent, AuditNote};
use crate::cash::CashTender;
use crate::exception::Misfit;
use crate::ids::PaymentId;
use crate::money::Money;
use crate::order::{Order, OrderSignal, OrderState, PaidBy};
use crate::payment::{Payment, PaymentStatus, Revision, Withdrawal};

impl Dossier {
    /// Registers the order, which nobody had registered. Money that came before and is not what it costs is put before a
    /// person.
    pub fn register(&mut self, order: Order) {
        self.order = Some(order);
        self.order_touched = true;
        self.payer_is_new = true;
    }

    /// The payment of an order that was not registered before came to nothing, as its till says.
    pub fn end_unpaid(&mut self, state: OrderState) {
        if let Some(order) = self.order.as_mut().filter(|order| order.revision == Revision::NEW)
            && order.state == OrderState::Draft
        {
            order.state = state;
        }
    }

    /// Writes the order even if nothing about it changed, so that its revision counts up.
    pub fn touch_order(&mut self) {
        self.order_touched = self.order.is_some();
    }

    /// Has the order cost something else.
    pub fn reprice(&mut self, grand_total: &Money) {
        if let Some(order) = &mut self.order {
            order.grand_total = grand_total.clone();
            self.order_touched = true;
        }
    }

    /// Keeps cash that was taken. It pays the order; where that was paid or called off already, or costs something else,
    /// it is put before a person. Whatever could still be paid is called off.
    pub fn take_cash(&mut self, tender: CashTender) {
        let payer = self.paid_payment().map(|payment| payment.id);
        let paid_before = payer.is_some() || self.order.as_ref().is_some_and(|order| order.state.paid_by().is_some());
        let is_voided = self.order.as_ref().is_some_and(|order| matches!(order.state, OrderState::Voided { .. }));
        if is_voided {
            self.raise_for_cash(payer, tender.paid_after_void());
        } else if paid_before {
            self.raise_for_cash(payer, tender.paid_twice());
        } else if let Some(misfit) = self.order.as_ref().and_then(|order| tender.misfit_of_amount(&order.grand_total)) {
            self.raise_for_cash(payer, misfit);
        }
        self.order_hears(&OrderSignal::Paid { at: tender.taken_at, by: PaidBy::Cash });
        // Also where it pays nothing: whoever decides at the same time by the cash that there is decides again.
        self.touch_order();
        self.work.tenders.push(tender);
        self.call_off_all(Withdrawal::PaidInCash);
    }

    pub(super) fn raise_for_cash(&mut self, payer: Option<PaymentId>, misfit: Misfit) {
        match payer {
            Some(payment) => {
                self.raise(&payment, None, misfit);
            }
            None => {
                self.raise_of_order(None, None, misfit);
            }
        }
    }

    /// Calls the order off, with whatever could still be paid, unless it was before. Money that came before is its
    /// payments'.
    pub fn void(&mut self, reason: Option<&str>) {
        if self.order.as_ref().is_some_and(|order| matches!(order.state, OrderState::Voided { .. })) {
            return;
        }
        let at = self.now;
        self.order_hears(&OrderSignal::Voided { at });
        self.call_off_all(Withdrawal::Voided);
        let note = AuditNote::new(at, self.actor.clone(), AuditEvent::OrderVoided);
        let note = match reason {
            Some(reason) => note.with("reason", reason),
            None => note,
        };
        let payments: Vec<PaymentId> = self.payments().map(|payment| payment.id).collect();
        for payment in payments {
            self.note(&payment, note.clone());
        }
        self.note_of_order(note);
    }

    /// Posts the paid order to the books. One whose money was taken back is not paid.
    pub fn post(&mut self) {
        if self.lost_payer().is_none() {
            self.order_hears(&OrderSignal::Synced);
        }
    }

    fn call_off_all(&mut self, why: Withdrawal) {
        let is_open = |payment: &&Payment| payment.status() == PaymentStatus::Pending;
        let open: Vec<PaymentId> = self.payments().filter(is_open).map(|payment| payment.id).collect();
        for payment in open {
            self.call_off(&payment, why);
        }
    }
}
