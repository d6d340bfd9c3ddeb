//! The adapter over a service that is really spoken to.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answers;
mod books;
mod suite;
