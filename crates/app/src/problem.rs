//! Errors as clients are told of them.

pub mod catalogue;
