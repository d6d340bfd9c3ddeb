#![doc = include_str!("../README.md")]

mod secret;
mod sender;
mod signature;

pub use secret::{SECRET_BYTES, SECRET_PREFIX, secret_of};
pub use sender::StandardWebhooks;
