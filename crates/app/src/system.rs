//! The host's clock, or one that runs ahead of it for tests, and ids by it.

use std::num::NonZeroU32;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mstore_pay_domain::ports::{Clock, IdGenerator};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_sandbox::ClockAnchor;
use uuid::{NoContext, Uuid};

/// The shortest pause between two looks for work, however fast the calendar runs.
const PAUSE_MIN: Duration = Duration::from_millis(20);

/// Some moment of this process's life.
static SOME_MOMENT: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The host's clock; in tests its calendar may run faster than the world's.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SystemClock {
    faster: Option<ClockAnchor>,
}

impl SystemClock {
    /// The world's calendar: tokens expire by it, whatever payments do.
    pub(crate) const REAL: Self = Self { faster: None };

    /// A calendar that runs as that anchor says.
    pub(crate) const fn tied(faster: Option<ClockAnchor>) -> Self {
        Self { faster }
    }

    /// Whether its calendar is the world's.
    pub(crate) fn is_real(self) -> bool {
        self.faster.is_none_or(ClockAnchor::is_real)
    }

    /// How long `time` of the calendar really takes.
    pub(crate) fn real_time(self, time: Duration) -> Duration {
        let scale = self.faster.and_then(|anchor| NonZeroU32::new(anchor.scale())).unwrap_or(NonZeroU32::MIN);
        time.checked_div(scale.get()).unwrap_or(time)
    }

    /// How long a worker rests that looks every `pause` of the calendar for what is due by it.
    pub(crate) fn rest(self, pause: Duration) -> Duration {
        self.real_time(pause).max(PAUSE_MIN.min(pause))
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else is given")]
    fn now(&self) -> Timestamp {
        let real = chrono::Utc::now();
        self.faster.map_or(real, |anchor| anchor.shown_at(real)).into()
    }

    fn monotonic(&self) -> Duration {
        SOME_MOMENT.elapsed()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// `UUIDv7`s whose bits after the time are all random: our references at providers are made of the last
/// ones, and a counter would take some of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimedIds {
    clock: SystemClock,
}

impl TimedIds {
    /// Ids of the world's time, for what no payment is ordered by.
    pub(crate) const REAL: Self = Self::by(SystemClock::REAL);

    pub(crate) const fn by(clock: SystemClock) -> Self {
        Self { clock }
    }
}

impl IdGenerator for TimedIds {
    fn uuid(&self) -> Uuid {
        let now = self.clock.now().micros();
        let seconds = u64::try_from(now.div_euclid(1_000_000)).unwrap_or_default();
        let nanos = u32::try_from(now.rem_euclid(1_000_000)).unwrap_or_default().saturating_mul(1_000);
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
    }
}

/// A number below `bound` that nobody can foresee; zero where `bound` is.
pub(crate) fn random_below(bound: u64) -> u64 {
    let bits = TimedIds::REAL.uuid().as_u128() & u128::from(u32::MAX);
    u64::try_from(bits.checked_rem(u128::from(bound)).unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_seven_and_do_not_repeat() {
        let ids: std::collections::HashSet<Uuid> = (0..1_000_000).map(|_| TimedIds::REAL.uuid()).collect();
        assert_eq!(ids.len(), 1_000_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn a_faster_calendar_leaves_patience_as_it_is() {
        let origin = SystemClock::REAL.now().minus(Duration::from_hours(1)).to_datetime();
        let clock = SystemClock::tied(Some(ClockAnchor::at(origin, 3)));
        let (ahead, waited) = (clock.now().since(SystemClock::REAL.now()), clock.monotonic());
        assert!(ahead.abs_diff(Duration::from_hours(2)) < Duration::from_secs(1), "{ahead:?}");
        assert!(clock.monotonic().saturating_sub(waited) < Duration::from_secs(1));
        assert_eq!(clock.real_time(Duration::from_mins(3)), Duration::from_mins(1));
        assert_eq!(clock.rest(Duration::from_millis(30)), PAUSE_MIN);
        assert_eq!(SystemClock::REAL.rest(Duration::from_millis(5)), Duration::from_millis(5));
    }

    #[test]
    fn a_random_number_stays_below_its_bound() {
        assert_eq!(random_below(0), 0);
        assert!((0..100).all(|_| random_below(3) < 3));
    }
}
