//! Waiting: whoever waits for a payment is woken by what this process commits, and by a look at the revisions of all
//! that are waited for here. One look serves everybody, however many wait.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use super::Gateway;
use crate::ids::PaymentId;
use crate::money::Money;
use crate::payment::Revision;
use crate::ports::{PaymentInOrder, StoreError};
use crate::time::Timestamp;

/// How many writes are remembered for whoever read before them and waits from after them: seconds of a rush, about 1 MB.
/// Whoever comes later than that is woken by the next look at all.
const WRITES_REMEMBERED_MAX: usize = 4_096;

/// Payments that somebody in this process waits for.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    payments: Mutex<BTreeMap<PaymentId, Awaited>>,
    written: Mutex<Writes>,
    /// When the last look at all of them began that came to its end.
    looked_at: Mutex<Option<Timestamp>>,
}

#[derive(Debug)]
struct Awaited {
    /// How many wait for it.
    by: u32,
    /// The latest that one of them, or a look, has seen.
    seen: Revision,
    /// The latest that this process has written while somebody waited.
    written: Option<Arc<PaymentInOrder>>,
}

/// What this process wrote lately. Apart from what was seen: a look still wakes whoever came too late to be woken.
#[derive(Debug, Default)]
struct Writes {
    latest: HashMap<PaymentId, Written>,
    in_order: VecDeque<(PaymentId, Revision)>,
}

/// The latest of a payment that was written.
#[derive(Debug)]
struct Written {
    revision: Revision,
    /// What it is for, which never changes.
    amount: Money,
}

impl Writes {
    fn note(&mut self, payment: PaymentId, revision: Revision, amount: &Money) {
        let latest = self.latest.entry(payment).or_insert_with(|| Written { revision, amount: amount.clone() });
        latest.revision = revision.max(latest.revision);
        self.in_order.push_back((payment, revision));
        if self.in_order.len() <= WRITES_REMEMBERED_MAX {
            return;
        }
        let Some((oldest, revision)) = self.in_order.pop_front() else { return };
        if self.latest.get(&oldest).is_some_and(|latest| latest.revision == revision) {
            self.latest.remove(&oldest);
        }
    }
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
    pub(super) fn note_written(&self, payment: PaymentId, revision: Revision, amount: &Money) {
        self.writes().note(payment, revision, amount);
    }

    /// Hands what this process has written to those who wait for it now, if anybody does.
    pub(super) fn hand_over(&self, payment: &PaymentId, written: impl FnOnce() -> Option<PaymentInOrder>) {
        let is_awaited = self.lock().contains_key(payment);
        let Some(written) = is_awaited.then(written).flatten() else { return };
        let mut payments = self.lock();
        let Some(awaited) = payments.get_mut(payment) else { return };
        let is_later = |last: &Arc<PaymentInOrder>| last.payment.revision < written.payment.revision;
        if awaited.written.as_ref().is_none_or(is_later) {
            awaited.written = Some(Arc::new(written));
        }
    }

    /// The latest that this process has written of a payment, as far as that is remembered.
    pub(super) fn latest(&self, payment: PaymentId) -> Option<Revision> {
        self.writes().latest.get(&payment).map(|latest| latest.revision)
    }

    /// What a payment is for that this process wrote lately.
    pub(super) fn amount(&self, payment: &PaymentId) -> Option<Money> {
        self.writes().latest.get(payment).map(|latest| latest.amount.clone())
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

    fn writes(&self) -> MutexGuard<'_, Writes> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
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
        self.waiting.latest(self.payment).is_some_and(|written| written > known)
    }

    /// What this process has written meanwhile, where that is the latest that it has, and later than what is known. Nothing
    /// need be read for it.
    pub(super) fn written_after(&self, known: Revision) -> Option<Arc<PaymentInOrder>> {
        let latest = self.waiting.latest(self.payment);
        let written = self.waiting.lock().get(&self.payment).and_then(|awaited| awaited.written.clone())?;
        let revision = written.payment.revision;
        (revision > known && latest.is_none_or(|latest| latest <= revision)).then_some(written)
    }

    /// Ends with `changed`, or where this process has written a later revision by the time that `changed` hears: what was
    /// written between the reading and the hearing rings for nobody.
    pub(super) async fn outdated_or(&self, known: Revision, mut changed: Pin<&mut (impl Future<Output = ()> + Send)>) {
        std::future::poll_fn(|context| {
            let is_over = changed.as_mut().poll(context).is_ready() || self.is_outdated(known);
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
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
    use std::pin::pin;
    use std::sync::atomic::{AtomicBool, Ordering};

    use futures::FutureExt as _;
    use uuid::Uuid;

    use super::*;

    const FIRST: Revision = Revision::of(1);
    const SECOND: Revision = Revision::of(2);

    fn amount() -> Money {
        Money::of_rupiah(25_000)
    }

    fn payment(number: usize) -> PaymentId {
        PaymentId::new(Uuid::from_u128(number.try_into().unwrap()))
    }

    #[test]
    fn what_is_written_here_outdates_what_was_seen_and_is_news_to_a_look_all_the_same() {
        let (waiting, payment) = (Waiting::default(), payment(1));
        let place = waiting.join(payment, FIRST);
        assert!(!place.is_outdated(FIRST));
        waiting.note_written(payment, SECOND, &amount());
        assert!(place.is_outdated(FIRST) && !place.is_outdated(SECOND));
        assert!(waiting.note(payment, SECOND), "whoever came too late to be woken is woken by the next look");
        drop(place);
        assert!(waiting.ids().is_empty());
    }

    #[test]
    fn whoever_read_before_a_write_and_waits_from_after_it_knows_of_it() {
        let waiting = Waiting::default();
        waiting.note_written(payment(1), SECOND, &amount());
        waiting.note_written(payment(1), FIRST, &amount());
        for other in 2..WRITES_REMEMBERED_MAX {
            waiting.note_written(payment(other), FIRST, &amount());
        }
        assert!(waiting.join(payment(1), FIRST).is_outdated(FIRST), "a later one, told of first");
        waiting.note_written(payment(0), FIRST, &amount());
        assert!(!waiting.join(payment(1), FIRST).is_outdated(FIRST), "long ago");
        waiting.note_written(payment(0), SECOND, &amount());
        let writes = waiting.writes();
        assert_eq!((writes.in_order.len(), writes.latest.len()), (WRITES_REMEMBERED_MAX, WRITES_REMEMBERED_MAX - 1));
    }

    #[test]
    fn what_is_written_while_somebody_sits_down_ends_the_wait() {
        let (waiting, payment) = (Waiting::default(), payment(1));
        let (place, hears) = (waiting.join(payment, FIRST), AtomicBool::new(false));
        let sits_down = std::future::poll_fn(|_| {
            if !hears.swap(true, Ordering::SeqCst) {
                waiting.note_written(payment, SECOND, &amount());
            }
            Poll::Pending
        });
        assert_eq!(place.outdated_or(FIRST, pin!(sits_down)).now_or_never(), Some(()));
        assert_eq!(place.outdated_or(SECOND, pin!(std::future::pending())).now_or_never(), None);
        assert_eq!(place.outdated_or(SECOND, pin!(std::future::ready(()))).now_or_never(), Some(()));
    }
}
