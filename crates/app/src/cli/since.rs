//! Times that commands are told.

use std::str::FromStr;

use mstore_pay_domain::time::Timestamp;

/// A time that was named.
#[derive(Debug, Clone, Copy)]
pub(super) struct Since(pub(super) Timestamp);

/// A text that names no time.
#[derive(Debug, thiserror::Error)]
#[error("not a time with a zone, as 2026-01-31T08:00:00+07:00")]
pub(super) struct NoTime;

impl FromStr for Since {
    type Err = NoTime;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Timestamp::parse_rfc3339(text).map(Self).ok_or(NoTime)
    }
}
