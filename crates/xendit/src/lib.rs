#![doc = include_str!("../README.md")]

mod channels;
mod client;
mod config;
mod error;
#[cfg(test)]
mod fixtures;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
mod provider;
mod request;
mod response;
mod webhook;

pub use config::{ConfigError, UnknownApi, UnknownVerification, WebhookVerification, XenditApi, XenditConfig};
pub use provider::Xendit;
pub use webhook::XenditWebhooks;
