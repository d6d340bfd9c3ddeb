//! The provider's clock: real time, sped up by a whole factor.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// The point at which shown time and real time were last tied together, and how fast shown time runs since.
///
/// It is kept in the state file, so that a restart neither rewinds nor skips the provider's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClockAnchor {
    real: DateTime<Utc>,
    shown: DateTime<Utc>,
    scale: u32,
}

impl ClockAnchor {
    /// Both times were the same at `origin`.
    #[must_use]
    pub const fn at(origin: DateTime<Utc>, scale: u32) -> Self {
        Self { real: origin, shown: origin, scale }
    }

    pub(crate) fn fresh(scale: u32) -> Self {
        Self::at(real_now(), scale)
    }

    /// Carries on from where `self` is now, at another speed.
    pub(crate) fn rescaled(self, scale: u32) -> Self {
        if scale == self.scale {
            return self;
        }
        let real = real_now();
        Self { real, shown: self.shown_at(real), scale }
    }

    /// What is shown when the real time is `real`.
    #[must_use]
    pub fn shown_at(self, real: DateTime<Utc>) -> DateTime<Utc> {
        let real_micros = (real - self.real).num_microseconds().unwrap_or(i64::MAX);
        let shown_micros = real_micros.saturating_mul(i64::from(self.scale));
        self.shown.checked_add_signed(TimeDelta::microseconds(shown_micros)).unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// Whether the shown time is the real one: neither faster, nor ahead since it was.
    #[must_use]
    pub fn is_real(self) -> bool {
        self.scale == 1 && self.real == self.shown
    }

    /// How many times faster than real time the shown time runs.
    #[must_use]
    pub const fn scale(self) -> u32 {
        self.scale
    }
}

/// Reads the provider's time. Whole milliseconds, as far as the providers' bodies show it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Clock {
    anchor: ClockAnchor,
}

impl Clock {
    pub(crate) fn new(anchor: ClockAnchor) -> Self {
        Self { anchor }
    }

    pub(crate) fn anchor(self) -> ClockAnchor {
        self.anchor
    }

    pub(crate) fn now(self) -> DateTime<Utc> {
        truncated(self.anchor.shown_at(real_now()))
    }

    /// How long to sleep, in real time, until the provider's clock shows `at`.
    pub(crate) fn real_time_until(self, at: DateTime<Utc>) -> Duration {
        let shown_micros = (at - self.now()).num_microseconds().unwrap_or(i64::MAX);
        let real_micros = shown_micros.max(0) / i64::from(self.anchor.scale.max(1));
        // One millisecond on top: waking a hair too early would spin.
        Duration::from_micros(u64::try_from(real_micros).unwrap_or(0)) + Duration::from_millis(1)
    }
}

fn truncated(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at.timestamp_millis()).unwrap_or(at)
}

#[expect(clippy::disallowed_methods, reason = "this is where the sandbox's own clock lives")]
fn real_now() -> DateTime<Utc> {
    Utc::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_runs_as_many_times_faster_as_asked() {
        let anchor = ClockAnchor::fresh(60);
        let later = anchor.real + TimeDelta::seconds(2);
        assert_eq!(anchor.shown_at(later), anchor.shown + TimeDelta::minutes(2));
    }

    #[test]
    fn another_scale_carries_on_from_the_time_shown() {
        let anchor = ClockAnchor { real: real_now() - TimeDelta::seconds(10), shown: real_now(), scale: 3_600 };
        let before = Clock::new(anchor).now();
        let after = Clock::new(anchor.rescaled(1)).now();
        assert!(after >= before && after - before < TimeDelta::hours(1));
    }

    #[test]
    fn waiting_is_shortened_by_the_scale() {
        let clock = Clock::new(ClockAnchor::fresh(1_000));
        let wait = clock.real_time_until(clock.now() + TimeDelta::seconds(1_000));
        assert!(wait <= Duration::from_millis(1_001), "{wait:?} for a thousand seconds");
    }
}
