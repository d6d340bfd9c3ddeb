//! An order's dossier: the order, if it is registered, and all its payments. Every decision is taken
//! on a dossier by pure code and leaves it as one [`UnitOfWork`], so that siblings, the order, the
//! outbox and the audit trail cannot come apart.

mod absorb;
mod closing;
mod conclude;
mod opening;
mod tender;

pub use absorb::Absorbed;

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::audit::{Actor, AuditEvent, AuditNote, BodyRole, MerchantNote};
use crate::cash::CashTender;
use crate::charge::{Charge, Outcome, Signal};
use crate::exception::{ExceptionState, Misfit, MoneyException};
use crate::ids::{ChargeId, ExceptionId, MerchantId, OrderCode, PaymentId, ProviderRef};
use crate::order::{Order, OrderState, PaidBy};
use crate::payment::{Payment, PaymentStatus, Revision};
use crate::ports::{Drift, Finder, IdGenerator, RecordedMoney};
use crate::time::Timestamp;
use crate::unit_of_work::{Due, ExceptionWrite, LiveOrderWrite, OrderRead, UnitOfWork};

/// An order and all its payments, as read, and what was decided since.
pub struct Dossier {
    merchant: MerchantId,
    order_code: OrderCode,
    order: Option<Order>,
    order_touched: bool,
    /// Whether the order's payer is new to it, so that what it brought is held against what the order costs.
    payer_is_new: bool,
    files: Vec<File>,
    holds: Vec<LiveOrderWrite>,
    work: UnitOfWork,
    raised_before: BTreeSet<String>,
    cash: Option<Vec<CashTender>>,
    read: OrderRead,
    now: Timestamp,
    actor: Actor,
    ids: Arc<dyn IdGenerator>,
}

/// One payment of the dossier.
struct File {
    payment: Payment,
    before: Before,
    touched: bool,
    due: Option<Due>,
    fresh_receipts: Vec<(ChargeId, ProviderRef)>,
    fresh_reversals: Vec<(ChargeId, ProviderRef)>,
}

/// Where a payment stood when it was read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Unwritten,
    Stood(PaymentStatus),
}

impl Dossier {
    /// Opens the dossier of an order with what was read of it.
    #[must_use]
    pub fn open(
        merchant: MerchantId,
        order_code: OrderCode,
        order: Option<Order>,
        payments: Vec<Payment>,
        now: Timestamp,
        actor: Actor,
        ids: Arc<dyn IdGenerator>,
    ) -> Self {
        let file = |payment: Payment| {
            let before = Before::Stood(payment.status());
            File { payment, before, touched: false, due: None, fresh_receipts: Vec::new(), fresh_reversals: Vec::new() }
        };
        let read = OrderRead {
            merchant: merchant.clone(),
            order_code: order_code.clone(),
            order: order.as_ref().map_or(Revision::NEW, |order| order.revision),
            payments: payments.iter().map(|payment| (payment.id, payment.revision)).collect(),
        };
        Self {
            merchant,
            order_code,
            order,
            order_touched: false,
            payer_is_new: false,
            files: payments.into_iter().map(file).collect(),
            holds: Vec::new(),
            work: UnitOfWork::default(),
            raised_before: BTreeSet::new(),
            cash: None,
            read,
            now,
            actor,
            ids,
        }
    }

    /// This dossier with the keys of exceptions that a person has been put before: the same money is not
    /// put before them again.
    #[must_use]
    pub fn knowing(mut self, raised: impl IntoIterator<Item = String>) -> Self {
        self.raised_before.extend(raised);
        self
    }

    /// The payment whose money paid the order and was taken back. What becomes of the order then is concluded only
    /// [`knowing_cash`](Self::knowing_cash) of it.
    #[must_use]
    pub fn lost_payer(&self) -> Option<PaymentId> {
        match self.order.as_ref()?.state {
            OrderState::Paid { by: PaidBy::Payment(payer), .. } => {
                self.payment(&payer).filter(|payment| payment.status() == PaymentStatus::Reversed).map(|_| payer)
            }
            OrderState::Paid { by: PaidBy::Cash, .. }
            | OrderState::Draft
            | OrderState::PendingPayment
            | OrderState::Synced { .. }
            | OrderState::Failed
            | OrderState::Expired
            | OrderState::Voided { .. } => None,
        }
    }

    /// This dossier with all cash that was taken for the order.
    #[must_use]
    pub fn knowing_cash(mut self, cash: Vec<CashTender>) -> Self {
        self.cash = Some(cash);
        self
    }

    /// The payments for which this decision puts money before a person.
    pub fn raises_for(&self) -> impl Iterator<Item = PaymentId> {
        self.work.exceptions.iter().filter_map(|write| match write {
            ExceptionWrite::Raise(exception) => exception.payment,
            ExceptionWrite::Resolve(_) => None,
        })
    }

    /// When this decision is taken.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// The order, if it is registered.
    #[must_use]
    pub fn order(&self) -> Option<&Order> {
        self.order.as_ref()
    }

    /// The payments, oldest first.
    pub fn payments(&self) -> impl Iterator<Item = &Payment> {
        self.files.iter().map(|file| &file.payment)
    }

    /// The payment of that id.
    #[must_use]
    pub fn payment(&self, id: &PaymentId) -> Option<&Payment> {
        self.payments().find(|payment| &payment.id == id)
    }

    /// The charge of that id and its payment.
    #[must_use]
    pub fn charge(&self, id: &ChargeId) -> Option<(&Payment, &Charge)> {
        self.payments().find_map(|payment| payment.charge(id).map(|charge| (payment, charge)))
    }

    /// A payment that holds money for this order, if one does.
    #[must_use]
    pub fn paid_payment(&self) -> Option<&Payment> {
        self.payments().find(|payment| payment.status().holds_money())
    }

    /// The money that this decision puts on record, which that brought.
    #[must_use]
    pub fn recorded_money(&self, by: Finder) -> Vec<RecordedMoney> {
        let of_file = |file: &File| {
            let recorded = file.fresh_receipts.iter().filter_map(|(charge, receipt)| {
                let charge = file.payment.charge(charge)?;
                let receipt = charge.state.funds()?.receipt(receipt)?;
                Some(RecordedMoney {
                    provider: charge.provider.clone(),
                    method: file.payment.method,
                    by,
                    paid_at: receipt.paid_at,
                    recorded_at: self.now,
                })
            });
            recorded.collect::<Vec<_>>()
        };
        self.files.iter().flat_map(of_file).collect()
    }

    /// What else shall be written with the decision: inbox marks, idempotency keys.
    pub fn work_mut(&mut self) -> &mut UnitOfWork {
        &mut self.work
    }

    /// Says when a worker shall look at a payment, in place of the schedule.
    pub fn set_due(&mut self, payment: &PaymentId, due: Due) {
        if let Some(file) = self.file_mut(payment) {
            file.due = Some(due);
        }
    }

    /// Writes the payment even if nothing else about it changed, so that its revision counts up.
    pub fn touch(&mut self, payment: &PaymentId) {
        if let Some(file) = self.file_mut(payment) {
            file.touched = true;
        }
    }

    /// A look at the payment ends with this decision: should it be written, the schedule counts from now.
    pub fn looked_at(&mut self, payment: &PaymentId) {
        let now = self.now;
        if let Some(file) = self.file_mut(payment) {
            file.payment.checks.last_at = Some(now);
        }
    }

    /// Puts money that does not fit before a person, once per money; `false` if it was before.
    pub fn raise(&mut self, payment: &PaymentId, charge: Option<ChargeId>, misfit: Misfit) -> bool {
        let note =
            AuditNote::new(self.now, self.actor.clone(), AuditEvent::ExceptionRaised).with("kind", misfit.kind());
        let Some(key) = self.raise_of_order(Some(*payment), charge, misfit) else { return false };
        self.note(payment, note.with("key", &key));
        true
    }

    /// Puts money of the order that does not fit before a person, whether or not it is a payment's; gives its key,
    /// unless it was before.
    fn raise_of_order(
        &mut self,
        payment: Option<PaymentId>,
        charge: Option<ChargeId>,
        misfit: Misfit,
    ) -> Option<String> {
        let exception = MoneyException {
            id: ExceptionId::new(self.ids.uuid()),
            merchant: Some(self.merchant.clone()),
            order_code: Some(self.order_code.clone()),
            payment,
            charge,
            misfit,
            at: self.now,
            state: ExceptionState::Open,
        };
        let key = exception.key();
        let is_news = self.raised_before.insert(key.clone());
        is_news.then(|| {
            self.work.exceptions.push(ExceptionWrite::Raise(exception));
            key
        })
    }

    /// Puts on record what was said of a charge that we do not know, with the body in which it was said.
    pub fn drifted(
        &mut self,
        payment: &PaymentId,
        charge: &ChargeId,
        drift: &[Drift],
        (role, body): (BodyRole, &[u8]),
    ) {
        for drift in drift {
            let note = self.new_note(AuditEvent::ProviderDrifted, charge).with(drift.kind(), &drift.what());
            self.note(payment, note.with_body(role, body));
        }
    }

    /// Puts a note on a payment's record.
    pub fn note(&mut self, payment: &PaymentId, note: AuditNote) {
        let Self { files, work, .. } = self;
        if let Some(file) = files.iter_mut().find(|file| &file.payment.id == payment) {
            file.touched = true;
            work.note(&mut file.payment, note);
        }
    }

    /// Puts a note about the order on its merchant's record, whether or not it has payments.
    pub fn note_of_order(&mut self, note: AuditNote) {
        let note = note.with("order", &self.order_code);
        self.work.merchant_notes.push(MerchantNote { merchant: self.merchant.clone(), note });
    }

    fn new_note(&self, event: AuditEvent, charge: &ChargeId) -> AuditNote {
        AuditNote::new(self.now, self.actor.clone(), event).with("charge", charge)
    }

    fn file_mut(&mut self, payment: &PaymentId) -> Option<&mut File> {
        self.files.iter_mut().find(|file| &file.payment.id == payment)
    }

    fn charge_mut(&mut self, payment: &PaymentId, charge: &ChargeId) -> Option<&mut Charge> {
        self.file_mut(payment).and_then(|file| {
            file.touched = true;
            file.payment.charge_mut(charge)
        })
    }

    /// Lets a charge hear a signal, and puts on record what came of it.
    fn hear(&mut self, payment: &PaymentId, charge: &ChargeId, signal: &Signal) -> Outcome {
        let Some(file) = self.file_mut(payment) else { return Outcome::Stale };
        let asked = file.payment.amount.clone();
        let Some(target) = file.payment.charge_mut(charge) else { return Outcome::Stale };
        let from = target.state.status();
        let is_known = is_of_known_money(target, signal);
        let outcome = target.apply(signal, &asked);
        let to = target.state.status();
        let Outcome::Moved(_) = &outcome else { return outcome };
        file.touched = true;
        // When and by whom it was paid, told more exactly: it is on record with the report, and takes no effect anew.
        if is_known {
            return outcome;
        }
        match signal {
            Signal::Received(receipt) => file.fresh_receipts.push((*charge, receipt.payment_ref.clone())),
            Signal::Reversed { payment_ref, .. } => file.fresh_reversals.push((*charge, payment_ref.clone())),
            Signal::Pending
            | Signal::Expired { .. }
            | Signal::Canceled { .. }
            | Signal::Failed { .. }
            | Signal::Refunded(_) => {}
        }
        let note = self
            .new_note(AuditEvent::ChargeMoved, charge)
            .with("from", from.word())
            .with("to", to.word())
            .with("signal", signal.kind().word());
        self.note(payment, note);
        outcome
    }
}

/// Whether a signal tells of money that the charge holds already.
fn is_of_known_money(charge: &Charge, signal: &Signal) -> bool {
    let Signal::Received(receipt) = signal else { return false };
    charge.state.funds().is_some_and(|funds| funds.receipt(&receipt.payment_ref).is_some())
}
