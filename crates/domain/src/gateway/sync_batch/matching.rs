//! Which payment of its order a till means: the one that it names; else by the number on the customer's receipt, by the
//! amount and by the time. Where that leaves a doubt it is a person's to say.

use super::book::Terms;
use super::clock_is_off;
use crate::charge::Receipt;
use crate::dossier::Dossier;
use crate::ids::{OrderCode, PaymentId};
use crate::method::Method;
use crate::money::Money;
use crate::offline::{ConflictState, OfflineConflict, OfflineEntry, OfflineKind};
use crate::payment::{Payment, PaymentStatus};
use crate::ports::ConflictKey;

/// A payment that is named by a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gateway) enum Named {
    /// None is.
    Nothing,
    /// One that is not known here, or is not the till's to name.
    Unknown,
    /// This one, by the till.
    ByTill(Box<Payment>),
    /// This one, by the person who resolves the conflict.
    ByPerson(Box<Payment>),
}

/// A payment or cash that a report led to, at once or by a person's word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::gateway) struct Claim {
    report: ConflictKey,
    server_id: String,
}

impl Claim {
    pub(super) fn of_entry(entry: OfflineEntry) -> Self {
        let OfflineEntry { merchant, device, kind, reference, fingerprint, server_id, .. } = entry;
        Self { report: ConflictKey { merchant, device, kind, reference, fingerprint }, server_id }
    }

    /// `None` where the report was not taken in.
    pub(super) fn of_conflict(conflict: &OfflineConflict) -> Option<Self> {
        match &conflict.state {
            ConflictState::Resolved { applied: Some(server_id), .. } => {
                Some(Self { report: ConflictKey::of(conflict), server_id: server_id.clone() })
            }
            ConflictState::Resolved { applied: None, .. } | ConflictState::Open => None,
        }
    }

    fn is_of(&self, terms: &Terms<'_>) -> bool {
        let ConflictKey { merchant: _, device, kind: _, reference, fingerprint } = &self.report;
        device == terms.device && reference == &terms.item.reference && *fingerprint == terms.item.fingerprint
    }
}

/// What a till says of a payment that it cannot prove.
pub(super) struct Said<'a> {
    pub(super) order_code: &'a OrderCode,
    pub(super) method: Method,
    pub(super) amount: &'a Money,
    /// The number on the customer's receipt, as the cashier read it.
    pub(super) receipt_id: Option<&'a str>,
}

/// Which payment is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    /// This one.
    This(PaymentId),
    /// None that is known.
    None,
    /// This one, but another report stands for it: one money is not two payments.
    Taken(PaymentId),
    /// This one or another: what is said does not tell, or not in accord.
    Doubtful(PaymentId),
}

/// Which payment of the order the till means.
pub(super) fn meant(dossier: &Dossier, terms: &Terms<'_>, said: &Said<'_>) -> Meant {
    match &terms.named {
        Named::Unknown => Meant::None,
        Named::ByTill(named) | Named::ByPerson(named) if !said.is_of(named) => Meant::Doubtful(named.id),
        Named::ByTill(named) | Named::ByPerson(named) if terms.is_taken(&named.id) => Meant::Taken(named.id),
        Named::ByTill(named) | Named::ByPerson(named) => Meant::This(named.id),
        Named::Nothing => by_money(dossier, terms, said),
    }
}

fn by_money(dossier: &Dossier, terms: &Terms<'_>, said: &Said<'_>) -> Meant {
    let is_over = terms.over(dossier).is_some();
    let likelihood = |payment: &Payment| likelihood(payment, is_over);
    let may_be_meant =
        |payment: &&Payment| said.is_of(payment) && terms.scope.covers(payment) && likelihood(payment).is_some();
    let (taken, free): (Vec<&Payment>, Vec<&Payment>) =
        dossier.payments().filter(may_be_meant).partition(|payment| terms.is_taken(&payment.id));
    if let Some(proven) = free.iter().find(|payment| said.names_a_receipt_of(payment) == Some(true)) {
        return Meant::This(proven.id);
    }
    let (others, open): (Vec<&Payment>, Vec<&Payment>) =
        free.into_iter().partition(|payment| said.names_a_receipt_of(payment) == Some(false));
    let best = open.iter().filter_map(|payment| likelihood(payment)).max();
    let likeliest: Vec<&Payment> = open.into_iter().filter(|payment| likelihood(payment) == best).collect();
    match likeliest.as_slice() {
        [only] => Meant::This(only.id),
        [] => match (others.first(), taken.first()) {
            (Some(other), _) => Meant::Doubtful(other.id),
            (None, Some(taken)) => Meant::Taken(taken.id),
            (None, None) => Meant::None,
        },
        [first, ..] => nearest(terms, &likeliest, dossier).map_or(Meant::Doubtful(first.id), Meant::This),
    }
}

/// The payment that was paid, or else made, nearest to when the till says; `None` where its clock cannot be right, or
/// two are as near.
fn nearest(terms: &Terms<'_>, payments: &[&Payment], dossier: &Dossier) -> Option<PaymentId> {
    if clock_is_off(terms.item, dossier.now()) {
        return None;
    }
    let said_at = terms.item.created_at_device.micros();
    let distance = |payment: &Payment| {
        let at = payment.paid_at().unwrap_or(payment.created_at).micros();
        at.abs_diff(said_at)
    };
    let least = payments.iter().map(|payment| distance(payment)).min()?;
    match payments.iter().filter(|payment| distance(payment) == least).collect::<Vec<_>>().as_slice() {
        [only] => Some(only.id),
        _ => None,
    }
}

impl Said<'_> {
    fn is_of(&self, payment: &Payment) -> bool {
        &payment.order_code == self.order_code && payment.method == self.method && &payment.amount == self.amount
    }

    /// Whether the number that the cashier read is on a receipt of the payment; `None` where nobody can tell.
    fn names_a_receipt_of(&self, payment: &Payment) -> Option<bool> {
        let read = plain(self.receipt_id?);
        let number = |receipt: &Receipt| receipt.payer.receipt_id().map(plain);
        let known: Vec<String> = payment.receipts().filter_map(|(_, receipt)| number(receipt)).collect();
        if known.is_empty() { None } else { Some(known.contains(&read)) }
    }
}

impl Terms<'_> {
    /// Whether another report of a payment stands for that one.
    fn is_taken(&self, payment: &PaymentId) -> bool {
        self.item.kind() == OfflineKind::Payment && self.is_claimed(&payment.to_string())
    }

    /// Whether another report of the same kind led to that payment or cash.
    pub(super) fn is_claimed(&self, server_id: &str) -> bool {
        let kind = self.item.kind();
        let mut others = self.claims.iter().filter(|claim| claim.report.kind == kind && !claim.is_of(self));
        others.any(|claim| claim.server_id == server_id)
    }
}

/// A number as it is compared: people leave out what is between the digits.
fn plain(number: &str) -> String {
    number.chars().filter(char::is_ascii_alphanumeric).map(|letter| letter.to_ascii_uppercase()).collect()
}

/// How likely it is that a till means this payment of several; `None` where it cannot: its money was given back, or
/// nothing is at the provider that could have been paid. One that ended unpaid did so on the provider's word, and a till
/// that says otherwise and does not name it is not believed to mean it: its own word is kept, and waits, unless its
/// order is over and nothing waits.
fn likelihood(payment: &Payment, is_over: bool) -> Option<u8> {
    match payment.status() {
        PaymentStatus::Paid | PaymentStatus::PartiallyRefunded => Some(2),
        PaymentStatus::Pending => Some(1),
        PaymentStatus::Expired | PaymentStatus::Canceled | PaymentStatus::Failed => {
            let is_known = payment.charges.iter().any(|charge| charge.provider_ref().is_some());
            (is_over && is_known).then_some(0)
        }
        PaymentStatus::Refunded | PaymentStatus::Reversed => None,
    }
}
