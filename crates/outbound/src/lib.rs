//! The way out: the one HTTP client, and the layers over a [`PaymentProvider`].
//!
//! * [`HttpClient`] sends a [`Call`] and brings back a [`Reply`], or an [`HttpError`] that says for certain
//!   whether the request can have left this machine. No redirects, no proxy, a total deadline, a cap on
//!   what an answer may inflate to.
//! * [`Reach`] keeps calls to addresses that others chose out of the network we run in.
//! * [`base_url`] reads where the other side is.
//! * [`Record`] keeps what was said in one operation; [`redact`] makes it fit for the audit trail and for logs.
//! * [`json`] reads answers without ever passing an amount through a binary float.
//! * [`Retry`], [`CircuitBreaker`] and [`Bulkhead`] are providers themselves; [`layered`] stacks them.
//!
//! [`PaymentProvider`]: mstore_pay_domain::ports::PaymentProvider

pub mod json;
pub mod redact;

mod base_url;
mod breaker;
mod bulkhead;
mod call;
mod client;
mod deadline;
mod error;
mod layers;
mod reach;
mod record;
mod reply;
mod retry;

pub use base_url::{BaseUrlError, base_url};
pub use breaker::{BreakerOpen, BreakerPolicy, BreakerSnapshot, BreakerState, CircuitBreaker, Line};
pub use bulkhead::{Bulkhead, BulkheadFull, BulkheadLimits};
pub use call::{Call, Verb};
pub use client::HttpClient;
pub use deadline::Deadline;
pub use error::HttpError;
pub use layers::{Layered, layered};
pub use reach::{OutOfReach, Reach};
pub use record::Record;
pub use reply::Reply;
pub use retry::{Retry, RetryPolicy};
