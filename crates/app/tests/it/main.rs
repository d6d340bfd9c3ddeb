//! The whole house over HTTP: the gateway, its store and the provider sandbox in one process.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod access;
mod accounts;
mod auditing;
mod cancelling;
mod conventions;
mod copying;
mod creating;
mod doctor;
mod documents;
mod drift;
mod endpoints;
mod features;
mod feed;
pub(crate) mod house;
mod idempotency;
mod keeping;
mod ledger;
mod listing;
mod logging;
mod methods;
mod metrics;
mod midtrans;
mod money;
mod offline;
mod orders;
mod pay_page;
mod production;
mod reconciling;
mod routes;
mod seed;
mod stopping;
mod tampering;
mod time;
mod waiting;
mod webhooks;
