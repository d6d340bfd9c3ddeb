//! The adapter against the sandbox, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod budget;
mod cancel;
mod card_page;
mod inquire;
mod open;
mod refund;
mod suite;
mod support;
mod sweep;
mod v2;
mod webhook;
