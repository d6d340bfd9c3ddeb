//! Publish: messages that committed go out, and the ledger hears of paid orders.

use std::time::Duration;

use super::Gateway;
use crate::event::{OutboxMessage, PaymentEvent};
use crate::ports::{LeasedMessage, LedgerErrorKind, StoreError};
use crate::time::Timestamp;

/// Longest pause between two tries.
const PAUSE_MAX_SECONDS: u64 = 300;

impl Gateway {
    /// Sends one message on; `false` if it is to be tried again.
    pub(super) async fn publish(&self, leased: &LeasedMessage) -> Result<bool, StoreError> {
        let message = &leased.message;
        let told = match message.event {
            PaymentEvent::OrderPaid { paid_at } => self.tell_ledger(message, paid_at).await?,
            PaymentEvent::StatusChanged(_) | PaymentEvent::ExceptionRaised => true,
        };
        let published = told && self.ports.publisher.publish(message).await.is_ok();
        if published {
            self.ports.outbox.sent(&message.id, leased.token).await?;
        } else {
            let pause = 2_u64.saturating_pow(leased.attempts.min(16)).min(PAUSE_MAX_SECONDS);
            self.ports.outbox.retry(&message.id, leased.token, Duration::from_secs(pause)).await?;
        }
        Ok(published)
    }

    /// Whether the ledger heard; one that refuses for good has heard.
    async fn tell_ledger(&self, message: &OutboxMessage, paid_at: Timestamp) -> Result<bool, StoreError> {
        let payment = self.ports.payments.payment(&message.merchant, &message.payment).await?;
        let Some(payment) = payment else { return Ok(true) };
        let (ledger, code) = (&self.ports.ledger, &message.order_code);
        let told = ledger.verify_payment(&message.merchant, code, &payment.id, &payment.amount, paid_at).await;
        Ok(match told {
            Ok(()) => true,
            Err(error) => error.kind == LedgerErrorKind::Refused,
        })
    }
}
