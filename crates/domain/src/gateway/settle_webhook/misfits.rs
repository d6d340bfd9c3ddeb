//! Claims that do not fit: kept, and put before a person.

use super::{Settled, mark_of};
use crate::exception::{ExceptionState, Misfit, MoneyException, MoneySource};
use crate::gateway::Gateway;
use crate::ids::ExceptionId;
use crate::payment::Payment;
use crate::ports::{CommitError, StoreError};
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

impl Gateway {
    /// Keeps a delivery that belongs to no charge; a claim of money is put before a person at once.
    pub(super) async fn park_unmatched(
        &self,
        leased: &LeasedDelivery,
        notification: &Notification,
        why: &str,
    ) -> Result<Settled, StoreError> {
        let mut work = UnitOfWork::default();
        if let Claim::Paid { .. } = notification.claim {
            work.exceptions.push(ExceptionWrite::Raise(self.unmatched(leased, notification)));
        }
        work.inbox.push(mark_of(leased, InboxFate::Parked { why: why.to_owned() }));
        match self.commit(&work).await {
            Ok(()) => Ok(Settled::Parked),
            Err(CommitError::Store(store)) => Err(store),
            // Somebody else holds it by now.
            Err(_lost) => Ok(Settled::Deferred),
        }
    }

    fn unmatched(&self, leased: &LeasedDelivery, notification: &Notification) -> MoneyException {
        let claimed = match &notification.amount {
            ClaimedAmount::Named(amount) => Some(amount.clone()),
            ClaimedAmount::Absent | ClaimedAmount::Unreadable(_) => None,
        };
        let source = match &notification.about.payment_ref {
            Some(payment_ref) => MoneySource::Receipt(payment_ref.clone()),
            None => MoneySource::Claim(leased.delivery.id),
        };
        MoneyException {
            id: ExceptionId::new(self.ports.ids.uuid()),
            merchant: None,
            order_code: None,
            payment: None,
            charge: None,
            misfit: Misfit::Unmatched { source, claimed },
            at: self.ports.clock.now(),
            state: ExceptionState::Open,
        }
    }
}
