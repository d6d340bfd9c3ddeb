//! The host's clock, and ids by it.

use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ports::{Clock, IdGenerator};
use mstore_pay_domain::time::Timestamp;
use uuid::{NoContext, Uuid};

/// The host's clock.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemClock;

#[async_trait]
impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the Clock that everybody else is given")]
    fn now(&self) -> Timestamp {
        chrono::Utc::now().into()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

/// `UUIDv7`s whose bits after the time are all random: our references at providers are made of the last
/// ones, and a counter would take some of them.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct TimedIds;

impl IdGenerator for TimedIds {
    fn uuid(&self) -> Uuid {
        let now = SystemClock.now().micros();
        let seconds = u64::try_from(now.div_euclid(1_000_000)).unwrap_or_default();
        let nanos = u32::try_from(now.rem_euclid(1_000_000)).unwrap_or_default().saturating_mul(1_000);
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
    }
}

/// A number below `bound` that nobody can foresee; zero where `bound` is.
pub(crate) fn random_below(bound: u64) -> u64 {
    let bits = TimedIds.uuid().as_u128() & u128::from(u32::MAX);
    u64::try_from(bits.checked_rem(u128::from(bound)).unwrap_or_default()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_of_version_seven_and_do_not_repeat() {
        let ids: std::collections::BTreeSet<Uuid> = (0..10_000).map(|_| TimedIds.uuid()).collect();
        assert_eq!(ids.len(), 10_000);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
    }

    #[test]
    fn a_random_number_stays_below_its_bound() {
        assert_eq!(random_below(0), 0);
        assert!((0..100).all(|_| random_below(3) < 3));
    }
}
