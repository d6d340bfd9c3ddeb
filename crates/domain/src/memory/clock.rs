//! A clock that tests move by hand.

use std::future::poll_fn;
use std::sync::Mutex;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;

use super::lock;
use crate::ports::Clock;
use crate::time::Timestamp;

/// A clock that stands still until it is moved. Sleeping moves it, so nothing ever waits: whatever
/// else can go on goes on first, then the clock shows the end of the sleep.
#[derive(Debug)]
pub struct ManualClock {
    now: Mutex<Timestamp>,
}

impl ManualClock {
    /// A clock that shows `now`.
    #[must_use]
    pub const fn new(now: Timestamp) -> Self {
        Self { now: Mutex::new(now) }
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

#[async_trait]
impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        *lock(&self.now)
    }

    fn monotonic(&self) -> Duration {
        self.now().since(Timestamp::EPOCH)
    }

    async fn sleep(&self, pause: Duration) {
        let until = self.now().plus(pause);
        let mut yielded = false;
        poll_fn(|context| {
            if self.now() >= until {
                return Poll::Ready(());
            }
            if yielded {
                self.set(until);
                return Poll::Ready(());
            }
            yielded = true;
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
}
