//! Leases: whoever took something up holds it for a while, and proves it with a token.

use std::time::Duration;

use crate::ids::LeaseToken;

/// A hold on something, for a while, by the store's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    /// The holder's proof; a later holder's differs, so a late write is refused.
    pub token: LeaseToken,
    /// For how long.
    pub ttl: Duration,
}
