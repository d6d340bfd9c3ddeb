#![doc = include_str!("../README.md")]

mod answer;
mod config;
mod ledger;

pub use config::RemoteLedgerConfig;
pub use ledger::RemoteLedger;
