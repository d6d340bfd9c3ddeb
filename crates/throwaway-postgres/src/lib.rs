#![doc = include_str!("../README.md")]
#![expect(clippy::panic, reason = "a test without its server fails by panicking")]

mod bouncer;
mod certificate;
mod cluster;
mod database;
mod ports;
mod programs;
mod server;
mod watchdog;

pub use bouncer::Bouncer;
pub use cluster::{Cluster, Encrypted};
pub use database::{Database, Template};
pub use ports::free_port;
pub use programs::program;
pub use server::run;

/// Ends the test that cannot have its server, saying what was tried and why it failed.
fn give_up(tried: &str, why: &dyn std::fmt::Display) -> ! {
    panic!("{tried}: {why}")
}
