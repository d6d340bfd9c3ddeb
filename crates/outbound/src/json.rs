//! Reading JSON of others: exactly, tolerantly, and never twice the same key.
//!
//! A JSON number that is money must not pass through a binary float, so fields are kept as the text
//! they came in and amounts are parsed from that text.

mod entries;
mod object;

pub use object::{JsonError, Object};

pub(crate) use entries::Entries;
