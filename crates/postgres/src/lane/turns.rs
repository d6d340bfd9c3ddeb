//! Whose turn it is to write.
//!
//! How many units go together is what counts for the server's processor time, so where few wait they wait for the transaction that
//! is written. But the server writes a transaction on one of its cores, and where many wait they wait for that core while
//! others may be idle. So there are two places to write in: one for whoever comes next, and one for many only.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedMutexGuard, watch};

/// Units that are many. As many hardly wait where no more than that are asked for at once, as by the tills of a shop.
const UNITS_ENOUGH: usize = 16;

/// How many units wait to be written, with those that have given up and that nobody has thrown out yet.
#[derive(Clone)]
pub(super) struct Queue(watch::Sender<usize>);

impl Queue {
    pub(super) fn new() -> Self {
        Self(watch::Sender::new(0))
    }

    pub(super) fn enter(&self) -> Place {
        // Nobody waits for any other number than the one that is enough.
        self.0.send_if_modified(|waiting| {
            *waiting = waiting.saturating_add(1);
            *waiting == UNITS_ENOUGH
        });
        Place(self.clone())
    }

    async fn until_enough(&self) {
        // It fails where whoever counts is gone, which is this one.
        self.0.subscribe().wait_for(|waiting| *waiting >= UNITS_ENOUGH).await.ok();
    }
}

/// That of one unit in the queue, until it is dropped.
pub(super) struct Place(Queue);

impl Drop for Place {
    fn drop(&mut self) {
        let Self(Queue(waiting)) = self;
        waiting.send_if_modified(|waiting| {
            *waiting = waiting.saturating_sub(1);
            false
        });
    }
}

#[derive(Clone)]
pub(super) struct Turns {
    queue: Queue,
    next: Arc<Mutex<()>>,
    of_many: Arc<Mutex<()>>,
}

/// To be held while a transaction is written, until it waits for the disk.
pub(super) type Turn = OwnedMutexGuard<()>;

impl Turns {
    pub(super) fn of(queue: Queue) -> Self {
        Self { queue, next: Arc::default(), of_many: Arc::default() }
    }

    /// Waits until one of the places is free, the second of which is so only while many units wait. These may be promised to whoever
    /// has the other place and has not taken them yet: then it is for what comes meanwhile.
    pub(super) async fn next(&self) -> Turn {
        let of_many = async {
            let turn = Arc::clone(&self.of_many).lock_owned().await;
            self.queue.until_enough().await;
            turn
        };
        tokio::select! {
            biased;
            turn = Arc::clone(&self.next).lock_owned() => turn,
            turn = of_many => turn,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures::FutureExt as _;

    use super::*;

    /// Which of so many transactions may be written while so many units wait, and nobody is done.
    #[track_caller]
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
    fn units_that_have_left_do_not_count() {
        let queue = Queue::new();
        let turns = Turns::of(queue.clone());
        let first = turns.next().now_or_never();
        drop((0..UNITS_ENOUGH).map(|_| queue.enter()).collect::<Vec<_>>());
        let _one = queue.enter();
        assert_eq!((first.is_some(), turns.next().now_or_never().is_some()), (true, false));
    }

    #[test]
    fn the_next_is_written_when_the_first_waits_for_the_disk() {
        let turns = Turns::of(Queue::new());
        drop(turns.next().now_or_never());
        assert!(turns.next().now_or_never().is_some());
    }

    #[test]
    fn whoever_has_come_by_one_place_keeps_the_other_for_nobody() {
        let queue = Queue::new();
        let turns = Turns::of(queue.clone());
        let first = turns.next().now_or_never();
        let mut second = Box::pin(turns.next());
        assert!((&mut second).now_or_never().is_none(), "few wait");
        drop(first);
        let _second = second.now_or_never();
        let _places: Vec<Place> = (0..UNITS_ENOUGH).map(|_| queue.enter()).collect();
        assert!(turns.next().now_or_never().is_some());
    }

    #[tokio::test]
    async fn whoever_waits_is_woken_by_the_unit_that_is_enough() {
        let queue = Queue::new();
        let turns = Turns::of(queue.clone());
        let _first = turns.next().await;
        let enter = async { (0..UNITS_ENOUGH).map(|_| queue.enter()).collect::<Vec<_>>() };
        // Waits first, and is woken or never ends.
        let both = async { tokio::join!(biased; turns.next(), enter) };
        assert!(tokio::time::timeout(Duration::from_secs(10), both).await.is_ok(), "still waits");
    }
}
