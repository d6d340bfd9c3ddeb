//! Leases: how many are given at once.

/// Most rows that one claim takes, whatever is asked for.
pub(crate) const CLAIM_ROWS_MAX: u32 = 1_000;
