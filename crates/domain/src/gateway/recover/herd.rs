//! Recovery takes turns. After an outage many payments are due at once: they come back spread over time, and what they
//! open stays within the provider's rate limit.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::gateway::Gateway;
use crate::gateway::open::Route;
use crate::payment::Payment;
use crate::ports::{Endpoint, Reservation};
use crate::time::Timestamp;

/// Payments that wait on the spot for the rate limit; all others come back, so that checks get their turn.
const WAITING_MAX: usize = 4;
/// For how long one of them waits.
const WAITS_WITHIN: Duration = Duration::from_secs(1);
/// Between two payments that come back: as much as a limit of 600 a minute lets through. Where the limit is another,
/// some come back once more.
const BACK_EVERY: Duration = Duration::from_millis(100);
/// By how much at the most pauses differ, so that nobody marches in step.
const JITTER_MAX: Duration = Duration::from_secs(1);

/// Who waits for its turn in this process.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Herd {
    waiting: AtomicUsize,
    last_back_at: Mutex<Option<Timestamp>>,
}

/// A place among those who wait on the spot.
struct Place<'a>(&'a Herd);

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Herd {
    fn place(&self) -> Option<Place<'_>> {
        let place = Place(self);
        (self.waiting.fetch_add(1, Ordering::Relaxed) < WAITING_MAX).then_some(place)
    }

    /// When the next one comes back, one after the other.
    fn back_at(&self, now: Timestamp) -> Timestamp {
        let mut last = self.last_back_at.lock().unwrap_or_else(PoisonError::into_inner);
        let next = last.unwrap_or(now).max(now).plus(BACK_EVERY);
        *last = Some(next);
        next
    }
}

impl Gateway {
    /// Waits for the rate limit to leave an opening there.
    ///
    /// # Errors
    /// When to come back, if it leaves none for now.
    pub(super) async fn turn_at(&self, payment: &Payment, route: &Route) -> Result<(), Timestamp> {
        let (clock, class) = (self.ports.clock.as_ref(), self.class_of(payment).await);
        let (provider, account) = (&route.account.provider, &route.account.id);
        let over = clock.monotonic().saturating_add(WAITS_WITHIN);
        let mut place = None;
        loop {
            let pause = match self.ports.budget.reserve(provider, account, Endpoint::Open, class, 1).await {
                Reservation::Granted => return Ok(()),
                Reservation::Wait(pause) => pause,
            };
            place = place.or_else(|| self.herd.place());
            if place.is_none() || clock.monotonic().saturating_add(pause) > over {
                let back_at = self.herd.back_at(clock.now()).plus(self.jitter());
                // Once its time is over it needs no turn.
                return Err(back_at.min(payment.expires_at));
            }
            clock.sleep(pause).await;
        }
    }

    /// A moment, another one each time.
    pub(super) fn jitter(&self) -> Duration {
        let [.., random] = *self.ports.ids.uuid().as_bytes();
        JITTER_MAX / 256 * u32::from(random)
    }
}
