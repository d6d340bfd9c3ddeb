//! Where the work of a task stands still until the model lets it go on.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::memory::ManualClock;
use mstore_pay_domain::ports::{Clock, Operation};
use mstore_pay_domain::time::Timestamp;

/// A point between two steps at which anybody else may act, or the process may end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Stop {
    /// It was decided; nothing of it is written.
    Commit,
    /// A provider is about to be called.
    Call(Operation),
    /// A provider has done it; nobody has heard.
    Answer(Operation),
    /// It waits for time to pass.
    Sleep,
}

/// How the step goes that a task stood before.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) enum Fate {
    /// As it should.
    #[default]
    Well,
    /// The provider certainly does nothing.
    Refused,
    /// The provider never gets it, and nobody can know.
    LostBefore,
    /// The provider does it, and its answer is lost.
    LostAfter,
    /// The provider does it, and answers something else than what was asked for, under its id.
    Misfit,
}

#[derive(Default)]
struct Inner {
    at: Option<Stop>,
    fate: Fate,
    wakes_at: Option<Timestamp>,
    decision: u64,
    is_open: bool,
}

/// One for all tasks: only one of them runs at a time.
#[derive(Default)]
pub(crate) struct Gate {
    inner: Mutex<Inner>,
}

impl Gate {
    fn with<T>(&self, act: impl FnOnce(&mut Inner) -> T) -> T {
        act(&mut self.inner.lock().unwrap())
    }

    /// Stands still once; returns how the step goes.
    pub(crate) async fn stop(&self, at: Stop) -> Fate {
        let mut stood = false;
        poll_fn(|_| {
            self.with(|inner| {
                if inner.is_open {
                    return Poll::Ready(Fate::Well);
                }
                if stood {
                    return Poll::Ready(std::mem::take(&mut inner.fate));
                }
                stood = true;
                inner.at = Some(at);
                Poll::Pending
            })
        })
        .await
    }

    /// Lets the next step go that way.
    pub(crate) fn let_go(&self, fate: Fate) {
        self.with(|inner| *inner = Inner { fate, is_open: inner.is_open, ..Inner::default() });
    }

    /// Where the task stands that ran last, and when time alone would let it go on.
    pub(crate) fn stood(&self) -> (Stop, Option<Timestamp>) {
        self.with(|inner| (inner.at.unwrap_or(Stop::Sleep), inner.wakes_at))
    }

    /// What is about to be written, as a number that tells it from anything else.
    pub(crate) fn decided(&self, decision: u64) {
        self.with(|inner| inner.decision = decision);
    }

    /// What the task that ran last is about to write.
    pub(crate) fn decision(&self) -> u64 {
        self.with(|inner| inner.decision)
    }

    /// Nobody stands still any more.
    pub(crate) fn open(&self) {
        self.with(|inner| inner.is_open = true);
    }

    fn is_open(&self) -> bool {
        self.with(|inner| inner.is_open)
    }

    fn wakes_at(&self, at: Timestamp) {
        self.with(|inner| inner.wakes_at = Some(inner.wakes_at.map_or(at, |known| known.min(at))));
    }
}

/// A clock on which only the model lets time pass; once nobody stands still any more, whoever sleeps does.
pub(crate) struct ModelClock {
    pub(crate) hands: Arc<ManualClock>,
    pub(crate) gate: Arc<Gate>,
}

#[async_trait]
impl Clock for ModelClock {
    fn now(&self) -> Timestamp {
        self.hands.now()
    }

    fn monotonic(&self) -> Duration {
        self.hands.monotonic()
    }

    async fn sleep(&self, pause: Duration) {
        let until = self.now().plus(pause);
        let mut slept = false;
        poll_fn(|context| {
            if self.now() >= until {
                return Poll::Ready(());
            }
            if self.gate.is_open() {
                if slept {
                    self.hands.set(until);
                    return Poll::Ready(());
                }
                slept = true;
                context.waker().wake_by_ref();
            }
            self.gate.wakes_at(until);
            Poll::Pending
        })
        .await;
    }
}
