//! The store of many nodes, seen from outside: through its ports, and through its database.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

#[path = "../../../sqlite/tests/it/anchors.rs"]
mod anchors;
mod audit_trail;
mod beside;
mod crash;
mod doubt;
mod embedder;
mod encryption;
mod feed;
mod fixtures;
mod health;
mod holder;
mod known;
mod lost;
mod many_nodes;
mod marks;
mod migrating;
mod near;
mod opening;
mod plans;
mod pooler;
mod prepared;
mod presence;
mod proxy;
#[path = "../../../sqlite/tests/it/recounting.rs"]
mod recounting;
mod rotten;
#[path = "../../../sqlite/tests/it/seed_model.rs"]
mod seed_model;
mod seed_view;
mod sharing;
mod suite;
mod tenancy;
mod together;
mod words;
