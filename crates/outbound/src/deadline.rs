//! Time for several calls together.

use std::time::{Duration, Instant};

/// A point by which several calls must be done, on the machine's monotonic clock.
#[derive(Debug, Clone, Copy)]
pub struct Deadline {
    started: Instant,
    within: Duration,
}

impl Deadline {
    /// That long from now.
    #[must_use]
    pub fn within(within: Duration) -> Self {
        Self { started: Instant::now(), within }
    }

    /// What is left; zero once it has passed.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.within.saturating_sub(self.started.elapsed())
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn has_passed(&self) -> bool {
        self.left().is_zero()
    }
}
