//! Who is played.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A payment provider this sandbox plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Provider {
    /// Xendit, under `/xendit`.
    Xendit,
    /// Midtrans, under `/midtrans`.
    Midtrans,
}

impl fmt::Display for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Xendit => f.write_str("xendit"),
            Self::Midtrans => f.write_str("midtrans"),
        }
    }
}
