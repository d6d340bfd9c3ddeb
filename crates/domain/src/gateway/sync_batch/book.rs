//! What a till's report does to its order: pure decisions on the order's dossier.

use super::clock_is_off;
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
use crate::payment::{Payment, PaymentStatus, Revision};
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
    /// The payment that the till names.
    pub(in crate::gateway) named: Option<Payment>,
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
        SaleState::PaidInCash => {
            terms.take_cash(dossier, &sale.grand_total);
        }
        SaleState::PaidBy(method) => {
            terms.keep_unproven(dossier, method, &sale.grand_total, None);
        }
        SaleState::CalledOff => dossier.void(None),
    }
    Ruling::Booked { server_id }
}

fn book_payment(dossier: &mut Dossier, terms: &Terms<'_>, payment: &OfflinePayment) -> Ruling {
    let (code, amount) = (&payment.order_code, &payment.amount);
    if dossier.order().is_some_and(|order| &order.grand_total != amount) && !terms.is_forced {
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
            if let Some(named) = terms.named.as_ref().filter(|named| !is_of(named, code, *method, amount))
                && !terms.is_forced
            {
                return violates(ConflictKind::DataMismatch, named.id.to_string());
            }
            let kept = terms.keep_unproven(dossier, *method, amount, receipt_id.as_deref());
            Ruling::Booked { server_id: kept.to_string() }
        }
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

fn is_of(payment: &Payment, code: &OrderCode, method: Method, amount: &Money) -> bool {
    &payment.order_code == code && payment.method == method && &payment.amount == amount
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
        let told = self.tenders.iter().find(|tender| tender.is_reported_again_as(kind, self.device, amount));
        if let Some(told) = told {
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

    /// Keeps a payment of which only the provider can tell. Where one of the same method and amount was made for the
    /// order it is that one; else it is kept as the till's word, and no more.
    fn keep_unproven(
        &self,
        dossier: &mut Dossier,
        method: Method,
        amount: &Money,
        receipt_id: Option<&str>,
    ) -> PaymentId {
        let fits = |payment: &&Payment| payment.method == method && &payment.amount == amount;
        let likely = |payment: &Payment| likelihood(payment).map(|likelihood| (likelihood, payment.id));
        let twin = dossier.payments().filter(fits).filter_map(likely).max_by_key(|(likelihood, _)| *likelihood);
        let twin = twin.map(|(_, id)| id);
        if let Some(twin) = twin {
            link(dossier, self, &twin, receipt_id);
            return twin;
        }
        let payment = unproven(dossier, self, method, amount);
        dossier.add(payment);
        link(dossier, self, &self.payment, receipt_id);
        self.payment
    }
}

/// How likely it is that a till means this payment of several; `None` where it cannot: its money was given back, or
/// nothing is at the provider that could have been paid.
fn likelihood(payment: &Payment) -> Option<u8> {
    match payment.status() {
        PaymentStatus::Paid | PaymentStatus::PartiallyRefunded => Some(2),
        PaymentStatus::Pending => Some(1),
        PaymentStatus::Expired | PaymentStatus::Canceled | PaymentStatus::Failed => {
            payment.charges.iter().any(|charge| charge.provider_ref().is_some()).then_some(0)
        }
        PaymentStatus::Refunded | PaymentStatus::Reversed => None,
    }
}
