//! Waiting: whoever waits for a payment is woken by what this process commits, and by a look at the revisions of all
//! that are waited for here. One look serves everybody, however many wait.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Gateway;
use crate::ids::PaymentId;
use crate::payment::Revision;
use crate::ports::StoreError;
use crate::time::Timestamp;

/// Payments that somebody in this process waits for.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    payments: Mutex<BTreeMap<PaymentId, Awaited>>,
    /// When the last look at all of them began that came to its end.
    looked_at: Mutex<Option<Timestamp>>,
}

#[derive(Debug, Clone, Copy)]
struct Awaited {
    /// How many wait for it.
    by: u32,
    /// The latest that one of them, or a look, has seen.
    seen: Revision,
    /// The latest that this process has written while somebody waited. Apart from what was seen: a look still wakes
    /// whoever came too late to be woken.
    written: Option<Revision>,
}

impl Waiting {
    /// Notes that somebody who has seen that revision waits for the next; until what is returned is dropped.
    pub(super) fn join(&self, payment: PaymentId, seen: Revision) -> Place<'_> {
        let mut payments = self.lock();
        let awaited = payments.entry(payment).or_insert(Awaited { by: 0, seen, written: None });
        awaited.by = awaited.by.saturating_add(1);
        // Whoever is behind the others must be told of what they know.
        awaited.seen = awaited.seen.min(seen);
        Place { waiting: self, payment }
    }

    /// Whether a look at all that are waited for, which began then or later, saw that revision of a payment and no other.
    fn has_seen(&self, payment: PaymentId, revision: Revision, since: Timestamp) -> bool {
        let looked_at = *self.looked_at.lock().unwrap_or_else(PoisonError::into_inner);
        looked_at.is_some_and(|at| at >= since)
            && self.lock().get(&payment).is_some_and(|awaited| awaited.seen == revision)
    }

    /// Notes what this process has written.
    pub(super) fn note_written(&self, payment: PaymentId, revision: Revision) {
        if let Some(awaited) = self.lock().get_mut(&payment) {
            awaited.written = awaited.written.max(Some(revision));
        }
    }

    fn note_looked(&self, at: Timestamp) {
        *self.looked_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(at);
    }

    fn ids(&self) -> Vec<PaymentId> {
        self.lock().keys().copied().collect()
    }

    /// Notes what is stored; whether that is news to anybody.
    fn note(&self, payment: PaymentId, stored: Revision) -> bool {
        let mut payments = self.lock();
        let Some(awaited) = payments.get_mut(&payment) else { return false };
        let is_news = stored > awaited.seen;
        awaited.seen = awaited.seen.max(stored);
        is_news
    }

    fn leave(&self, payment: PaymentId) {
        let mut payments = self.lock();
        let Some(awaited) = payments.get_mut(&payment) else { return };
        awaited.by = awaited.by.saturating_sub(1);
        if awaited.by == 0 {
            payments.remove(&payment);
        }
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<PaymentId, Awaited>> {
        self.payments.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who wait.
pub(super) struct Place<'a> {
    waiting: &'a Waiting,
    payment: PaymentId,
}

impl Place<'_> {
    /// Whether this process has written a later revision meanwhile: then it is to be read, and nobody need look first.
    pub(super) fn is_outdated(&self, known: Revision) -> bool {
        let awaited = self.waiting.lock().get(&self.payment).copied();
        awaited.and_then(|awaited| awaited.written).is_some_and(|written| written > known)
    }

    /// Whether a look since then has found the payment as it was: whoever waits need not look as well.
    pub(super) fn is_unchanged(&self, known: Revision, since: Timestamp) -> bool {
        self.waiting.has_seen(self.payment, known, since)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.waiting.leave(self.payment);
    }
}

impl Gateway {
    /// Looks whether what is waited for in this process has changed, by whomever, and wakes those who wait for it; gives
    /// how many payments had. To be called about every 250 ms by a worker of each process that serves tills: what is
    /// committed here wakes them by itself, what other nodes commit may not.
    ///
    /// # Errors
    /// [`StoreError`] where the revisions cannot be read.
    pub async fn wake_waiters(&self) -> Result<u32, StoreError> {
        let (began, awaited) = (self.ports.clock.now(), self.waiting.ids());
        if awaited.is_empty() {
            return Ok(0);
        }
        let stored = self.ports.payments.revisions(&awaited).await?;
        let news = stored.into_iter().filter(|(payment, revision)| self.waiting.note(*payment, *revision));
        let mut woken = 0_u32;
        for (payment, _) in news {
            self.ports.wakeups.wake_here(&payment);
            woken = woken.saturating_add(1);
        }
        self.waiting.note_looked(began);
        Ok(woken)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn what_is_written_here_outdates_what_was_seen_and_is_news_to_a_look_all_the_same() {
        let (waiting, payment) = (Waiting::default(), PaymentId::new(Uuid::from_u128(1)));
        let [first, second] = [Revision::NEW.next(), Revision::NEW.next().next()];
        waiting.note_written(payment, second);
        let place = waiting.join(payment, first);
        assert!(!place.is_outdated(first), "nobody waited when it was written");
        waiting.note_written(payment, second);
        assert!(place.is_outdated(first) && !place.is_outdated(second));
        assert!(waiting.note(payment, second), "whoever came too late to be woken is woken by the next look");
        drop(place);
        assert!(waiting.ids().is_empty());
    }
}
