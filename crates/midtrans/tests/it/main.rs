//! The adapter against the sandbox, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod cancel;
mod card;
mod inquire;
mod open;
mod page;
mod refund;
mod suite;
mod support;
mod webhook;
