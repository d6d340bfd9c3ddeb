//! A key that comes again.

use super::{CreateError, CreatePayment, Created, RETRY_AFTER};
use crate::charge::{Charge, Opening};
use crate::gateway::{AnswerRenderer, Gateway, IdempotentRequest};
use crate::idempotency::{IdempotencyRecord, KeptAnswer};
use crate::payment::{Intake, Payment, PaymentStatus, PublicReference};
use crate::ports::CommitError;
use crate::unit_of_work::{IdempotencyWrite, UnitOfWork};

impl Gateway {
    /// The answer to a key that was used meanwhile; `None` if it was not, or its time is over.
    pub(super) async fn replay_now(
        &self,
        command: &CreatePayment,
        request: &IdempotentRequest,
        answers: &dyn AnswerRenderer,
    ) -> Result<Option<Created>, CreateError> {
        match self.ports.idempotency.idempotency(&request.slot(&command.scope.merchant)).await? {
            Some(record) => self.replay(command, request, record, answers).await,
            None => Ok(None),
        }
    }

    /// The answer to a key that was used for that; `None` if its time is over, or nothing came of it.
    pub(super) async fn replay(
        &self,
        command: &CreatePayment,
        request: &IdempotentRequest,
        record: IdempotencyRecord,
        answers: &dyn AnswerRenderer,
    ) -> Result<Option<Created>, CreateError> {
        let merchant = &command.scope.merchant;
        if record.expires_at <= self.ports.clock.now() {
            return Ok(None);
        }
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
        let is_over = payment.status() != PaymentStatus::Pending;
        let is_told = is_over || payment.can_be_shown();
        let payment = Box::new(payment);
        let created = if is_told { Created::Open(payment) } else { Created::Accepted(payment) };
        self.keep_first(command, answers, Ok(created)).await.map(Some)
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
        created: Result<Created, CreateError>,
    ) -> Result<Created, CreateError> {
        let first = match &created {
            Ok(Created::Open(payment)) if is_first_of(payment) => Some((payment.id, answers.opened(payment))),
            Err(CreateError::Refused(refusal)) => Some((refusal.payment, answers.refused(refusal))),
            Ok(_) | Err(_) => None,
        };
        let (Some(request), Some((payment, answer))) = (&command.idempotency, first) else { return created };
        let slot = request.slot(&command.scope.merchant);
        let answer = IdempotencyWrite::Answer { slot, payment, answer };
        let work = UnitOfWork { idempotency: vec![answer], ..UnitOfWork::default() };
        match self.commit(&work).await {
            Ok(()) => created,
            Err(CommitError::Store(store)) => Err(store.into()),
            Err(_lost_a_race) => Err(CreateError::Contended),
        }
    }
}

/// Whether a payment is told of as a create that went well tells of it, and never was before.
fn is_first_of(payment: &Payment) -> bool {
    let was_shown_at_once = matches!(payment.reference, PublicReference::Provider(_));
    payment.status() == PaymentStatus::Pending && was_shown_at_once && payment.can_be_shown()
}

/// Whether no provider took the payment: each of its charges was refused.
fn came_to_nothing(payment: &Payment) -> bool {
    let refused = |charge: &Charge| matches!(charge.opening, Opening::Refused { .. });
    payment.intake == Intake::Closed && payment.charges.iter().all(refused)
}
