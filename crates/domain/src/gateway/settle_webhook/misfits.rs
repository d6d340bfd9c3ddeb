//! Claims that do not fit: kept, and put before a person.

use super::Settled;
use super::claims::taken_back;
use crate::charge::Charge;
use crate::exception::{Misfit, MoneyException, MoneySource};
use crate::gateway::Gateway;
use crate::ids::{ChargeId, ExceptionId};
use crate::money::{Money, ReportedMoney};
use crate::payment::Payment;
use crate::ports::StoreError;
use crate::unit_of_work::{ExceptionWrite, InboxFate, UnitOfWork};
use crate::webhook::{Claim, ClaimedAmount, LeasedDelivery, Notification};

/// What is wrong with a claim of money on a known charge, if anything: its amount.
pub(super) fn of_claim(leased: &LeasedDelivery, payment: &Payment, notification: &Notification) -> Option<Misfit> {
    let Claim::Paid { .. } = notification.claim else { return None };
    let source = MoneySource::Claim(leased.delivery.id);
    match &notification.amount {
        ClaimedAmount::Named(amount) if amount.fits(&payment.amount) => None,
        ClaimedAmount::Named(amount) => Some(Misfit::of_amount(source, payment.amount.clone(), amount.clone())),
        ClaimedAmount::Unreadable(_) => Some(Misfit::Unmatched { source, claimed: None }),
        ClaimedAmount::Absent => None,
    }
}

/// What puts a claim before a person that money was taken back, once it is given up: `reversed` would say that the
/// money is gone, and nobody bore that out. It is of the delivery, not of the receipt, which is as it was: should the
/// bank take the money back later, the next word of it is asked about.
pub(super) fn of_denial(leased: &LeasedDelivery, charge: &Charge, notification: &Notification) -> Option<Misfit> {
    let source = MoneySource::Claim(leased.delivery.id);
    taken_back(notification, charge).map(|_receipt| Misfit::Unmatched { source, claimed: claimed(notification) })
}

/// What puts a refund before a person that did not reach the customer. There is nothing to ask about: the money is where
/// it was.
pub(super) fn of_failed_refund(notification: &Notification) -> Option<Misfit> {
    let Claim::RefundFailed { refund } = &notification.claim else { return None };
    let amount = claimed(notification).map_or_else(Money::zero, |claimed| claimed.amount);
    Some(Misfit::RefundFailed { refund: refund.clone(), amount })
}

/// What puts a claim on a charge before a person once it is given up, if it is of money: that it came, was taken back, or
/// did not go back.
pub(super) fn of_given_up(
    leased: &LeasedDelivery,
    payment: &Payment,
    charge: &ChargeId,
    notification: &Notification,
) -> Option<Misfit> {
    if let Claim::Paid { .. } = notification.claim {
        return Some(unmatched(leased, notification));
    }
    if let Some(misfit) = of_failed_refund(notification) {
        return Some(misfit);
    }
    payment.charge(charge).and_then(|known| of_denial(leased, known, notification))
}

/// What becomes of a delivery whose claim does not fit. A person has it: it is kept, and asked about no more.
pub(super) fn parked() -> InboxFate {
    InboxFate::Parked { why: "its claim does not fit".to_owned() }
}

/// A claim of money that fits nothing, or that nobody bore out.
fn unmatched(leased: &LeasedDelivery, notification: &Notification) -> Misfit {
    let source = match &notification.about.payment_ref {
        Some(payment_ref) => MoneySource::Receipt(payment_ref.clone()),
        None => MoneySource::Claim(leased.delivery.id),
    };
    Misfit::Unmatched { source, claimed: claimed(notification) }
}

fn claimed(notification: &Notification) -> Option<ReportedMoney> {
    match &notification.amount {
        ClaimedAmount::Named(amount) => Some(amount.clone()),
        ClaimedAmount::Absent | ClaimedAmount::Unreadable(_) => None,
    }
}

impl Gateway {
    /// Keeps a delivery that belongs to no charge; a claim of money is put before a person at once.
    pub(super) async fn park_unmatched(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        why: &str,
    ) -> Result<Settled, StoreError> {
        let fate = InboxFate::Parked { why: why.to_owned() };
        self.keep_unmatched(leased, notification, fate, Settled::Parked).await
    }

    /// Says what becomes of a delivery that belongs to no charge, and puts a claim of money before a person with it.
    pub(super) async fn keep_unmatched(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        fate: InboxFate,
        settled: Settled,
    ) -> Result<Settled, StoreError> {
        let exceptions = match notification.claim {
            Claim::Paid { .. } => {
                let id = ExceptionId::new(self.ports.ids.uuid());
                let misfit = unmatched(leased, notification);
                vec![ExceptionWrite::Raise(MoneyException::of_nobody(id, misfit, self.ports.clock.now()))]
            }
            Claim::Pending
            | Claim::Expired
            | Claim::Canceled
            | Claim::Failed(_)
            | Claim::Refunded
            | Claim::RefundFailed { .. }
            | Claim::Other(_) => Vec::new(),
        };
        self.mark(UnitOfWork { exceptions, ..UnitOfWork::default() }, leased, fate, settled).await
    }
}
