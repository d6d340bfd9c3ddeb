#![doc = include_str!("../README.md")]
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a case fails by panicking, and every case may fail"
)]

pub mod budget;
pub mod ledger;
pub mod provider;
pub mod race;
pub mod store;
pub mod webhook;
pub mod wire;

#[doc(hidden)]
pub mod __private {
    pub use crate::run::{block_on, fails};
}

mod run;
