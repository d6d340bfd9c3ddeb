//! Answers of Payments API v3.

mod payment;
mod payment_request;

pub(crate) use payment::{captured, captured_at, is_payment_id, payment};
pub(crate) use payment_request::PaymentRequest;
