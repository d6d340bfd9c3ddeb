//! Xendit, as far as this sandbox plays it: Payments API v3, payment sessions, the QR Codes API, and the list of
//! transactions.
//!
//! Shapes, limits and error codes follow Xendit's public documents of api-version 2024-11-11. What no document says is
//! marked "unconfirmed" where it is decided.

mod about;
mod answer;
mod auth;
mod body;
mod cancel;
mod channels;
mod create;
mod desk;
mod idempotency;
mod letter;
mod look;
pub(crate) mod pages;
mod perform;
mod qr_codes;
mod route;
mod session;
mod simulate;
mod transactions;
mod view;

pub(crate) use desk::serve;
pub(crate) use letter::{RETRY_GAPS_MINUTES, letter, tells};
pub(crate) use view::status;

use crate::ledger::{Api, Charge};

/// What the ids of payments begin with.
pub(crate) fn payment_prefix(charge: &Charge) -> &'static str {
    match charge.api {
        Api::V3 => "py-",
        Api::QrV1 | Api::Qr2022 => "qrpy_",
    }
}
