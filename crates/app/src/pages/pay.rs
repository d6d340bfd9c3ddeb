//! The pay page: what a customer sees of a payment, on their phone or on the till's second screen.

mod offer;
mod render;
#[cfg(test)]
mod tests;
mod words;

use std::time::Duration;

use mstore_pay_domain::charge::{Artefact, Receipt};
use mstore_pay_domain::gateway::PaymentView;
use mstore_pay_domain::ids::OrderCode;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::{Display, PaymentStatus, Revision, Standing, Withdrawal};
use mstore_pay_domain::time::Timestamp;

use crate::language::Language;

/// All that the pay page shows of a payment, at one moment and in one tongue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PayPage {
    language: Language,
    amount: Money,
    order_code: OrderCode,
    method: Method,
    description: Option<String>,
    revision: Revision,
    /// Whether more is to come, so that the page asks again.
    follows: bool,
    screen: Screen,
}

/// What fills the page.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Screen {
    /// The charge is being opened: nothing to show yet.
    Preparing,
    /// A push or a card may have reached the provider: nobody answered yet.
    Unsure,
    /// The customer can pay.
    Waiting { offer: Artefact, until: Timestamp, left: Duration },
    /// Money came.
    Paid { receipt: Option<Receipt> },
    /// A part of it went back.
    PartlyRefunded { receipt: Option<Receipt> },
    /// All of it went back.
    Refunded,
    /// The provider took it back.
    Reversed,
    /// The order was paid otherwise: by another payment, or in cash.
    PaidElsewhere,
    /// The cashier chose another method or amount.
    Replaced,
    /// Its time is over.
    Expired,
    /// Cancelled, or the order called off.
    Cancelled,
    /// It failed.
    Failed,
}

/// What may be put before a customer at that moment: nothing unless the payment waits for money, is on
/// display and has time left. The pictures of a QR code are drawn only of what this returns.
#[must_use]
pub fn displayed(view: &PaymentView, now: Timestamp) -> Option<&Artefact> {
    let payment = &view.payment;
    let open = payment.status() == PaymentStatus::Pending && payment.display == Display::Shown;
    if !open || paid_elsewhere(view) || view.order_status == Some(OrderStatus::Voided) || now >= payment.expires_at {
        return None;
    }
    payment.shown_charge().filter(|charge| charge.state.is_open()).and_then(|charge| charge.artefact())
}

impl PayPage {
    /// The page of a payment as it stands at that moment.
    #[must_use]
    pub fn of(view: &PaymentView, now: Timestamp, language: Language) -> Self {
        let payment = &view.payment;
        Self {
            language,
            amount: payment.amount.clone(),
            order_code: payment.order_code.clone(),
            method: payment.method,
            description: payment.details.description.clone(),
            revision: payment.revision,
            follows: !view.is_settled(),
            screen: Screen::of(view, now),
        }
    }

    /// The page with the time left as it passes for the customer, where our calendar runs faster than theirs.
    #[must_use]
    pub fn counting(mut self, as_felt: impl FnOnce(Duration) -> Duration) -> Self {
        if let Screen::Waiting { left, .. } = &mut self.screen {
            *left = as_felt(*left);
        }
        self
    }
}

impl Screen {
    fn of(view: &PaymentView, now: Timestamp) -> Self {
        let payment = &view.payment;
        let standing = payment.standing();
        if let Standing::Settled { status, receipt } = standing {
            return Self::settled(status, receipt);
        }
        if paid_elsewhere(view) {
            return Self::PaidElsewhere;
        }
        if view.order_status == Some(OrderStatus::Voided) {
            return Self::Cancelled;
        }
        if let Display::Withdrawn { why, .. } = payment.display {
            return match why {
                Withdrawal::Cancelled | Withdrawal::Voided => Self::Cancelled,
                Withdrawal::Superseded => Self::Replaced,
                Withdrawal::PaidBy { .. } | Withdrawal::PaidInCash => Self::PaidElsewhere,
                Withdrawal::Expired if payment.unanswered_push().is_some() => Self::Unsure,
                Withdrawal::Expired => Self::Expired,
            };
        }
        match standing {
            Standing::Expired { .. } => Self::Expired,
            Standing::Canceled { .. } => Self::Cancelled,
            Standing::Failed { .. } => Self::Failed,
            Standing::Settled { .. } | Standing::Pending => Self::pending(view, now),
        }
    }

    fn settled(status: PaymentStatus, receipt: Option<Receipt>) -> Self {
        match status {
            PaymentStatus::PartiallyRefunded => Self::PartlyRefunded { receipt },
            PaymentStatus::Refunded => Self::Refunded,
            PaymentStatus::Reversed => Self::Reversed,
            PaymentStatus::Paid
            | PaymentStatus::Pending
            | PaymentStatus::Expired
            | PaymentStatus::Canceled
            | PaymentStatus::Failed => Self::Paid { receipt },
        }
    }

    fn pending(view: &PaymentView, now: Timestamp) -> Self {
        let until = view.payment.expires_at;
        match displayed(view, now) {
            Some(offer) => Self::Waiting { offer: offer.clone(), until, left: until.since(now) },
            None if view.payment.unanswered_push().is_some() => Self::Unsure,
            None if now >= until => Self::Expired,
            None => Self::Preparing,
        }
    }
}

fn paid_elsewhere(view: &PaymentView) -> bool {
    let by_another = view.paid_by.is_some_and(|paid| paid != view.payment.id);
    by_another || matches!(view.order_status, Some(OrderStatus::Paid | OrderStatus::Synced))
}
