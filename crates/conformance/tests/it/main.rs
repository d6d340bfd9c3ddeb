//! The suites run on the adapters that live in memory, and on adapters that are broken on purpose.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod lists;
mod memory;
mod saboteurs;
mod wire;
