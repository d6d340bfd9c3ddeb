//! Until when somebody waits.

use std::time::Duration;

use crate::ports::Clock;

/// Until when somebody waits for an answer: by what they feel pass, whatever the calendar does meanwhile.
#[derive(Debug, Clone, Copy)]
pub(super) struct Deadline(Duration);

impl Deadline {
    /// `limit` from now.
    pub(super) fn within(limit: Duration, clock: &dyn Clock) -> Self {
        Self(clock.monotonic().saturating_add(limit))
    }

    /// How long it is till then; zero once it is over.
    pub(super) fn left(self, clock: &dyn Clock) -> Duration {
        self.0.saturating_sub(clock.monotonic())
    }
}
