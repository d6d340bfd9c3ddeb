//! Publish: messages that committed go out, and the ledger hears of paid orders.

use std::time::Duration;

use thiserror::Error;

use super::{DecideError, Gateway};
use crate::audit::Actor;
use crate::charge::Receipt;
use crate::event::{OutboxMessage, PaymentEvent};
use crate::exception::{Misfit, MoneySource};
use crate::ids::ChargeId;
use crate::payment::Payment;
use crate::ports::{LeasedMessage, LedgerError, LedgerErrorKind, PublishError, StoreError};
use crate::time::Timestamp;

/// Longest pause between two tries.
const PAUSE_MAX_SECONDS: u64 = 300;

/// Why a message did not go out yet.
#[derive(Debug, Error)]
pub enum PublishSetback {
    /// The transaction ledger did not take it.
    #[error("the transaction ledger was not told of a paid order")]
    Ledger(#[source] LedgerError),
    /// It could not be sent on.
    #[error("the message was not sent on")]
    Publisher(#[source] PublishError),
    /// The ledger refuses the payment, and that could not be put before a person.
    #[error("a payment that the transaction ledger refuses was not put before a person")]
    Undecided(#[source] DecideError),
    /// Whoever sent it on panicked.
    #[error("the message was given back")]
    GivenBack,
}

/// What became of a message.
#[derive(Debug)]
pub enum Published {
    /// It went out.
    Sent,
    /// It went out, but the ledger will not have the payment: it is put before a person.
    Refused,
    /// It is to be tried again.
    Deferred {
        /// Why.
        error: PublishSetback,
    },
}

impl Gateway {
    /// Sends one message on.
    pub(super) async fn publish(&self, leased: &LeasedMessage) -> Result<Published, StoreError> {
        let message = &leased.message;
        let told = match message.event {
            PaymentEvent::OrderPaid { paid_at } => self.tell_ledger(message, paid_at).await?,
            PaymentEvent::StatusChanged(_) | PaymentEvent::ExceptionRaised => Published::Sent,
        };
        let told = match told {
            Published::Sent | Published::Refused => match self.ports.publisher.publish(message).await {
                Ok(()) => told,
                Err(error) => Published::Deferred { error: PublishSetback::Publisher(error) },
            },
            Published::Deferred { .. } => told,
        };
        match &told {
            Published::Sent | Published::Refused => self.ports.outbox.sent(&message.id, leased.token).await?,
            Published::Deferred { .. } => {
                let pause = 2_u64.saturating_pow(leased.attempts.min(16)).min(PAUSE_MAX_SECONDS);
                self.ports.outbox.retry(&message.id, leased.token, Duration::from_secs(pause)).await?;
            }
        }
        Ok(told)
    }

    /// Tells the ledger of a paid order. What it refuses, now and later, is put before a person.
    async fn tell_ledger(&self, message: &OutboxMessage, paid_at: Timestamp) -> Result<Published, StoreError> {
        let stored = async || self.ports.payments.payment(&message.merchant, &message.payment).await;
        // Nothing is read of what was written here a moment ago.
        let amount = match self.waiting.amount(&message.payment) {
            Some(amount) => Some(amount),
            None => stored().await?.map(|payment| payment.amount),
        };
        let Some(amount) = amount else { return Ok(Published::Sent) };
        let (ledger, code) = (&self.ports.ledger, &message.order_code);
        let told = ledger.verify_payment(&message.merchant, code, &message.payment, &amount, paid_at).await;
        let Err(error) = told else { return Ok(Published::Sent) };
        match error.kind {
            LedgerErrorKind::Refused => match stored().await? {
                Some(payment) => self.raise_refused(&payment).await,
                None => Ok(Published::Sent),
            },
            LedgerErrorKind::Unavailable | LedgerErrorKind::Malformed => {
                Ok(Published::Deferred { error: PublishSetback::Ledger(error) })
            }
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
            Err(error @ (DecideError::Contended | DecideError::Commit(_))) => {
                Ok(Published::Deferred { error: PublishSetback::Undecided(error) })
            }
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
