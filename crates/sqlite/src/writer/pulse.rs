//! How the last write went that was certainly one.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// How long a proof holds.
const PROVEN_FOR: Duration = Duration::from_secs(10);
/// How long a failure does: a full disk may still take the page of a proof where it has no room for a payment.
const FAILED_FOR: Duration = Duration::from_secs(5);

/// What is known of the disk without asking it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    /// It took a write a moment ago.
    Well,
    /// It refused one a moment ago.
    Unwell,
    /// Nothing, or nothing new.
    Nothing,
}

/// When a write last went through or failed.
#[derive(Debug, Default)]
pub(super) struct Pulse(Mutex<Option<(Known, Instant)>>);

impl Pulse {
    /// A write went through.
    pub(super) fn beat(&self) {
        self.note(Known::Well);
    }

    /// A write failed.
    pub(super) fn miss(&self) {
        self.note(Known::Unwell);
    }

    pub(super) fn known(&self) -> Known {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match last {
            Some((Known::Well, at)) if at.elapsed() < PROVEN_FOR => Known::Well,
            Some((Known::Unwell, at)) if at.elapsed() < FAILED_FOR => Known::Unwell,
            Some(_) | None => Known::Nothing,
        }
    }

    fn note(&self, known: Known) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((known, Instant::now()));
    }
}
