//! Where a transaction stands, and the code that goes with it: not the same in a status reply and a notification.

use chrono::{DateTime, Utc};

use super::time;
use crate::amount::Amount;
use crate::ledger::{Books, Charge, ChargeStatus, Event, Fraud, Method, Payment, Refund, TakenBack};
use crate::webhooks::Facts;

/// Midtrans' `transaction_status`, a challenged capture apart from one that was accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Pending,
    Authorize,
    Challenge,
    Capture,
    Settlement,
    Deny,
    Cancel,
    Expire,
    PartialRefund,
    Refund,
    Chargeback,
}

impl State {
    /// Where the transaction stands at `now`.
    ///
    /// Money that came after an expiry or a cancel makes it settled all the same (unconfirmed).
    pub(super) fn of(books: &Books, charge: &Charge, now: DateTime<Utc>) -> Self {
        if let Some(taken_back) = Self::taken_back(charge) {
            return taken_back;
        }
        if let Some(payment) = books.payments_of(&charge.id).filter(|payment| payment.succeeded()).last() {
            let refunds: Vec<&Refund> = books.refunds_of(&charge.id).filter(|refund| refund.counts()).collect();
            return Self::refunded(&refunds, payment).unwrap_or_else(|| Self::taken(charge, payment, now));
        }
        match charge.status {
            ChargeStatus::Open => Self::Pending,
            ChargeStatus::Authorized => Self::set_aside(charge),
            ChargeStatus::Paid => Self::Settlement,
            ChargeStatus::Failed => Self::Deny,
            ChargeStatus::Canceled => Self::Cancel,
            ChargeStatus::Expired => Self::Expire,
        }
    }

    /// Where it stood when that happened which a notification tells of.
    pub(super) fn told(facts: &Facts) -> Self {
        let charge = &facts.charge;
        match facts.event {
            Event::Pending => Self::Pending,
            Event::Authorized => Self::set_aside(charge),
            Event::Paid if is_card(charge) => Self::Capture,
            Event::Paid | Event::Settled | Event::Completed => Self::Settlement,
            Event::Failed => Self::Deny,
            Event::Expired => Self::Expire,
            Event::Canceled => Self::Cancel,
            Event::TakenBack => Self::taken_back(charge).unwrap_or(Self::Deny),
            Event::Refunding | Event::Refund => {
                let refunds: Vec<&Refund> = facts.refunds.iter().collect();
                let told = facts.payment.as_ref().and_then(|payment| Self::refunded(&refunds, payment));
                told.unwrap_or(Self::PartialRefund)
            }
        }
    }

    /// Where money that had come was taken back.
    fn taken_back(charge: &Charge) -> Option<Self> {
        charge.transaction.as_ref()?.taken_back.map(|how| match how {
            TakenBack::Denied => Self::Deny,
            TakenBack::ChargedBack => Self::Chargeback,
        })
    }

    /// A card that is authorised without having been asked to be waits for the merchant's word.
    fn set_aside(charge: &Charge) -> Self {
        if charge.manual_capture { Self::Authorize } else { Self::Challenge }
    }

    fn taken(charge: &Charge, payment: &Payment, now: DateTime<Utc>) -> Self {
        if is_card(charge) && now < settled(charge, payment) { Self::Capture } else { Self::Settlement }
    }

    fn refunded(refunds: &[&Refund], payment: &Payment) -> Option<Self> {
        if refunds.is_empty() {
            return None;
        }
        Some(if total(refunds) >= payment.amount { Self::Refund } else { Self::PartialRefund })
    }

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Authorize => "authorize",
            Self::Challenge | Self::Capture => "capture",
            Self::Settlement => "settlement",
            Self::Deny => "deny",
            Self::Cancel => "cancel",
            Self::Expire => "expire",
            Self::PartialRefund => "partial_refund",
            Self::Refund => "refund",
            Self::Chargeback => "chargeback",
        }
    }

    /// The check for fraud, as far as the state tells of it.
    pub(super) fn fraud(self, charge: &Charge) -> &'static str {
        let denied = charge.transaction.as_ref().is_some_and(|transaction| transaction.fraud == Fraud::Deny);
        match self {
            Self::Challenge => "challenge",
            Self::Cancel | Self::Deny if denied => "deny",
            Self::Pending
            | Self::Authorize
            | Self::Capture
            | Self::Settlement
            | Self::Deny
            | Self::Cancel
            | Self::Expire
            | Self::PartialRefund
            | Self::Refund
            | Self::Chargeback => "accept",
        }
    }

    /// The `status_code` of a status reply.
    pub(super) fn code_when_asked(self) -> u16 {
        match self {
            Self::Pending | Self::Challenge => 201,
            // Unconfirmed for `authorize` and `chargeback`.
            Self::Authorize
            | Self::Capture
            | Self::Settlement
            | Self::Cancel
            | Self::PartialRefund
            | Self::Refund
            | Self::Chargeback => 200,
            Self::Deny => 202,
            Self::Expire => 407,
        }
    }

    /// The `status_code` of a notification.
    pub(super) fn code_when_told(self) -> u16 {
        match self {
            Self::Cancel | Self::Expire => 202,
            Self::Pending
            | Self::Authorize
            | Self::Challenge
            | Self::Capture
            | Self::Settlement
            | Self::Deny
            | Self::PartialRefund
            | Self::Refund
            | Self::Chargeback => self.code_when_asked(),
        }
    }

    /// Whether no other transaction may come under its order id.
    pub(super) fn holds_its_order(self) -> bool {
        match self {
            Self::Deny | Self::Cancel | Self::Expire => false,
            Self::Pending
            | Self::Authorize
            | Self::Challenge
            | Self::Capture
            | Self::Settlement
            | Self::PartialRefund
            | Self::Refund
            | Self::Chargeback => true,
        }
    }

    /// Whether the money is, or was, the merchant's.
    pub(super) fn is_settled(self) -> bool {
        match self {
            Self::Settlement | Self::PartialRefund | Self::Refund | Self::Chargeback => true,
            Self::Pending
            | Self::Authorize
            | Self::Challenge
            | Self::Capture
            | Self::Deny
            | Self::Cancel
            | Self::Expire => false,
        }
    }
}

/// When what a card paid is settled.
pub(super) fn settled(charge: &Charge, payment: &Payment) -> DateTime<Utc> {
    let sooner = charge.transaction.as_ref().and_then(|transaction| transaction.settled_at);
    sooner.unwrap_or_else(|| time::settled(payment.arrived_at()))
}

/// What a set of refunds adds up to.
pub(super) fn total(refunds: &[&Refund]) -> Amount {
    refunds.iter().fold(Amount::rupiah(0), |sum, refund| sum.plus(&refund.amount))
}

pub(super) fn is_card(charge: &Charge) -> bool {
    matches!(charge.method, Method::Card | Method::CardPage)
}
