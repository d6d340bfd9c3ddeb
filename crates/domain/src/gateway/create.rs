//! Create: a till asks for a payment. Crash-safe: the intent is committed before a provider hears of it.

mod plan;
mod replay;
mod ruled_out;
mod supersede;

use std::sync::Mutex;
use std::time::Duration;

use thiserror::Error;

use super::deadline::Deadline;
use super::decide::Known;
use super::open::{Job, Opened};
use super::{AnswerRenderer, DecideError, Gateway, IdempotentRequest, Scope};
use crate::audit::Actor;
use crate::charge::{FailureReason, Opening};
use crate::idempotency::{IdempotencyRecord, StoredAnswer};
use crate::ids::{OrderCode, PaymentId};
use crate::method::Method;
use crate::money::Money;
use crate::payment::{Intake, Payment, PaymentDetails, PaymentStatus, Standing};
use crate::ports::{BeforeSale, CardToken, CrashPoint, StoreError};
use crate::routing::Nowhere;

use plan::Plan;

/// How often somebody who joined a running create looks whether it ended.
const JOIN_POLL: Duration = Duration::from_millis(100);
/// When a client is told to come back.
const RETRY_AFTER: Duration = Duration::from_secs(2);

/// What a till asks for.
#[derive(Debug, Clone)]
pub struct CreatePayment {
    /// Whose, and in which branch.
    pub scope: Scope,
    /// Who asks.
    pub actor: Actor,
    /// The order to pay.
    pub order_code: OrderCode,
    /// By what.
    pub method: Method,
    /// How much: whole rupiah above zero.
    pub amount: Money,
    /// What else was said.
    pub details: PaymentDetails,
    /// How long it shall be displayed; clipped to what the method allows.
    pub expires_in: Option<Duration>,
    /// A card, as a token.
    pub card_token: Option<CardToken>,
    /// The client's key, if it sent one.
    pub idempotency: Option<IdempotentRequest>,
    /// The cashier says that the push before was not approved.
    pub switch_confirmed: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Created {
    /// It can be shown.
    Open(Box<Payment>),
    /// Nobody knows yet: the client polls.
    Accepted(Box<Payment>),
    /// The answer of before, byte for byte.
    Replayed(StoredAnswer),
}

/// A provider's no.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The payment that failed by it.
    pub payment: PaymentId,
    /// The provider's code, cut to what is safe to show.
    pub code: String,
}

/// Why no payment came of it.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CreateError {
    /// Nobody offers the method to this merchant.
    #[error("method is not offered")]
    MethodUnsupported {
        /// What is.
        offered: Vec<Method>,
    },
    /// Less than the method takes.
    #[error("amount is below the method's minimum")]
    AmountBelowMinimum {
        /// The least.
        minimum: Money,
    },
    /// More than the method takes.
    #[error("amount is above the method's maximum")]
    AmountAboveMaximum {
        /// The most.
        maximum: Money,
    },
    /// Not what the order costs.
    #[error("amount is not the order's")]
    AmountMismatch {
        /// What it costs.
        expected: Money,
    },
    /// The order is paid.
    #[error("order is already paid")]
    OrderAlreadyPaid {
        /// By this payment, unless by cash.
        payment: Option<Box<Payment>>,
    },
    /// The order was called off.
    #[error("order was voided")]
    OrderVoided,
    /// The order is another branch's: this one is told no more of it.
    #[error("order is another branch's")]
    OfAnotherBranch,
    /// A push is in flight for this order, or was called off so lately that the customer may still approve it.
    #[error("order has a payment in flight")]
    OrderHasLivePayment {
        /// Which.
        payment: Box<Payment>,
    },
    /// The key was used for another request.
    #[error("idempotency key was used for another request")]
    KeyReused,
    /// The key's first request is still running.
    #[error("request is still running")]
    InProgress {
        /// When to come back.
        retry_after: Duration,
    },
    /// The provider said no.
    #[error("provider refused the payment")]
    Refused(Refusal),
    /// No provider could be reached.
    #[error("no provider is available")]
    Unavailable {
        /// When to come back.
        retry_after: Duration,
    },
    /// Another request took the order over meanwhile.
    #[error("others kept changing the order")]
    Contended,
    /// The store failed.
    #[error("could not read or write the payment")]
    Store(#[from] StoreError),
}

impl From<Nowhere> for CreateError {
    fn from(nowhere: Nowhere) -> Self {
        match nowhere {
            // Whole seconds reach the till: a moment too early would meet the same closed door.
            Nowhere::Resting { retry_after } => Self::Unavailable { retry_after: retry_after.max(RETRY_AFTER) },
            Nowhere::NotOffered | Nowhere::AmountUnfit => Self::MethodUnsupported { offered: Vec::new() },
        }
    }
}

impl From<DecideError> for CreateError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Store(store) => Self::Store(store),
            DecideError::Contended => Self::Contended,
            DecideError::Commit(commit) => Self::Store(StoreError::query(commit)),
        }
    }
}

impl Gateway {
    /// Opens a payment, or joins the one that is under way. Must run to its end even if the client
    /// hangs up: whoever calls it gives it a task of its own.
    ///
    /// # Errors
    /// [`CreateError`]; money is never at stake in one, except that a [`CreateError::Store`] may come
    /// after the provider was called: then recovery goes on with it.
    pub async fn create(&self, command: &CreatePayment, answers: &dyn AnswerRenderer) -> Result<Created, CreateError> {
        let _served = self.tills.serve();
        let deadline = Deadline::within(self.policies.create_within, self.ports.clock.as_ref());
        let (key, mut known) = self.before_sale(command).await?;
        if let (Some(request), Some(record)) = (&command.idempotency, key) {
            if let Some(created) = self.replay(command, request, record, answers).await? {
                return Ok(created);
            }
            // What the key was used for may have ended only after it was read.
            known = self.known_now(&command.scope.merchant, &command.order_code).await?;
        }
        let created = match self.plan(command, known, answers).await? {
            Plan::Join(payment) => {
                let joined = self.join(command, payment, deadline).await;
                self.keep_first(command, answers, joined).await?
            }
            Plan::Replayed(created) => created,
            Plan::Open { payment, routes, lease, known } => {
                let slot = command.idempotency.as_ref().map(|request| request.slot(&command.scope.merchant));
                let job = Job {
                    merchant: &command.scope.merchant,
                    order_code: &command.order_code,
                    payment,
                    lease,
                    actor: &command.actor,
                    routes: &routes,
                    card_token: command.card_token.as_ref(),
                    deadline,
                    patient: false,
                    asked_before: false,
                    answer: slot.map(|slot| (slot, answers)),
                    known: Mutex::new(known.map(|known| *known)),
                };
                let opened = Box::pin(async {
                    self.ports.probe.reach(CrashPoint::AfterIntentCommit).await?;
                    self.open_charges(&job).await
                });
                self.created(command, answers, self.held(&job, opened).await?).await?
            }
        };
        self.ports.probe.reach(CrashPoint::AfterCommitBeforeReply).await?;
        Ok(created)
    }

    /// What the key was used for, if it was, and what is known of the order.
    async fn before_sale(&self, command: &CreatePayment) -> Result<(Option<IdempotencyRecord>, Known), StoreError> {
        let (merchant, code) = (&command.scope.merchant, &command.order_code);
        let slot = command.idempotency.as_ref().map(|request| request.slot(merchant));
        let at = self.ports.clock.now();
        let BeforeSale { key, order } = self.ports.payments.before_sale(merchant, code, &slot).await?;
        Ok((key, Known::of_order(merchant, code, order, at)))
    }

    /// Waits for a create that another request runs; its answer is everybody's.
    async fn join(
        &self,
        command: &CreatePayment,
        payment: PaymentId,
        deadline: Deadline,
    ) -> Result<Created, CreateError> {
        loop {
            let found = self.ports.payments.payment(&command.scope.merchant, &payment).await?;
            let Some(joined) = found else { return Err(CreateError::Contended) };
            if joined.intake == Intake::Closed {
                return answer_now(joined);
            }
            if deadline.left(self.ports.clock.as_ref()).is_zero() {
                return self.accept(command, payment).await;
            }
            self.ports.wakeups.changed(&payment, JOIN_POLL).await;
        }
    }

    /// The answer to a create that ended so.
    async fn created(
        &self,
        command: &CreatePayment,
        answers: &dyn AnswerRenderer,
        opened: Opened,
    ) -> Result<Created, CreateError> {
        match opened {
            Opened::Shown(payment) => Ok(Created::Open(payment)),
            Opened::Unknown(payment) => Ok(Created::Accepted(payment)),
            Opened::Refused(refusal) => Err(CreateError::Refused(refusal)),
            Opened::Unavailable { retry_after } => Err(CreateError::Unavailable { retry_after }),
            Opened::Overtaken(payment) => match answer_now(*payment) {
                Ok(Created::Accepted(payment)) => self.accept(command, payment.id).await,
                ended => self.keep_first(command, answers, ended).await,
            },
        }
    }

    /// Answers 202: from now on the payment is known to the till by its own id.
    async fn accept(&self, command: &CreatePayment, payment: PaymentId) -> Result<Created, CreateError> {
        let (merchant, code) = (&command.scope.merchant, &command.order_code);
        self.decide(merchant, code, &command.actor, |dossier| dossier.fix_reference(&payment)).await?;
        let found = self.ports.payments.payment(merchant, &payment).await?;
        found.map(|payment| Created::Accepted(Box::new(payment))).ok_or(CreateError::Contended)
    }
}

/// The answer that a payment gives as it stands: to those who join it or come again after a 202.
fn answer_now(payment: Payment) -> Result<Created, CreateError> {
    match payment.status() {
        PaymentStatus::Pending if payment.can_be_shown() => Ok(Created::Open(Box::new(payment))),
        PaymentStatus::Pending => Ok(Created::Accepted(Box::new(payment))),
        PaymentStatus::Paid | PaymentStatus::PartiallyRefunded | PaymentStatus::Refunded | PaymentStatus::Reversed => {
            Err(CreateError::OrderAlreadyPaid { payment: Some(Box::new(payment)) })
        }
        PaymentStatus::Failed => {
            Err(refusal_of(&payment)
                .map_or(CreateError::Unavailable { retry_after: RETRY_AFTER }, CreateError::Refused))
        }
        PaymentStatus::Canceled | PaymentStatus::Expired => Err(CreateError::Contended),
    }
}

/// The provider's no that ended a payment, if one did.
fn refusal_of(payment: &Payment) -> Option<Refusal> {
    let refused = payment.charges.last().is_some_and(|last| matches!(last.opening, Opening::Refused { .. }));
    match payment.standing() {
        Standing::Failed { reason, .. } if refused && reason != FailureReason::not_opened() => {
            Some(Refusal { payment: payment.id, code: reason.code().to_owned() })
        }
        Standing::Failed { .. }
        | Standing::Pending
        | Standing::Expired { .. }
        | Standing::Canceled { .. }
        | Standing::Settled { .. } => None,
    }
}
