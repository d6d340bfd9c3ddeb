//! What goes on between the nodes that share a store.

use std::sync::Arc;

use futures::future::BoxFuture;
use mstore_pay_domain::ports::{Clock, Wakeups};

/// A node's ties to the others.
pub struct Nodes {
    /// Wakes whoever waits for a payment, on whichever node.
    pub wakeups: Arc<dyn Wakeups>,
    /// The time that all nodes share.
    pub clock: Arc<dyn Clock>,
    /// Goes on beside all work of this node and ends after it: by it the others know that this node lives, and hear
    /// of what it changed.
    pub upkeep: BoxFuture<'static, ()>,
    /// Over once upkeep has this node known to the others, or that took too long: until then it should take on nothing.
    pub known: BoxFuture<'static, ()>,
}

impl Nodes {
    /// Of a store that one process has to itself.
    #[cfg(feature = "sqlite")]
    pub(super) fn alone(here: Arc<dyn Wakeups>, clock: Arc<dyn Clock>) -> Self {
        Self { wakeups: here, clock, upkeep: Box::pin(std::future::ready(())), known: Box::pin(std::future::ready(())) }
    }
}

impl std::fmt::Debug for Nodes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Nodes(..)")
    }
}
