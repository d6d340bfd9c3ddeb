//! A payment provider.
//!
//! # Adding a provider
//! 1. Write `request` and `response` modules that turn [`OpenCharge`] into the provider's body and its
//!    replies into [`OpenedCharge`] and [`ChargeSnapshot`]; pure, so that fixtures test them.
//! 2. Write one `error` module: the only place where an HTTP status and an error code become a
//!    [`ProviderErrorKind`] and, above all, a [`Certainty`].
//! 3. Implement [`PaymentProvider`] over an HTTP client, and [`WebhookSource`](super::WebhookSource).
//! 4. Run `provider_suite!` and `webhook_suite!` of `mstore-pay-conformance` on it.

mod calls;
mod capabilities;
mod drift;
mod error;

pub use calls::{
    ArrivedMoney, CancelCharge, Canceled, CardToken, ChargeSnapshot, Exchange, ListedAs, OpenCharge, OpenedCharge,
    Period, Query, RefundCharge, RefundOutcome, ReturnUrls, Simulation, SnapshotStatus, Sweep,
};
pub use capabilities::{Availability, Capabilities, IdempotencySupport, LookupSupport};
pub use drift::Drift;
pub use error::{Certainty, Operation, ProviderError, ProviderErrorKind, Upstream};

use std::time::Duration;

use async_trait::async_trait;

use crate::account::ProviderAccount;
use crate::ids::ProviderId;
use crate::method::Method;
use crate::ports::budget::Endpoint;

/// A payment provider. Every call names the account it is made for, and carries a time within which
/// the adapter MUST answer, if need be with [`ProviderErrorKind::TimedOut`].
///
/// Every error MUST carry the right [`Certainty`]: `NotApplied` only where the provider certainly
/// did not act, because the caller will then try elsewhere.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait PaymentProvider: Send + Sync {
    /// Which provider this is.
    fn id(&self) -> ProviderId;

    /// What it can do with a method under that account; `None` where it does not offer the method.
    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities>;

    /// Whether an opening would be sent at all now. Nothing is sent for it, and nothing is counted. An
    /// adapter is always [`Availability::Ready`]; a layer that holds calls back says so here, and any layer
    /// MUST hand on what the provider behind it says.
    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability;

    /// What the first call of a question counts under at the provider; its caller reserves it. Where all questions
    /// count alike that is [`Endpoint::Inquire`](super::Endpoint::Inquire). A layer MUST hand on what the provider behind it
    /// says.
    fn counted_under(&self, query: &Query) -> Endpoint;

    /// Opens a charge. MUST send at most one request that could create anything, unless the provider
    /// honours the idempotency key.
    ///
    /// # Errors
    /// [`ProviderError`]. A method that is not offered MUST be [`ProviderErrorKind::Unsupported`] and
    /// [`Certainty::NotApplied`], with nothing sent. An answer that cannot be understood, or that
    /// speaks of another amount, currency or reference, MUST be [`Certainty::Unknown`].
    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError>;

    /// Asks about charges; one answer for each query, in their order. MUST ask for the *payment*
    /// objects, not only for the charge: a charge may have expired although money came. A payment that was heard
    /// of is asked for first, and SHOULD be enough where it is money on that charge.
    ///
    /// For each query the caller has reserved one call of what it is [counted under](Self::counted_under). An
    /// adapter that makes more MUST reserve them itself, each of its endpoint, and a layer that asks again MUST reserve each
    /// repeat, under what it is counted under. Where our own budget is too short, the error names no wait: whoever asked
    /// comes back by a pace of their own.
    ///
    /// # Errors
    /// Per query, [`ProviderError`]; one that is not found is [`ProviderErrorKind::NotFound`], one for which the
    /// budget leaves too few calls [`ProviderErrorKind::RateLimited`].
    async fn inquire(
        &self,
        account: &ProviderAccount,
        queries: &[Query],
        within: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>>;

    /// Closes a charge, so that it can no longer be paid.
    ///
    /// # Errors
    /// [`ProviderError`]; where such a charge cannot be closed, [`ProviderErrorKind::Unsupported`].
    async fn cancel(&self, account: &ProviderAccount, charge: &CancelCharge) -> Result<Canceled, ProviderError>;

    /// Gives money back.
    ///
    /// # Errors
    /// [`ProviderError`]; where that is not possible, [`ProviderErrorKind::Unsupported`].
    async fn refund(&self, account: &ProviderAccount, refund: &RefundCharge) -> Result<RefundOutcome, ProviderError>;

    /// Has the provider pretend that a customer paid, in test mode; its webhook follows.
    ///
    /// # Errors
    /// [`ProviderError`]; on a live account [`ProviderErrorKind::Unsupported`], with nothing sent.
    async fn simulate(&self, account: &ProviderAccount, simulation: &Simulation) -> Result<(), ProviderError>;

    /// Lists money that arrived within a period. Rows are hints: their payment objects are asked for before anything is
    /// recorded, where the rate limit leaves that. The caller has reserved one call; for more see
    /// [`inquire`](Self::inquire).
    ///
    /// # Errors
    /// [`ProviderError`]; where the provider has no such list, [`ProviderErrorKind::Unsupported`].
    async fn sweep(&self, account: &ProviderAccount, period: Period, within: Duration) -> Result<Sweep, ProviderError>;
}
