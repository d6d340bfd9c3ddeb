#![doc = include_str!("../README.md")]

mod channels;
mod client;
mod config;
mod error;
#[cfg(test)]
mod fixtures;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod page;
mod provider;
mod request;
mod response;
mod webhook;

pub use config::{ConfigError, MidtransApi, MidtransConfig, UnknownApi};
pub use provider::Midtrans;
pub use webhook::MidtransWebhooks;
