//! Answers of Payments API v2.

mod payment_method;
mod payment_request;
mod payments;

pub(crate) use payment_method::is_closed;
pub(crate) use payment_request::{PaymentRequest, named};
pub(crate) use payments::{paid_at, payments};
