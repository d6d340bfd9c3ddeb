//! Recovery takes turns. After an outage many payments are due at once: they come back spread over time, and what they
//! open stays within the provider's rate limit.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::gateway::Gateway;
use crate::gateway::open::Route;
use crate::ids::{AccountId, ProviderId};
use crate::payment::Payment;
use crate::ports::{Endpoint, Reservation};
use crate::time::Timestamp;

/// Payments that wait on the spot for the rate limit of one account; its others come back.
const WAITING_PER_ACCOUNT_MAX: usize = 4;
/// The same of all accounts, so that checks get their turn.
const WAITING_MAX: usize = 6;
/// For how long one of them waits.
const WAITS_WITHIN: Duration = Duration::from_secs(1);
/// Between two payments that come back: as much as a limit of 600 a minute lets through. Where the limit is another,
/// some come back once more.
const BACK_EVERY: Duration = Duration::from_millis(100);
/// By how much at the most pauses differ, so that nobody marches in step.
const JITTER_MAX: Duration = Duration::from_secs(1);

/// Whose rate limit is waited for.
type Whose = (ProviderId, AccountId);

/// Who waits for its turn in this process, account by account: one whose limit is used up holds back no other's.
#[derive(Debug, Default)]
pub(in crate::gateway) struct Herd {
    queues: Mutex<BTreeMap<Whose, Queue>>,
}

/// Who waits for the limit of one account.
#[derive(Debug, Default)]
struct Queue {
    /// So many on the spot.
    waiting: usize,
    /// When the last of those who come back does.
    last_back_at: Option<Timestamp>,
}

/// A place among those who wait on the spot.
struct Place<'a> {
    herd: &'a Herd,
    whose: &'a Whose,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if let Some(queue) = self.herd.queues().get_mut(self.whose) {
            queue.waiting = queue.waiting.saturating_sub(1);
        }
    }
}

impl Herd {
    fn queues(&self) -> MutexGuard<'_, BTreeMap<Whose, Queue>> {
        self.queues.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn place<'a>(&'a self, whose: &'a Whose) -> Option<Place<'a>> {
        let mut queues = self.queues();
        let of_all: usize = queues.values().map(|queue| queue.waiting).sum();
        let queue = queues.entry(whose.clone()).or_default();
        if queue.waiting >= WAITING_PER_ACCOUNT_MAX || of_all >= WAITING_MAX {
            return None;
        }
        queue.waiting = queue.waiting.saturating_add(1);
        Some(Place { herd: self, whose })
    }

    /// When the next one of an account comes back, one after the other.
    fn back_at(&self, whose: &Whose, now: Timestamp) -> Timestamp {
        let mut queues = self.queues();
        queues.retain(|_, queue| queue.waiting > 0 || queue.last_back_at.is_some_and(|last| last > now));
        let queue = queues.entry(whose.clone()).or_default();
        let next = queue.last_back_at.unwrap_or(now).max(now).plus(BACK_EVERY);
        queue.last_back_at = Some(next);
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
        let whose: Whose = (route.account.provider.clone(), route.account.id.clone());
        let over = clock.monotonic().saturating_add(WAITS_WITHIN);
        let mut place = None;
        loop {
            let pause = match self.ports.budget.reserve(&whose.0, &whose.1, Endpoint::Open, class, 1).await {
                Reservation::Granted => return Ok(()),
                Reservation::Wait(pause) => pause,
            };
            place = place.or_else(|| self.herd.place(&whose));
            if place.is_none() || clock.monotonic().saturating_add(pause) > over {
                let back_at = self.herd.back_at(&whose, clock.now()).plus(self.jitter());
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

#[cfg(test)]
mod tests {
    use super::*;

    fn whose(account: &str) -> Whose {
        (ProviderId::parse("acme").unwrap(), AccountId::parse(account).unwrap())
    }

    #[test]
    fn whoever_comes_back_stands_behind_those_of_its_own_account_only() {
        let (herd, now) = (Herd::default(), Timestamp::EPOCH);
        let (one, other) = (whose("one"), whose("other"));
        for nth in 1..=2_000 {
            assert_eq!(herd.back_at(&one, now), now.plus(BACK_EVERY * nth));
        }
        assert_eq!(herd.back_at(&other, now), now.plus(BACK_EVERY));
    }

    #[test]
    fn no_account_takes_all_places_on_the_spot_and_a_place_that_was_left_is_free() {
        let herd = Herd::default();
        let (one, other) = (whose("one"), whose("other"));
        let mut places: Vec<_> = (0..WAITING_MAX).filter_map(|_| herd.place(&one)).collect();
        assert_eq!(places.len(), WAITING_PER_ACCOUNT_MAX);
        places.extend((0..WAITING_MAX).filter_map(|_| herd.place(&other)));
        assert_eq!(places.len(), WAITING_MAX);
        drop(places.pop());
        assert!(herd.place(&other).is_some());
    }

    #[test]
    fn an_account_that_nobody_waits_for_is_forgotten() {
        let (herd, now) = (Herd::default(), Timestamp::EPOCH);
        herd.back_at(&whose("one"), now);
        herd.back_at(&whose("other"), now.plus(BACK_EVERY * 2));
        assert_eq!(herd.queues().len(), 1);
    }
}
