//! Publish: messages that committed go out, and the ledger hears of paid orders.

use std::time::Duration;

use super::{DecideError, Gateway};
use crate::audit::Actor;
use crate::charge::Receipt;
use crate::event::{OutboxMessage, PaymentEvent};
use crate::exception::{Misfit, MoneySource};
use crate::ids::ChargeId;
use crate::payment::Payment;
use crate::ports::{LeasedMessage, LedgerErrorKind, StoreError};
use crate::time::Timestamp;

/// Longest pause between two tries.
const PAUSE_MAX_SECONDS: u64 = 300;

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It went out.
    Sent,
    /// It went out, but the ledger will not have the payment: it is put before a person.
    Refused,
    /// It is to be tried again.
    Deferred,
}

impl Gateway {
    /// Sends one message on.
    pub(super) async fn publish(&self, leased: &LeasedMessage) -> Result<Published, StoreError> {
        let message = &leased.message;
        let told = match message.event {
            PaymentEvent::OrderPaid { paid_at } => self.tell_ledger(message, paid_at).await?,
            PaymentEvent::StatusChanged(_) | PaymentEvent::ExceptionRaised => Published::Sent,
        };
        if told != Published::Deferred && self.ports.publisher.publish(message).await.is_ok() {
            self.ports.outbox.sent(&message.id, leased.token).await?;
            return Ok(told);
        }
        let pause = 2_u64.saturating_pow(leased.attempts.min(16)).min(PAUSE_MAX_SECONDS);
        self.ports.outbox.retry(&message.id, leased.token, Duration::from_secs(pause)).await?;
        Ok(Published::Deferred)
    }

    /// Tells the ledger of a paid order. What it refuses, now and later, is put before a person.
    async fn tell_ledger(&self, message: &OutboxMessage, paid_at: Timestamp) -> Result<Published, StoreError> {
        let payment = self.ports.payments.payment(&message.merchant, &message.payment).await?;
        let Some(payment) = payment else { return Ok(Published::Sent) };
        let (ledger, code) = (&self.ports.ledger, &message.order_code);
        let told = ledger.verify_payment(&message.merchant, code, &payment.id, &payment.amount, paid_at).await;
        match told.map_err(|error| error.kind) {
            Ok(()) => Ok(Published::Sent),
            Err(LedgerErrorKind::Refused) => self.raise_refused(&payment).await,
            Err(LedgerErrorKind::Unavailable | LedgerErrorKind::Malformed) => Ok(Published::Deferred),
        }
    }

    async fn raise_refused(&self, payment: &Payment) -> Result<Published, StoreError> {
        let (id, misfits) = (payment.id, refused_money(payment));
        let raised = self.decide(&payment.merchant, &payment.order_code, &Actor::Worker, |dossier| {
            for (charge, misfit) in &misfits {
                dossier.raise(&id, Some(*charge), misfit.clone());
            }
        });
        match raised.await {
            Ok(()) => Ok(Published::Refused),
            Err(DecideError::Store(store)) => Err(store),
            Err(DecideError::Contended | DecideError::Commit(_)) => Ok(Published::Deferred),
        }
    }
}

/// The money of a payment, of which the ledger will hear nothing.
fn refused_money(payment: &Payment) -> Vec<(ChargeId, Misfit)> {
    let funds = payment.charges.iter().filter_map(|charge| charge.state.funds().map(|funds| (charge.id, funds)));
    let money = funds.flat_map(|(charge, funds)| funds.standing().map(move |receipt| (charge, receipt)));
    let misfit = |receipt: &Receipt| Misfit::Unmatched {
        source: MoneySource::Receipt(receipt.payment_ref.clone()),
        claimed: Some(receipt.money.clone()),
    };
    money.map(|(charge, receipt)| (charge, misfit(receipt))).collect()
}
