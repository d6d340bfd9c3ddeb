//! A key that comes again.

use super::{CreateError, CreatePayment, Created, RETRY_AFTER};
use crate::charge::{Charge, Opening};
use crate::gateway::{AnswerRenderer, Gateway, IdempotentRequest};
use crate::idempotency::KeptAnswer;
use crate::payment::{Intake, Payment, PaymentStatus, PublicReference};
use crate::ports::CommitError;
use crate::unit_of_work::{IdempotencyWrite, UnitOfWork};

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
        if came_to_nothing(&payment) {
            self.release(request, &payment).await?;
            return Ok(None);
        }
        if payment.intake == Intake::Open && payment.reference == PublicReference::Unset {
            return Err(CreateError::InProgress { retry_after: RETRY_AFTER });
        }
        let shown = payment.shown_charge().is_some_and(|charge| charge.artefact().is_some());
        let pending = payment.status() == PaymentStatus::Pending;
        let payment = Box::new(payment);
        Ok(Some(if pending && !shown { Created::Accepted(payment) } else { Created::Open(payment) }))
    }

    /// Sets a key free that waited for a payment which no provider took: it may be tried again.
    async fn release(&self, request: &IdempotentRequest, payment: &Payment) -> Result<(), CreateError> {
        let release = IdempotencyWrite::Release { slot: request.slot(&payment.merchant), payment: payment.id };
        let work = UnitOfWork { idempotency: vec![release], ..UnitOfWork::default() };
        match self.commit(&work).await {
            Ok(()) => Ok(()),
            Err(CommitError::Store(store)) => Err(store.into()),
            Err(_lost_a_race) => Err(CreateError::Contended),
        }
    }

    /// Keeps the answer of a create that another request, or recovery, brought to its end: it is the first that is
    /// given under this key, and every later one is the same. After a 202 the answer stays that of the moment.
    pub(super) async fn keep_first(
        &self,
        command: &CreatePayment,
        answers: &dyn AnswerRenderer,
        created: Created,
    ) -> Result<Created, CreateError> {
        let (Some(request), Created::Open(payment)) = (&command.idempotency, &created) else { return Ok(created) };
        let is_first = payment.status() == PaymentStatus::Pending
            && matches!(payment.reference, PublicReference::Provider(_))
            && payment.shown_charge().is_some_and(|charge| charge.artefact().is_some());
        if !is_first {
            return Ok(created);
        }
        let slot = request.slot(&command.scope.merchant);
        let answer = IdempotencyWrite::Answer { slot, payment: payment.id, answer: answers.opened(payment) };
        let work = UnitOfWork { idempotency: vec![answer], ..UnitOfWork::default() };
        match self.commit(&work).await {
            Ok(()) => Ok(created),
            Err(CommitError::Store(store)) => Err(store.into()),
            Err(_lost_a_race) => Err(CreateError::Contended),
        }
    }
}

/// Whether no provider took the payment: each of its charges was refused.
fn came_to_nothing(payment: &Payment) -> bool {
    let refused = |charge: &Charge| matches!(charge.opening, Opening::Refused { .. });
    payment.intake == Intake::Closed && payment.charges.iter().all(refused)
}
