#![doc = include_str!("../README.md")]

mod answer;
mod config;
mod ledger;

pub use config::{ConfigError, RemoteLedgerConfig};
pub use ledger::RemoteLedger;
