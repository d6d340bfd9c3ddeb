//! The store of many nodes, seen from outside: through its ports, and through its database.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod audit_trail;
mod fixtures;
mod health;
mod opening;
mod rotten;
mod seed_view;
mod suite;
mod words;
