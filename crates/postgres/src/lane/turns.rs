//! Whose turn it is to write: one transaction's, and another's beside it where many units wait.
//!
//! How many units go together is what counts for the server's processor time, so where few wait they wait for the one that
//! is written. But the server writes a transaction on one of its cores, and whoever waits for nothing else is waiting for
//! that core then.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// Units that are worth a transaction written beside another. With so few clients as a shop has tills as many never wait.
const UNITS_ENOUGH: usize = 16;

/// How many units wait to be written.
#[derive(Clone)]
pub(super) struct Queue(Arc<watch::Sender<usize>>);

impl Queue {
    pub(super) fn new() -> Self {
        Self(Arc::new(watch::Sender::new(0)))
    }

    pub(super) fn enter(&self) -> Place {
        // Nobody waits for any other number than the one that is enough.
        self.0.send_if_modified(|waiting| {
            *waiting = waiting.saturating_add(1);
            *waiting == UNITS_ENOUGH
        });
        Place(self.clone())
    }

    async fn has_enough(&self) {
        // It fails where whoever counts is gone, which is this one.
        self.0.subscribe().wait_for(|waiting| *waiting >= UNITS_ENOUGH).await.ok();
    }
}

/// That of one unit in the queue, until it is dropped.
pub(super) struct Place(Queue);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.0.send_if_modified(|waiting| {
            *waiting = waiting.saturating_sub(1);
            false
        });
    }
}

#[derive(Clone)]
pub(super) struct Turns {
    queue: Queue,
    first: Arc<Mutex<()>>,
    beside: Arc<Mutex<()>>,
}

/// To be held while a transaction is written, until it waits for the disk.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Turns {
    pub(super) fn of(queue: Queue) -> Self {
        Self { queue, first: Arc::default(), beside: Arc::default() }
    }

    /// Waits until the next transaction may be written: when no other is, or but one while enough units wait.
    pub(super) async fn next(&self) -> Turn {
        let beside = async {
            let turn = Arc::clone(&self.beside).lock_owned().await;
            self.queue.has_enough().await;
            turn
        };
        tokio::select! {
            biased;
            turn = Arc::clone(&self.first).lock_owned() => turn,
            turn = beside => turn,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt as _;

    use super::*;

    /// Which of so many transactions may be written while so many units wait, and nobody is done.
    fn check(waiting: usize, expected: &[bool]) {
        let queue = Queue::new();
        let turns = Turns::of(queue.clone());
        let _places: Vec<Place> = (0..waiting).map(|_| queue.enter()).collect();
        let taken: Vec<Option<Turn>> = expected.iter().map(|_| turns.next().now_or_never()).collect();
        let may_write: Vec<bool> = taken.iter().map(Option::is_some).collect();
        assert_eq!(may_write, expected, "{waiting} wait");
    }

    #[test]
    fn where_few_units_wait_one_transaction_is_written_at_a_time() {
        check(0, &[true, false]);
        check(UNITS_ENOUGH - 1, &[true, false]);
    }

    #[test]
    fn where_many_units_wait_another_is_written_beside_it_and_no_third() {
        check(UNITS_ENOUGH, &[true, true, false]);
        check(100 * UNITS_ENOUGH, &[true, true, false]);
    }

    #[test]
    fn units_that_have_left_do_not_wait() {
        let queue = Queue::new();
        let turns = Turns::of(queue.clone());
        let _first = turns.next().now_or_never();
        drop((0..UNITS_ENOUGH).map(|_| queue.enter()).collect::<Vec<_>>());
        let _one = queue.enter();
        assert!(turns.next().now_or_never().is_none());
    }

    #[test]
    fn the_next_is_written_when_the_first_waits_for_the_disk() {
        let turns = Turns::of(Queue::new());
        drop(turns.next().now_or_never());
        assert!(turns.next().now_or_never().is_some());
    }

    #[tokio::test]
    async fn whoever_waits_is_woken_by_the_unit_that_is_enough() {
        let queue = Queue::new();
        let turns = Turns::of(queue.clone());
        let _first = turns.next().await;
        let next = async { turns.next().await };
        let enter = async { (0..UNITS_ENOUGH).map(|_| queue.enter()).collect::<Vec<_>>() };
        // Waits first, and is woken or hangs.
        let woken = tokio::time::timeout(Duration::from_secs(60), async { tokio::join!(biased; next, enter) }).await;
        assert!(woken.is_ok(), "still waits");
    }
}
