//! What waits to be done together, wherever it came from.

use std::collections::VecDeque;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A queue that whoever puts something into may have to work off.
///
/// So it is worked off where somebody just came from, and nobody has to be woken for it. Of the same `W` only one is at it at a
/// time; of nobody in particular there may be several.
pub(super) struct Queue<T, W> {
    state: Mutex<State<T, W>>,
    bounds: Bounds,
}

/// As many at most.
pub(super) struct Bounds {
    /// May wait.
    pub(super) waiting: usize,
    /// Are done together.
    pub(super) together: usize,
    /// Are at it at once.
    pub(super) turns: usize,
}

struct State<T, W> {
    waiting: VecDeque<T>,
    /// Who is at it.
    turns: Vec<Option<W>>,
}

/// What became of something that was put in.
pub(super) enum Put<T, W: Clone + PartialEq> {
    /// Others are at it, and come to it.
    Waits,
    /// It waits for whoever put it in to take this turn.
    Begins(Turn<T, W>),
    /// Nothing: too many wait.
    Full,
}

/// Somebody's turn to do what waits, until nothing does. Given up before, it leaves to others what they come to, and lets go of
/// the rest.
pub(super) struct Turn<T, W: Clone + PartialEq> {
    queue: Arc<Queue<T, W>>,
    who: Option<W>,
    is_over: bool,
}

impl<T, W: Clone + PartialEq> Queue<T, W> {
    pub(super) const fn new(bounds: Bounds) -> Self {
        Self { state: Mutex::new(State { waiting: VecDeque::new(), turns: Vec::new() }), bounds }
    }

    /// Puts one in that came from `who`.
    pub(super) fn put(self: &Arc<Self>, one: T, who: Option<W>) -> Put<T, W> {
        let mut state = self.state();
        if state.waiting.len() >= self.bounds.waiting {
            return Put::Full;
        }
        state.waiting.push_back(one);
        let is_at_it = who.is_some() && state.turns.contains(&who);
        if is_at_it || state.turns.len() >= self.bounds.turns {
            return Put::Waits;
        }
        state.turns.push(who.clone());
        Put::Begins(Turn { queue: Arc::clone(self), who, is_over: false })
    }

    fn state(&self) -> MutexGuard<'_, State<T, W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T, W: Clone + PartialEq> State<T, W> {
    fn end(&mut self, who: Option<&W>) {
        if let Some(place) = self.turns.iter().position(|one| one.as_ref() == who) {
            self.turns.swap_remove(place);
        }
    }
}

impl<T, W: Clone + PartialEq> Turn<T, W> {
    /// What is to be done next; nothing once nothing waits, which ends the turn.
    pub(super) fn next(&mut self) -> Option<Vec<T>> {
        let mut state = self.queue.state();
        let count = state.waiting.len().min(self.queue.bounds.together);
        if count > 0 {
            return Some(state.waiting.drain(..count).collect());
        }
        // With the same hold of it, so that nobody puts something in for a turn that is over.
        if !mem::replace(&mut self.is_over, true) {
            state.end(self.who.as_ref());
        }
        None
    }
}

impl<T, W: Clone + PartialEq> Drop for Turn<T, W> {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        let mut state = self.queue.state();
        state.end(self.who.as_ref());
        let left = if state.turns.is_empty() { mem::take(&mut state.waiting) } else { VecDeque::new() };
        drop(state);
        drop(left);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Arc<Queue<u32, char>> {
        Arc::new(Queue::new(Bounds { waiting: 4, together: 2, turns: 2 }))
    }

    #[track_caller]
    fn begins(put: Put<u32, char>) -> Turn<u32, char> {
        match put {
            Put::Begins(turn) => turn,
            Put::Waits => panic!("it waits"),
            Put::Full => panic!("too many wait"),
        }
    }

    #[test]
    fn what_came_is_done_together_and_in_order() {
        let queue = queue();
        let mut turn = begins(queue.put(1, Some('a')));
        assert!(matches!(queue.put(2, Some('a')), Put::Waits));
        assert!(matches!(queue.put(3, Some('a')), Put::Waits), "of one only one is at it");
        assert_eq!((turn.next(), turn.next(), turn.next()), (Some(vec![1, 2]), Some(vec![3]), None));
        let mut turn = begins(queue.put(4, Some('a')));
        assert_eq!(turn.next(), Some(vec![4]));
    }

    #[test]
    fn so_many_are_at_it_at_once() {
        let queue = queue();
        let _one = begins(queue.put(1, Some('a')));
        let mut other = begins(queue.put(2, Some('b')));
        assert!(matches!(queue.put(3, Some('c')), Put::Waits));
        assert_eq!((other.next(), other.next(), other.next()), (Some(vec![1, 2]), Some(vec![3]), None));
        let _third = begins(queue.put(4, Some('c')));
        assert!(matches!(queue.put(5, Some('b')), Put::Waits));
    }

    #[test]
    fn nobody_in_particular_may_be_at_it_more_than_once() {
        let queue = queue();
        let _turns = (begins(queue.put(1, None)), begins(queue.put(2, None)));
        assert!(matches!(queue.put(3, None), Put::Waits));
    }

    #[test]
    fn too_many_do_not_wait() {
        let queue = queue();
        let _turn = begins(queue.put(1, None));
        let _other = begins(queue.put(2, None));
        assert!(matches!((queue.put(3, None), queue.put(4, None)), (Put::Waits, Put::Waits)));
        assert!(matches!(queue.put(5, None), Put::Full));
    }

    #[test]
    fn a_turn_that_is_given_up_leaves_to_others_what_they_come_to() {
        let queue = queue();
        let (one, mut other) = (begins(queue.put(1, Some('a'))), begins(queue.put(2, Some('b'))));
        drop(one);
        assert_eq!(other.next(), Some(vec![1, 2]));
        let _again = begins(queue.put(3, Some('a')));
    }

    #[test]
    fn the_last_turn_lets_go_of_what_nobody_comes_to() {
        let queue = Arc::new(Queue::new(Bounds { waiting: 4, together: 2, turns: 1 }));
        let waits = Arc::new(());
        let Put::Begins(turn) = queue.put(Arc::clone(&waits), Some('a')) else { panic!("nobody is at it") };
        assert_eq!(Arc::strong_count(&waits), 2);
        drop(turn);
        assert_eq!(Arc::strong_count(&waits), 1, "whoever waits is to hear of it");
        assert!(matches!(queue.put(Arc::clone(&waits), Some('a')), Put::Begins(_)));
    }
}
