//! The embedded store, seen from outside: through its ports, and through its file.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod anchors;
mod audit_trail;
mod copies;
#[cfg(unix)]
mod crash;
mod fixtures;
mod health;
mod opening;
mod recounting;
mod rotten;
mod seed_model;
mod seed_view;
mod suite;
mod words;
