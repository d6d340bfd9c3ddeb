//! The fault programme: the real gateway and the provider's sandbox as processes, struck on purpose, and judged by
//! one checker from what the clients were told and what the provider booked.
//!
//! `FAULT_SCALE` says how large the run is: 0.1 unless said otherwise, 1.0 for the figures of continuous integration.
//! It is not run by a plain `cargo test`; `scripts/faults` runs it.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its figures are read on standard output"
)]
#![expect(clippy::disallowed_methods, reason = "a fault programme lives in real time and reads its own environment")]

mod cases;
mod checker;
mod rig;
mod scale;
mod till;
