//! A clock that tests move by hand.

use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;

use super::lock;
use crate::ports::Clock;
use crate::time::Timestamp;

/// Rounds for which a sleeper lets those go first who are to wake before it; some of them may not be polled any more.
const ROUNDS_MAX: u32 = 3;

/// A clock that stands still until it is moved. Sleeping moves it, so nothing ever waits: whatever
/// else can go on goes on first, then the clock shows the end of the shortest sleep.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
    asleep: Mutex<Vec<Timestamp>>,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { now: Mutex::new(now), asleep: Mutex::new(Vec::new()) }
    }

    /// Puts the clock to `now`, forwards or backwards.
    pub fn set(&self, now: Timestamp) {
        *lock(&self.now) = now;
    }

    /// Moves the clock on; returns what it shows then.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let mut now = lock(&self.now);
        *now = now.plus(by);
        *now
    }
}

/// Somebody asleep until then; no more once it is dropped.
struct Sleeper<'a> {
    clock: &'a ManualClock,
    until: Timestamp,
}

impl<'a> Sleeper<'a> {
    fn lie_down(clock: &'a ManualClock, until: Timestamp) -> Self {
        lock(&clock.asleep).push(until);
        Self { clock, until }
    }

    fn is_next(&self) -> bool {
        lock(&self.clock.asleep).iter().all(|other| self.until <= *other)
    }
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        let mut asleep = lock(&self.clock.asleep);
        if let Some(place) = asleep.iter().position(|until| *until == self.until) {
            asleep.swap_remove(place);
        }
    }
}

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }

    fn monotonic(&self) -> Duration {
        self.now().since(Timestamp::EPOCH)
    }

    async fn sleep(&self, pause: Duration) {
        let sleeper = Sleeper::lie_down(self, self.now().plus(pause));
        let mut rounds = 0_u32;
        poll_fn(|context| {
            if self.now() >= sleeper.until {
                return Poll::Ready(());
            }
            if rounds > 0 && (sleeper.is_next() || rounds > ROUNDS_MAX) {
                self.set(sleeper.until);
                return Poll::Ready(());
            }
            rounds = rounds.saturating_add(1);
            context.waker().wake_by_ref();
            Poll::Pending
        })
        .await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;

    #[test]
    fn sleeping_moves_the_clock_instead_of_waiting() {
        let clock = ManualClock::new(Timestamp::EPOCH);
        block_on(clock.sleep(Duration::from_hours(1)));
        assert_eq!(clock.now(), Timestamp::EPOCH.plus(Duration::from_hours(1)));
    }

    #[test]
    fn of_two_who_sleep_the_shorter_sleep_ends_first() {
        let clock = ManualClock::new(Timestamp::EPOCH);
        let (long, short) = (clock.sleep(Duration::from_secs(5)), clock.sleep(Duration::from_secs(1)));
        let ended = block_on(futures::future::select(long, short));
        assert!(matches!(ended, futures::future::Either::Right(_)));
        assert_eq!(clock.now(), Timestamp::EPOCH.plus(Duration::from_secs(1)));
    }
}
