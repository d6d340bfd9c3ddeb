//! What a till's report does to its order: pure decisions on the order's dossier.

use super::clock_is_off;
use super::matching::{Claim, Meant, Named, Said, meant};
use super::report::{link, unproven};
use crate::cash::{CashTender, TenderSource};
use crate::dossier::Dossier;
use crate::gateway::Scope;
use crate::gateway::order::state_by_payments;
use crate::ids::{BranchId, DeviceId, OrderCode, PaymentId, TenderId, UserId};
use crate::method::Method;
use crate::money::Money;
use crate::offline::{
    ConflictKind, OfflineItem, OfflinePayment, OfflineSale, OfflineTender, OfflineVoid, Reported, SaleState,
};
use crate::order::{Order, OrderState};
use crate::payment::{Revision, Withdrawal};
use crate::time::Timestamp;

/// What an order of which only its payment is known was said to be paid by.
const IN_CASH: &str = "cash";

/// What a report is booked on.
pub(in crate::gateway) struct Terms<'a> {
    /// Whose, and in which branch.
    pub(in crate::gateway) scope: &'a Scope,
    /// Who reports.
    pub(in crate::gateway) user: &'a UserId,
    /// The till.
    pub(in crate::gateway) device: &'a DeviceId,
    /// What it reports.
    pub(in crate::gateway) item: &'a OfflineItem,
    /// The cash that was taken for the order before.
    pub(in crate::gateway) tenders: Vec<CashTender>,
    /// What reports of the order led to before.
    pub(in crate::gateway) claims: Vec<Claim>,
    /// The payment that is named.
    pub(in crate::gateway) named: Named,
    /// Whether a person said that it is to be booked although it does not fit.
    pub(in crate::gateway) is_forced: bool,
    /// The id of cash, should some be booked.
    pub(in crate::gateway) tender: TenderId,
    /// The id of a payment, should one be made.
    pub(in crate::gateway) payment: PaymentId,
}

/// What comes of a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gateway) enum Ruling {
    /// It is booked.
    Booked {
        /// What it led to.
        server_id: String,
    },
    /// It does not fit; nothing was booked.
    Violates {
        /// How it does not fit.
        conflict: ConflictKind,
        /// What is known in its place.
        server_id: Option<String>,
    },
    /// Its order is another branch's, of which this one is told no more.
    OfAnotherBranch,
    /// Its order is not known.
    OrderNotFound,
}

/// Books what a till reports on its order's dossier.
pub(in crate::gateway) fn book(dossier: &mut Dossier, terms: &Terms<'_>) -> Ruling {
    let theirs = dossier.order().is_some_and(|order| !terms.scope.covers_order(order));
    let acting = dossier.live_payment().into_iter().chain(dossier.paid_payment());
    if theirs || acting.into_iter().any(|payment| !terms.scope.covers(payment)) {
        return Ruling::OfAnotherBranch;
    }
    match &terms.item.reported {
        Reported::Sale(sale) => book_sale(dossier, terms, sale),
        Reported::Payment(payment) => book_payment(dossier, terms, payment),
        Reported::Void(void) => book_void(dossier, terms, void),
    }
}

fn book_sale(dossier: &mut Dossier, terms: &Terms<'_>, sale: &OfflineSale) -> Ruling {
    let server_id = sale.code.to_string();
    let differs = dossier.order().is_some_and(|order| order.grand_total != sale.grand_total);
    if differs && !terms.is_forced {
        return violates(ConflictKind::DataMismatch, server_id);
    }
    if sale.state == SaleState::CalledOff && is_paid_by_others(dossier, terms) && !terms.is_forced {
        return violates(ConflictKind::ConstraintViolation, server_id);
    }
    if dossier.order().is_none() {
        let order = terms.order(dossier, &sale.grand_total, sale.branch.as_ref(), sale.payment_method.clone());
        dossier.register(Order { body_json: Some(terms.item.body_json.clone()), ..order });
    }
    match sale.state {
        SaleState::Open => {}
        SaleState::Failed => dossier.end_unpaid(OrderState::Failed),
        SaleState::Expired => dossier.end_unpaid(OrderState::Expired),
        SaleState::PaidInCash => {
            terms.take_cash(dossier, &sale.grand_total);
        }
        SaleState::PaidBy(method) => {
            let amount = &sale.grand_total;
            match meant(dossier, terms, &Said { order_code: &sale.code, method, amount, receipt_id: None }) {
                Meant::This(payment) => link(dossier, terms, &payment, None),
                Meant::None => {
                    terms.keep_unproven(dossier, method, amount, None);
                }
                // Something is known that the sale can mean; which, its payment tells.
                Meant::Taken(_) | Meant::Doubtful(_) => {}
            }
        }
        SaleState::CalledOff => dossier.void(None),
    }
    Ruling::Booked { server_id }
}

fn book_payment(dossier: &mut Dossier, terms: &Terms<'_>, payment: &OfflinePayment) -> Ruling {
    let (code, amount) = (&payment.order_code, &payment.amount);
    let is_money = !matches!(payment.tender, OfflineTender::Nothing { .. });
    let differs = dossier.order().is_some_and(|order| &order.grand_total != amount);
    if is_money && differs && !terms.is_forced {
        return violates(ConflictKind::ConstraintViolation, code.to_string());
    }
    match &payment.tender {
        OfflineTender::Cash => {
            if dossier.order().is_none() {
                let order = terms.order(dossier, amount, None, Some(IN_CASH.to_owned()));
                dossier.register(order);
            }
            Ruling::Booked { server_id: terms.take_cash(dossier, amount).to_string() }
        }
        OfflineTender::Unproven { method, receipt_id, .. } => {
            let said = Said { order_code: code, method: *method, amount, receipt_id: receipt_id.as_deref() };
            book_unproven(dossier, terms, &said)
        }
        OfflineTender::Nothing { .. } => Ruling::Booked { server_id: note_unpaid(dossier, terms, code) },
    }
}

fn book_unproven(dossier: &mut Dossier, terms: &Terms<'_>, said: &Said<'_>) -> Ruling {
    // Whoever says that both stand, and names none, says that it is another payment.
    let stands_beside = terms.is_forced && !matches!(terms.named, Named::ByPerson(_));
    let doubt = match meant(dossier, terms, said) {
        Meant::This(payment) => {
            link(dossier, terms, &payment, said.receipt_id);
            return Ruling::Booked { server_id: payment.to_string() };
        }
        Meant::None => None,
        Meant::Taken(payment) => Some((ConflictKind::Duplicate, payment)),
        Meant::Doubtful(payment) => Some((ConflictKind::DataMismatch, payment)),
    };
    if let Some((conflict, known)) = doubt.filter(|_| !stands_beside) {
        return violates(conflict, known.to_string());
    }
    let kept = terms.keep_unproven(dossier, said.method, said.amount, said.receipt_id);
    Ruling::Booked { server_id: kept.to_string() }
}

/// A payment that the till itself says came to nothing is on record with the payment that it names, and books nothing.
fn note_unpaid(dossier: &mut Dossier, terms: &Terms<'_>, code: &OrderCode) -> String {
    match &terms.named {
        Named::ByTill(named) | Named::ByPerson(named) if &named.order_code == code => {
            link(dossier, terms, &named.id, None);
            named.id.to_string()
        }
        Named::ByTill(_) | Named::ByPerson(_) | Named::Unknown | Named::Nothing => code.to_string(),
    }
}

fn book_void(dossier: &mut Dossier, terms: &Terms<'_>, void: &OfflineVoid) -> Ruling {
    let server_id = void.order_code.to_string();
    let Some(order) = dossier.order() else { return Ruling::OrderNotFound };
    if matches!(order.state, OrderState::Voided { .. }) {
        return Ruling::Booked { server_id };
    }
    if is_paid_by_others(dossier, terms) && !terms.is_forced {
        return violates(ConflictKind::ConstraintViolation, server_id);
    }
    dossier.void(void.reason.as_deref());
    Ruling::Booked { server_id }
}

const fn violates(conflict: ConflictKind, server_id: String) -> Ruling {
    Ruling::Violates { conflict, server_id: Some(server_id) }
}

/// Whether money came that the till cannot have given back: a provider's, or cash at another till.
fn is_paid_by_others(dossier: &Dossier, terms: &Terms<'_>) -> bool {
    dossier.paid_payment().is_some() || terms.tenders.iter().any(|tender| tender.device.as_ref() != Some(terms.device))
}

impl Terms<'_> {
    /// When it was, by the till's clock where that can be right.
    fn happened_at(&self, now: Timestamp) -> Timestamp {
        if clock_is_off(self.item, now) { now } else { self.item.created_at_device.min(now) }
    }

    /// The order, which nobody registered, as the payments of it have it.
    fn order(
        &self,
        dossier: &Dossier,
        grand_total: &Money,
        branch: Option<&BranchId>,
        payment_method: Option<String>,
    ) -> Order {
        Order {
            merchant: self.scope.merchant.clone(),
            branch: self.scope.branch.as_ref().or(branch).cloned(),
            code: self.item.order_code().clone(),
            grand_total: grand_total.clone(),
            payment_method,
            body_json: None,
            created_at: dossier.now(),
            revision: Revision::NEW,
            state: state_by_payments(dossier.payments()),
        }
    }

    /// Books cash, unless this till told of it before in another way.
    fn take_cash(&self, dossier: &mut Dossier, amount: &Money) -> TenderId {
        let kind = self.item.kind();
        let is_told_again = |tender: &&CashTender| {
            tender.is_reported_again_as(kind, self.device, amount) && !self.is_claimed(&tender.id.to_string())
        };
        if let Some(told) = self.tenders.iter().find(is_told_again) {
            // Of two reports that both take this for theirs one is decided again.
            dossier.touch_order();
            return told.id;
        }
        let now = dossier.now();
        dossier.take_cash(CashTender {
            id: self.tender,
            merchant: self.scope.merchant.clone(),
            branch: self.scope.branch.clone(),
            order_code: self.item.order_code().clone(),
            amount: amount.clone(),
            device: Some(self.device.clone()),
            by: self.user.clone(),
            source: TenderSource::Report { kind, reference: self.item.reference.clone() },
            taken_at: self.happened_at(now),
            recorded_at: now,
        });
        self.tender
    }

    /// Keeps a payment of which only the provider can tell as the till's word, and no more. It ends with its order.
    fn keep_unproven(
        &self,
        dossier: &mut Dossier,
        method: Method,
        amount: &Money,
        receipt_id: Option<&str>,
    ) -> PaymentId {
        let payment = unproven(dossier, self, method, amount);
        dossier.add(payment);
        link(dossier, self, &self.payment, receipt_id);
        if let Some(why) = self.over(dossier) {
            dossier.call_off(&self.payment, why);
        }
        self.payment
    }

    /// Why nothing of the order can wait for money any more; `None` where it can.
    pub(super) fn over(&self, dossier: &Dossier) -> Option<Withdrawal> {
        let is_voided = dossier.order().is_some_and(|order| matches!(order.state, OrderState::Voided { .. }));
        if is_voided { Some(Withdrawal::Voided) } else { (!self.tenders.is_empty()).then_some(Withdrawal::PaidInCash) }
    }
}
