//! The feed within this process: whoever waits for a payment hears of it, and the publisher of news.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::event::OutboxMessage;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::{EventPublisher, PublishError, Wakeups};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Wakes those who wait for a payment.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    waiting: Mutex<HashMap<PaymentId, Room>>,
    committed: Notify,
    published: Notify,
}

impl Feed {
    /// Ends when something was committed since it last ended: there may be messages to publish.
    pub(crate) async fn committed(&self) {
        self.committed.notified().await;
    }

    /// Ends when something was published since it last ended: endpoints may have something to be told.
    pub(crate) async fn published(&self) {
        self.published.notified().await;
    }

    /// A seat among those who wait for a payment.
    fn seat(&self, payment: PaymentId) -> Seat<'_> {
        let mut waiting = self.waiting();
        let room = waiting.entry(payment).or_default();
        room.seats = room.seats.saturating_add(1);
        Seat { feed: self, payment, bell: Arc::clone(&room.bell) }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<PaymentId, Room>> {
        // Every change is one insertion or removal: a panic elsewhere leaves nothing half-done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where those wait who wait for one payment.
#[derive(Debug, Default)]
struct Room {
    bell: Arc<Notify>,
    /// Those that are taken: counted under the lock, so that of two who leave at once one is the last.
    seats: usize,
}

/// A place in the waiting room; the room is cleared away when the last one leaves.
struct Seat<'a> {
    feed: &'a Feed,
    payment: PaymentId,
    bell: Arc<Notify>,
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut waiting = self.feed.waiting();
        let Some(room) = waiting.get_mut(&self.payment) else { return };
        room.seats = room.seats.saturating_sub(1);
        if room.seats == 0 {
            waiting.remove(&self.payment);
        }
    }
}

#[async_trait]
impl Wakeups for Feed {
    fn wake(&self, payment: &PaymentId) {
        self.wake_here(payment);
        self.committed.notify_one();
    }

    fn wake_here(&self, payment: &PaymentId) {
        if let Some(room) = self.waiting().get(payment) {
            room.bell.notify_waiters();
        }
    }

    async fn changed(&self, payment: &PaymentId, within: Duration) {
        let seat = self.seat(*payment);
        // Whether it rang or the time is over: the caller looks again.
        let _rang = timeout(within, seat.bell.notified()).await;
    }
}

#[async_trait]
impl EventPublisher for Feed {
    async fn publish(&self, message: &OutboxMessage) -> Result<(), PublishError> {
        self.wake_here(&message.payment);
        self.published.notify_one();
        metrics::counter!("mstore_pay_events_published_total", "event" => message.event.word()).increment(1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use uuid::Uuid;

    #[tokio::test]
    async fn waking_a_payment_ends_the_wait_for_it_and_leaves_no_seat_behind() {
        let (feed, payment) = (Feed::default(), PaymentId::new(Uuid::from_u128(1)));
        let mut wait = Box::pin(feed.changed(&payment, Duration::from_mins(10)));
        assert!((&mut wait).now_or_never().is_none());
        feed.wake(&PaymentId::new(Uuid::from_u128(2)));
        assert!((&mut wait).now_or_never().is_none());
        feed.wake(&payment);
        wait.await;
        assert!(feed.waiting().is_empty());
    }

    #[test]
    fn of_those_who_leave_at_once_one_is_the_last() {
        const TILLS: usize = 4;
        const ROUNDS: usize = 20;
        const VISITS: usize = 1_000;
        let (feed, payment) = (Feed::default(), PaymentId::new(Uuid::from_u128(1)));
        for _ in 0..ROUNDS {
            std::thread::scope(|scope| {
                for _ in 0..TILLS {
                    scope.spawn(|| (0..VISITS).for_each(|_| drop(feed.seat(payment))));
                }
            });
            assert!(feed.waiting().is_empty(), "a room that nobody is in");
        }
    }
}
