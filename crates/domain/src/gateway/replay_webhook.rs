//! Replay a webhook: an operator has a delivery settled that was given up or that fitted nothing.

use super::settle_webhook::Found;
use super::{DecideError, Gateway};
use crate::audit::{Actor, AuditEvent, AuditNote};
use crate::ids::{DeliveryId, LeaseToken};
use crate::ports::StoreError;
use crate::reason::Reason;
use crate::webhook::LeasedDelivery;

impl Gateway {
    /// Makes a parked or dead delivery due again, and puts that and why on the record of the payment that it is about, if
    /// it is about one; `false` if it is neither. Settling it twice has one effect.
    ///
    /// # Errors
    /// [`StoreError`]: it may be due again all the same.
    pub async fn replay_webhook(&self, delivery: &DeliveryId, reason: &Reason) -> Result<bool, StoreError> {
        let Some(delivery) = self.ports.inbox.replay(delivery).await? else { return Ok(false) };
        let id = delivery.id;
        let leased = LeasedDelivery { delivery, token: LeaseToken::new(self.ports.ids.uuid()) };
        let Some(notification) = self.read(&leased) else { return Ok(true) };
        let Found::One { payment, charge, .. } = self.subject_of(&leased, &notification).await? else {
            return Ok(true);
        };
        let noted = self.decide(&payment.merchant, &payment.order_code, &Actor::Operator, |dossier| {
            let note = AuditNote::new(dossier.now(), Actor::Operator, AuditEvent::WebhookReplayed)
                .with("charge", &charge)
                .with("delivery", &id)
                .with("reason", reason);
            dossier.note(&payment.id, note);
        });
        match noted.await {
            Ok(()) => Ok(true),
            Err(DecideError::Store(store)) => Err(store),
            // Gateways that work beside kept writing.
            Err(error @ (DecideError::Contended | DecideError::Commit(_))) => Err(StoreError::query(error)),
        }
    }
}
