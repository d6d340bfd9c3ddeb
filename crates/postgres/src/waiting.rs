//! What waits to be done along with others.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use batch_aint_one::{BatchError, Batcher, Processor};
use tokio::time::timeout;

/// Something that is done either with others or by whoever brought it, and never by both.
pub(crate) struct Waiting<T> {
    what: T,
    is_taken: Arc<AtomicBool>,
}

impl<T> Waiting<T> {
    /// Takes it up; nothing where whoever brought it did so before.
    pub(crate) fn take(self) -> Option<T> {
        if self.is_taken.swap(true, Ordering::SeqCst) { None } else { Some(self.what) }
    }
}

/// What became of something that was done with others; nothing where it is to be done alone, since it was not taken up in
/// time. What was taken up is waited for: it is bounded by itself.
pub(crate) async fn with_others<P, T>(
    batcher: &Batcher<P>,
    what: T,
    wait_max: Duration,
) -> Option<Result<P::Output, BatchError<P::Error>>>
where
    P: Processor<Key = (), Input = Waiting<T>>,
{
    let is_taken = Arc::new(AtomicBool::new(false));
    let mut outcome = pin!(batcher.add((), Waiting { what, is_taken: Arc::clone(&is_taken) }));
    match timeout(wait_max, &mut outcome).await {
        Ok(outcome) => Some(outcome),
        Err(_elapsed) if is_taken.swap(true, Ordering::SeqCst) => Some(outcome.await),
        Err(_elapsed) => None,
    }
}

/// What became of each of those that wait, in their order: of those that were taken up what is given, of others `otherwise`.
pub(crate) fn in_place<T, O>(
    waiting: &[Option<T>],
    outcomes: impl IntoIterator<Item = O>,
    otherwise: impl Fn() -> O,
) -> Vec<O> {
    let mut outcomes = outcomes.into_iter();
    waiting.iter().map(|taken| taken.as_ref().and_then(|_taken| outcomes.next()).unwrap_or_else(&otherwise)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_two_who_would_do_it_one_does() {
        let is_taken = Arc::new(AtomicBool::new(false));
        let waiting = || Waiting { what: 7, is_taken: Arc::clone(&is_taken) };
        assert_eq!((waiting().take(), waiting().take()), (Some(7), None));
    }

    #[test]
    fn outcomes_are_those_of_what_was_taken_up() {
        assert_eq!(in_place(&[Some('a'), None, Some('b')], [1, 2], || 0), [1, 0, 2]);
        assert_eq!(in_place(&[Some('a'), Some('b')], [1], || 0), [1, 0], "what nothing is known of");
    }
}
