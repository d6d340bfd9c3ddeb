//! Reports that do not fit what is known: shown to a person, never guessed.

use std::str::FromStr;

use thiserror::Error;

use super::{OfflineKind, OfflineReference};
use crate::audit::Digest;
use crate::ids::{BranchId, ConflictId, DeviceId, MerchantId, OrderCode, UserId};
use crate::time::Timestamp;

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConflictKind {
    /// The same was reported before: by another till under the same reference, or under another reference.
    Duplicate,
    /// Something else is known under the reference, or of the order.
    DataMismatch,
    /// The order does not take it.
    ConstraintViolation,
}

/// What becomes of a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resolution {
    /// What is known stands, and the report is not taken in.
    KeepServer,
    /// The report is taken in, in the place of what is known.
    KeepLocal,
    /// Both stand.
    Merge,
}

/// A word that is none of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("unknown resolution of a conflict")]
pub struct UnknownResolution;

/// A report that does not fit, on record. One exists for each content that a till sends under a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineConflict {
    /// Our id.
    pub id: ConflictId,
    /// The tenant.
    pub merchant: MerchantId,
    /// In which branch, where the token named one.
    pub branch: Option<BranchId>,
    /// The till that reported it.
    pub device: DeviceId,
    /// What kind of thing was reported.
    pub kind: OfflineKind,
    /// The till's name for it.
    pub reference: OfflineReference,
    /// Digest of what was reported.
    pub fingerprint: Digest,
    /// What does not fit.
    pub conflict: ConflictKind,
    /// What a person most likely wants.
    pub suggested: Resolution,
    /// The order that the report is about.
    pub order_code: OrderCode,
    /// What was reported, as JSON text.
    pub local_json: String,
    /// What was reported before under the reference, as JSON text.
    pub server_json: Option<String>,
    /// What is known here: a payment, a tender, or the order.
    pub server_id: Option<String>,
    /// When it was reported.
    pub at: Timestamp,
    /// Whether it was dealt with.
    pub state: ConflictState,
}

/// Whether somebody has looked at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConflictState {
    /// Waiting for a person.
    Open,
    /// Done with.
    Resolved {
        /// When.
        at: Timestamp,
        /// By whom.
        by: UserId,
        /// How.
        resolution: Resolution,
        /// Why.
        reason: String,
        /// What the report led to, where it was taken in.
        applied: Option<String>,
    },
}

impl ConflictKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Duplicate, Self::DataMismatch, Self::ConstraintViolation];

    /// The word used over HTTP and in stores.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Duplicate => "duplicate",
            Self::DataMismatch => "data_mismatch",
            Self::ConstraintViolation => "constraint_violation",
        }
    }
}

impl Resolution {
    /// Every resolution.
    pub const ALL: [Self; 3] = [Self::KeepServer, Self::KeepLocal, Self::Merge];

    /// The word used over HTTP and in stores.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::KeepServer => "keep_server",
            Self::KeepLocal => "keep_local",
            Self::Merge => "merge",
        }
    }
}

impl FromStr for Resolution {
    type Err = UnknownResolution;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|resolution| resolution.word() == text).ok_or(UnknownResolution)
    }
}
