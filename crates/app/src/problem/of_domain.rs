//! From what the domain says to what a client is told: the one place that knows both vocabularies.

use std::time::Duration;

use mstore_pay_domain::accounts::AccountError;
use mstore_pay_domain::endpoints::EndpointError;
use mstore_pay_domain::gateway::{
    AcceptError, CancelError, CashError, CreateError, FindError, PostError, RegisterError, ResolveConflictError,
    ResolveExceptionError, SimulateError, VoidError,
};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{ProviderErrorKind, StoreError, VaultError};

use super::Problem;
use super::catalogue::ErrorCode;
use crate::http::dto;
use crate::observed::causes;
use crate::tasks::Panicked;

/// When to come back to a store that was out of reach.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(2);
/// When to come back after losing a race.
const RACE_RETRY_AFTER: Duration = Duration::from_secs(1);
/// When to come back to a provider that gave no time of its own.
const PROVIDER_RETRY_AFTER: Duration = Duration::from_secs(5);

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        metrics::counter!("mstore_pay_store_errors_total").increment(1);
        tracing::error!(because = causes(&error), "{error}");
        Self::new(ErrorCode::StoreUnavailable).retrying_after(STORE_RETRY_AFTER)
    }
}

impl From<Panicked> for Problem {
    /// What was going on is not known to have ended: whoever sends it again is safe, whoever waits too.
    fn from(_logged: Panicked) -> Self {
        Self::new(ErrorCode::StoreUnavailable).retrying_after(STORE_RETRY_AFTER)
    }
}

impl From<FindError> for Problem {
    fn from(error: FindError) -> Self {
        match error {
            FindError::NotFound => Self::new(ErrorCode::NotFound),
            FindError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::NotFound => Self::new(ErrorCode::NotFound),
            AccountError::Taken => Self::new(ErrorCode::AccountExists),
            AccountError::TooMany => Self::new(ErrorCode::TooManyAccounts),
            AccountError::Contended => Self::new(ErrorCode::ConcurrentUpdate).retrying_after(RACE_RETRY_AFTER),
            AccountError::Vault(VaultError::NoKey) => Self::new(ErrorCode::AccountsNotSetUp),
            AccountError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<EndpointError> for Problem {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::NotFound => Self::new(ErrorCode::NotFound),
            EndpointError::TooMany => Self::new(ErrorCode::TooManyEndpoints),
            EndpointError::Contended => Self::new(ErrorCode::ConcurrentUpdate).retrying_after(RACE_RETRY_AFTER),
            EndpointError::Vault(VaultError::NoKey) => Self::new(ErrorCode::AccountsNotSetUp),
            EndpointError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<CreateError> for Problem {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::MethodUnsupported { offered } => {
                let offered: Vec<&str> = offered.into_iter().map(Method::code).collect();
                Self { faults: fault("/method", "is not offered"), ..Self::new(ErrorCode::MethodUnsupported) }
                    .with("offered", &offered)
            }
            CreateError::AmountBelowMinimum { minimum } => {
                Self { faults: fault("/amount", "is too small"), ..Self::new(ErrorCode::AmountBelowMinimum) }
                    .with("minimum", &dto::amount(&minimum))
            }
            CreateError::AmountAboveMaximum { maximum } => {
                Self { faults: fault("/amount", "is too large"), ..Self::new(ErrorCode::AmountAboveMaximum) }
                    .with("maximum", &dto::amount(&maximum))
            }
            CreateError::AmountMismatch { expected } => amount_mismatch(&expected),
            CreateError::OrderAlreadyPaid { payment } => order_already_paid(payment.as_deref()),
            CreateError::OfAnotherBranch => Self::new(ErrorCode::OrderNotFound),
            CreateError::OrderVoided => Self::new(ErrorCode::OrderVoided),
            CreateError::OrderHasLivePayment { payment } => {
                Self::new(ErrorCode::OrderHasLivePayment).with("payment", &dto::Summary::of(&payment))
            }
            CreateError::KeyReused => Self::new(ErrorCode::IdempotencyKeyReused),
            CreateError::InProgress { retry_after } => {
                Self::new(ErrorCode::RequestInProgress).retrying_after(retry_after)
            }
            CreateError::Refused(refusal) => Self::refused(&refusal),
            CreateError::Unavailable { retry_after } => {
                Self::new(ErrorCode::ProviderUnavailable).retrying_after(retry_after)
            }
            CreateError::Contended => Self::new(ErrorCode::ConcurrentUpdate).retrying_after(RACE_RETRY_AFTER),
            CreateError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl Problem {
    /// A provider's no.
    pub(crate) fn refused(refusal: &mstore_pay_domain::gateway::Refusal) -> Self {
        Self::new(ErrorCode::PaymentDeclined)
            .with("payment_id", &refusal.payment.to_string())
            .with("provider_code", &refusal.code)
    }
}

impl From<CancelError> for Problem {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::NotFound => Self::new(ErrorCode::NotFound),
            CancelError::AlreadyPaid { payment } => {
                Self::new(ErrorCode::AlreadyPaid).with("payment", &dto::Summary::of(&payment))
            }
            CancelError::Contended => Self::new(ErrorCode::ConcurrentUpdate).retrying_after(RACE_RETRY_AFTER),
            CancelError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<SimulateError> for Problem {
    fn from(error: SimulateError) -> Self {
        match error {
            SimulateError::NotFound => Self::new(ErrorCode::NotFound),
            SimulateError::AlreadyPaid { payment } => {
                Self::new(ErrorCode::AlreadyPaid).with("payment", &dto::Summary::of(&payment))
            }
            SimulateError::NotPending { payment } => {
                Self::new(ErrorCode::InvalidState).with("payment", &dto::Summary::of(&payment))
            }
            SimulateError::AmountMismatch { expected } => amount_mismatch(&expected),
            SimulateError::Provider(error) => match error.kind {
                ProviderErrorKind::RateLimited { retry_after: Some(pause) } => {
                    Self::new(ErrorCode::ProviderUnavailable).retrying_after(pause)
                }
                ProviderErrorKind::Unsupported | ProviderErrorKind::InvalidRequest | ProviderErrorKind::Declined => {
                    Self::new(ErrorCode::InvalidState).saying("the provider does not simulate this payment now")
                }
                _ => Self::new(ErrorCode::ProviderUnavailable).retrying_after(PROVIDER_RETRY_AFTER),
            },
            SimulateError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        match error {
            RegisterError::Differs { registered } => {
                Self::new(ErrorCode::OrderDiffers).with("grand_total", &dto::amount(&registered.grand_total))
            }
            RegisterError::OfAnotherBranch => Self::new(ErrorCode::OrderNotFound),
            RegisterError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<CashError> for Problem {
    fn from(error: CashError) -> Self {
        match error {
            CashError::NotFound => Self::new(ErrorCode::OrderNotFound),
            CashError::AlreadyPaid { payment } => order_already_paid(payment.as_deref()),
            CashError::AmountMismatch { expected } => amount_mismatch(&expected),
            CashError::Voided => Self::new(ErrorCode::OrderVoided),
            CashError::Contended => Self::new(ErrorCode::ConcurrentUpdate).retrying_after(RACE_RETRY_AFTER),
            CashError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<VoidError> for Problem {
    fn from(error: VoidError) -> Self {
        match error {
            VoidError::NotFound => Self::new(ErrorCode::OrderNotFound),
            VoidError::AlreadyPaid { payment } => order_already_paid(payment.as_deref()),
            VoidError::Contended => Self::new(ErrorCode::ConcurrentUpdate).retrying_after(RACE_RETRY_AFTER),
            VoidError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<PostError> for Problem {
    fn from(error: PostError) -> Self {
        match error {
            PostError::NotFound => Self::new(ErrorCode::OrderNotFound),
            PostError::NotPaid => Self::new(ErrorCode::InvalidState).saying("only a paid order goes into the books"),
            PostError::Contended => Self::new(ErrorCode::ConcurrentUpdate).retrying_after(RACE_RETRY_AFTER),
            PostError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<ResolveConflictError> for Problem {
    fn from(error: ResolveConflictError) -> Self {
        match error {
            ResolveConflictError::NotFound => Self::new(ErrorCode::NotFound),
            ResolveConflictError::OfAnotherTill => Self::new(ErrorCode::Forbidden),
            ResolveConflictError::ResolvedOtherwise { .. } => {
                Self::new(ErrorCode::InvalidState).saying("the conflict was resolved otherwise")
            }
            ResolveConflictError::CannotGiveWay => Self::new(ErrorCode::InvalidState)
                .saying("money stands behind what is known: it cannot be replaced, or is the same order"),
            ResolveConflictError::PaymentDoesNotFit => Self::field(
                "payment_id",
                "must be a payment of that order, method and amount that no other report means",
            ),
            ResolveConflictError::OrderNotFound => Self::new(ErrorCode::OrderNotFound),
            ResolveConflictError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<ResolveExceptionError> for Problem {
    fn from(error: ResolveExceptionError) -> Self {
        match error {
            ResolveExceptionError::NotFound => Self::new(ErrorCode::NotFound),
            ResolveExceptionError::ResolvedOtherwise { .. } => {
                Self::new(ErrorCode::InvalidState).saying("the exception was resolved otherwise")
            }
            ResolveExceptionError::Store(store) => store.into(),
            _ => unforeseen(&error),
        }
    }
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::NotFound => Self::new(ErrorCode::NotFound),
            AcceptError::NotAuthentic(_) => Self::new(ErrorCode::InvalidWebhookCredential),
            AcceptError::Unreadable(_) => Self::new(ErrorCode::WebhookUnreadable),
            AcceptError::Store(store) => store.into(),
            // A provider sends again what is answered so, whatever it was.
            _ => Self::new(ErrorCode::StoreUnavailable).retrying_after(STORE_RETRY_AFTER),
        }
    }
}

fn order_already_paid(payment: Option<&Payment>) -> Problem {
    let problem = Problem::new(ErrorCode::OrderAlreadyPaid);
    payment.map_or_else(|| problem.clone(), |payment| problem.clone().with("payment", &dto::Summary::of(payment)))
}

fn amount_mismatch(expected: &mstore_pay_domain::money::Money) -> Problem {
    Problem { faults: fault("/amount", "is not what is to be paid"), ..Problem::new(ErrorCode::AmountMismatch) }
        .with("expected", &dto::amount(expected))
}

fn fault(pointer: &str, reason: &'static str) -> Vec<super::FieldFault> {
    vec![super::FieldFault { pointer: pointer.to_owned(), reason }]
}

/// An error that the domain has learnt of since this was written.
fn unforeseen(error: &dyn std::error::Error) -> Problem {
    tracing::error!(because = causes(error), "unforeseen: {error}");
    Problem::new(ErrorCode::Internal)
}
