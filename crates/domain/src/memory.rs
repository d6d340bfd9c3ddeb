//! Adapters that live in memory: for tests, for trying the gateway out, and as the shortest example
//! of what each port asks for. They need no runtime and keep nothing when they are dropped.
//!
//! [`MemoryStore`] keeps every promise of the store ports but durability; [`ScriptedProvider`] is a
//! small provider with books of its own that can be told to misbehave. Both pass the suites of
//! `mstore-pay-conformance`.

mod background;
mod budget;
mod clock;
mod feed;
mod ids;
mod ledger;
mod scripted;
mod store;
mod vault;
mod wakeups;
mod watches;
mod world;

pub use background::MemoryBackground;
pub use budget::{Grant, MemoryBudget, SlidingWindow, WindowState};
pub use clock::ManualClock;
pub use feed::MemoryFeed;
pub use ids::SequentialIds;
pub use ledger::{MemoryLedger, VerifiedPayment};
pub use scripted::{
    BookedCharge, BookedPayment, BookedStatus, Mishap, NoSuchCharge, ScriptedProvider, ScriptedWebhooks,
};
pub use store::MemoryStore;
pub use vault::MemoryVault;
pub use wakeups::PollingWakeups;
pub use watches::MemoryWatches;
pub use world::MemoryWorld;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, whether or not a holder panicked before: every adapter here leaves its state whole at
/// each step.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
