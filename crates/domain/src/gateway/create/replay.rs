//! A key that comes again.

use super::{CreateError, CreatePayment, Created, RETRY_AFTER};
use crate::gateway::{Gateway, IdempotentRequest};
use crate::idempotency::KeptAnswer;
use crate::payment::{Intake, PaymentStatus};

impl Gateway {
    /// The answer to a key that was used before; `None` if it was not, or its time is over.
    pub(super) async fn replay(
        &self,
        command: &CreatePayment,
        request: &IdempotentRequest,
    ) -> Result<Option<Created>, CreateError> {
        let merchant = &command.scope.merchant;
        let found = self.ports.idempotency.idempotency(&request.slot(merchant)).await?;
        let Some(record) = found.filter(|record| record.expires_at > self.ports.clock.now()) else { return Ok(None) };
        if record.fingerprint != request.fingerprint {
            return Err(CreateError::KeyReused);
        }
        if let KeptAnswer::Stored(answer) = record.answer {
            return Ok(Some(Created::Replayed(answer)));
        }
        let Some(payment) = self.ports.payments.payment(merchant, &record.payment).await? else { return Ok(None) };
        if payment.intake == Intake::Open && payment.reference == crate::payment::PublicReference::Unset {
            return Err(CreateError::InProgress { retry_after: RETRY_AFTER });
        }
        let shown = payment.shown_charge().is_some_and(|charge| charge.artefact().is_some());
        let pending = payment.status() == PaymentStatus::Pending;
        let payment = Box::new(payment);
        Ok(Some(if pending && !shown { Created::Accepted(payment) } else { Created::Open(payment) }))
    }
}
