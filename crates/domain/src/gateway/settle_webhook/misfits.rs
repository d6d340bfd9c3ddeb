//! Claims that do not fit: kept, and put before a person.

use super::Settled;
use crate::exception::{ExceptionState, Misfit, MoneyException, MoneySource};
use crate::gateway::Gateway;
use crate::ids::ExceptionId;
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

/// What becomes of a delivery whose claim does not fit. A person has it: it is kept, and asked about no more.
pub(super) fn parked() -> InboxFate {
    InboxFate::Parked { why: "its claim does not fit".to_owned() }
}

/// A claim of money that fits nothing, or that nobody bore out.
pub(super) fn unmatched(leased: &LeasedDelivery, notification: &Notification) -> Misfit {
    let claimed = match &notification.amount {
        ClaimedAmount::Named(amount) => Some(amount.clone()),
        ClaimedAmount::Absent | ClaimedAmount::Unreadable(_) => None,
    };
    let source = match &notification.about.payment_ref {
        Some(payment_ref) => MoneySource::Receipt(payment_ref.clone()),
        None => MoneySource::Claim(leased.delivery.id),
    };
    Misfit::Unmatched { source, claimed }
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
        match notification.claim {
            Claim::Paid { .. } => self.raise_unmatched(leased, notification, fate, Settled::Parked).await,
            Claim::Pending
            | Claim::Expired
            | Claim::Canceled
            | Claim::Failed(_)
            | Claim::Refunded
            | Claim::Other(_) => self.mark(UnitOfWork::default(), leased, fate, Settled::Parked).await,
        }
    }

    /// Puts a claim of money that belongs to no charge before a person, with what becomes of its delivery.
    pub(super) async fn raise_unmatched(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        fate: InboxFate,
        settled: Settled,
    ) -> Result<Settled, StoreError> {
        let exception = MoneyException {
            id: ExceptionId::new(self.ports.ids.uuid()),
            merchant: None,
            order_code: None,
            payment: None,
            charge: None,
            misfit: unmatched(leased, notification),
            at: self.ports.clock.now(),
            state: ExceptionState::Open,
        };
        let work = UnitOfWork { exceptions: vec![ExceptionWrite::Raise(exception)], ..UnitOfWork::default() };
        self.mark(work, leased, fate, settled).await
    }
}
