//! Who asks, and what they may do.

mod caller;
mod claims;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod keys;
mod known;
mod mint;
mod rights;

pub(crate) use caller::Caller;
pub(crate) use keys::{Authenticator, KeyError};
pub use mint::{MintError, TokenRequest};
pub use rights::Role;
pub(crate) use rights::{Right, Rights};
