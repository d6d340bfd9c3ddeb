//! Xendit, as far as this sandbox plays it: Payments API v3 and v2, payment sessions, the QR Codes API, and
//! the list of transactions.
//!
//! Shapes, limits and error codes follow Xendit's public documents of api-version 2024-11-11. What no document says is
//! marked "unconfirmed" where it is decided.

mod about;
mod afterwards;
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
mod refunds;
mod route;
mod session;
mod simulate;
mod transactions;
mod v2;
mod view;

pub(crate) use desk::serve;
pub(crate) use letter::{RETRY_GAPS_MINUTES, letter, tells};
pub(crate) use view::status;

use crate::id;
use crate::ledger::{Api, Books, Charge, Method};

/// The id of the next payment on a charge: by API, in v2 by rail.
pub(crate) fn payment_id(books: &Books, charge: &Charge) -> String {
    match (charge.api, charge.method) {
        (Api::QrV1 | Api::Qr2022, _) | (Api::V2 | Api::V2Method, Method::Qris) => id::prefixed("qrpy_"),
        (Api::V2 | Api::V2Method, Method::Gopay | Method::Ovo | Method::Dana | Method::Shopeepay) => {
            v2::wallet_payment_id(books, charge)
        }
        (Api::V2 | Api::V2Method, Method::Card | Method::CardPage) => id::prefixed("cc_"),
        // Unconfirmed: what v2 calls a payment on a virtual account.
        (Api::V2 | Api::V2Method, Method::VaBca | Method::VaBni | Method::VaBri | Method::VaMandiri) | (Api::V3, _) => {
            id::prefixed("py-")
        }
    }
}
