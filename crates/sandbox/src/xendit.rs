//! Xendit, as far as this sandbox plays it: Payments API v3, payment sessions, and the list of transactions.
//!
//! Shapes, limits and error codes follow Xendit's public documents of api-version 2024-11-11. What no document says is
//! marked "unconfirmed" where it is decided.

mod about;
mod answer;
mod auth;
mod cancel;
mod channels;
mod create;
mod desk;
mod letter;
mod look;
pub(crate) mod pages;
mod route;
mod session;
mod simulate;
mod transactions;
mod view;

pub(crate) use desk::serve;
pub(crate) use letter::{RETRY_GAPS_MINUTES, letter};
pub(crate) use view::request_status;
