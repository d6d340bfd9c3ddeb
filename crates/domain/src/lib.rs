#![cfg_attr(feature = "memory", doc = include_str!("../README.md"))]
#![cfg_attr(not(feature = "memory"), doc = "The payments domain of MStore; see the README.")]
// Whoever adds a state is shown every place that must know of it.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod account;
pub mod accounts;
pub mod audit;
pub mod audit_export;
pub mod audit_trail;
pub mod cash;
pub mod charge;
pub mod dossier;
pub mod endpoint;
pub mod endpoints;
pub mod event;
pub mod exception;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod gateway;
pub mod idempotency;
pub mod ids;
pub mod lease;
#[cfg(feature = "memory")]
pub mod memory;
pub mod method;
pub mod money;
pub mod offline;
pub mod order;
pub mod own_ledger;
pub mod payment;
pub mod ports;
pub mod qr;
pub mod reason;
pub mod routing;
pub mod schedule;
pub mod time;
pub mod unit_of_work;
pub mod webhook;
