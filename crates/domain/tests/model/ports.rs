//! The ports of the model: those in memory, each step of which waits for the model, and from which a guard may be
//! missing.

mod inbox;
mod provider;
mod store;

pub(crate) use inbox::GatedInbox;
pub(crate) use provider::{CalledFirst, GatedProvider};
pub(crate) use store::{Dues, GatedStore};
