//! The payments domain of MStore: what a payment is and what may happen to it.
//!
//! Pure: no runtime, no HTTP, no database, no clock of its own. The world comes in through
//! [`ports`]; adapters of others prove themselves with `mstore-pay-conformance`.

pub mod account;
pub mod audit;
pub mod charge;
pub mod event;
pub mod exception;
pub mod idempotency;
pub mod ids;
pub mod lease;
#[cfg(feature = "memory")]
pub mod memory;
pub mod method;
pub mod money;
pub mod order;
pub mod payment;
pub mod ports;
pub mod time;
pub mod unit_of_work;
pub mod webhook;
