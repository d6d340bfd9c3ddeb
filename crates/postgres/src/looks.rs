//! Looks at what is stored, several at a time.
//!
//! Tills that wait for a customer ask again and again, whoever sells looks at the order and the key first, and whoever settles a
//! webhook at what it names, many of them at once. Those that look while others are being answered wait for these, and are
//! then answered by one statement, which begins after the last of them asked; payments by two where some are known and others
//! are not. Where nobody else looks, a look goes at once.

mod keys;
mod known;
mod near;
mod orders;
mod payments;
mod refs;
mod sales;

use std::sync::Arc;
use std::time::Duration;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, Processor};
use diesel_async::AsyncPgConnection;
use mstore_pay_domain::ports::StoreError;

pub(crate) use self::keys::AtKey;
pub(crate) use self::known::KnownPayments;
pub(crate) use self::near::NearLooks;
pub(crate) use self::orders::{AtOrder, AtWholeOrder};
pub(crate) use self::payments::AtPayment;
pub(crate) use self::refs::AtAccountRefs;
pub(crate) use self::sales::AtSale;
use crate::errors::{Fault, WithOthers};
use crate::near::Own;
use crate::sessions::{Session, Sessions};
use crate::waiting::{Waiting, in_place, with_others};

/// As many statements of a queue are under way at once, if it does not say otherwise: while one is answered, the next is filled.
const STATEMENTS_MAX: usize = 2;
/// Connections of a runtime that looks by its own: as many as statements of it can be under way.
pub(crate) const CONNECTIONS_OWN: usize = STATEMENTS_MAX;
/// Looks of one statement at most.
const LOOKS_MAX: usize = 32;
/// Looks of a kind that wait; beyond it each is on its own, which bounds how many wait there.
const WAITING_MAX: usize = 1_024;

/// A look of some kind.
pub(crate) trait Look: Clone + Send + Sync + 'static {
    /// What it finds.
    type Found: Send + 'static;

    /// What looks of this kind are called.
    const KIND: &'static str;
    /// As many of their statements are under way at once.
    const STATEMENTS_MAX: usize = STATEMENTS_MAX;

    /// Looks by itself.
    fn alone(&self, conn: &mut AsyncPgConnection) -> impl Future<Output = Result<Self::Found, Fault>> + Send;

    /// What each of several finds, in their order. Where one of them meets something all may fail.
    fn together(
        conn: &mut AsyncPgConnection,
        looks: &[Self],
    ) -> impl Future<Output = Result<Vec<Self::Found>, Fault>> + Send;
}

/// Where looks of one kind are made.
pub(crate) struct Looks<L: Look> {
    batcher: Batcher<Looking<L>>,
    sessions: Arc<Sessions>,
    wait_max: Duration,
}

/// Where looks of each kind are made.
pub(crate) struct AllLooks {
    pub(crate) payments: NearLooks,
    pub(crate) orders: Looks<AtOrder>,
    pub(crate) whole_orders: Looks<AtWholeOrder>,
    pub(crate) sales: Looks<AtSale>,
    pub(crate) keys: Looks<AtKey>,
    pub(crate) refs: Looks<AtAccountRefs>,
}

impl AllLooks {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: &Arc<Sessions>, own: Own, wait_max: Duration) -> Self {
        Self {
            payments: NearLooks::new(Looks::new(sessions, wait_max), own),
            orders: Looks::new(sessions, wait_max),
            whole_orders: Looks::new(sessions, wait_max),
            sales: Looks::new(sessions, wait_max),
            keys: Looks::new(sessions, wait_max),
            refs: Looks::new(sessions, wait_max),
        }
    }
}

impl<L: Look> Looks<L> {
    fn new(sessions: &Arc<Sessions>, wait_max: Duration) -> Self {
        let limits = Limits::builder().max_batch_size(LOOKS_MAX).max_key_concurrency(L::STATEMENTS_MAX);
        let limits = limits.max_key_queued_items(WAITING_MAX).build();
        let looking = Looking { sessions: Arc::clone(sessions), looks: std::marker::PhantomData };
        let batcher = Batcher::builder().name(L::KIND).limits(limits).processor(looking);
        let batcher = batcher.batching_policy(BatchingPolicy::Immediate).build();
        Self { batcher, sessions: Arc::clone(sessions), wait_max }
    }

    /// Looks, along with others if there are any.
    pub(crate) async fn look(&self, look: L) -> Result<L::Found, Fault> {
        if let Some(found) = self.with_others(&look).await? {
            return Ok(found);
        }
        session!(self.plain, |conn| look.alone(conn))
    }

    /// What a look found with others; nothing, if it is to be made by itself.
    async fn with_others(&self, look: &L) -> Result<Option<L::Found>, Fault> {
        let Some(found) = with_others(&self.batcher, look.clone(), self.wait_max).await else { return Ok(None) };
        match found {
            Ok(found) => Ok(found),
            Err(BatchError::Rejected(_) | BatchError::Tx) => Ok(None),
            // Whom no connection was free for, or the database did not answer: it would do no better by itself.
            Err(error) => Err(StoreError::unavailable(error).into()),
        }
    }
}

/// What each look finds, the first of what it means. Whoever looks for something last is handed it, and those before a copy.
fn handed_out<L, F: Clone>(looks: &[L], mut found: Vec<F>, means: impl Fn(&L, &F) -> bool) -> Vec<Option<F>> {
    let mut handed = Vec::with_capacity(looks.len());
    let mut rest = looks;
    while let Some((look, later)) = rest.split_first() {
        let place = found.iter().position(|one| means(look, one));
        handed.push(place.and_then(|place| {
            let is_wanted_again = found.get(place).is_some_and(|one| later.iter().any(|look| means(look, one)));
            if is_wanted_again { found.get(place).cloned() } else { Some(found.remove(place)) }
        }));
        rest = later;
    }
    handed
}

struct Looking<L> {
    sessions: Arc<Sessions>,
    looks: std::marker::PhantomData<fn() -> L>,
}

impl<L> Clone for Looking<L> {
    fn clone(&self) -> Self {
        Self { sessions: Arc::clone(&self.sessions), looks: self.looks }
    }
}

impl<L: Look> Processor for Looking<L> {
    type Key = ();
    type Input = Waiting<L>;
    type Output = Option<L::Found>;
    type Error = WithOthers;
    type Resources = Session;

    async fn acquire_resources(&self, _all: ()) -> Result<Session, WithOthers> {
        Ok(self.sessions.plain().await?)
    }

    async fn process(
        &self,
        _all: (),
        waiting: impl Iterator<Item = Waiting<L>> + Send,
        mut session: Session,
    ) -> Result<Vec<Option<L::Found>>, WithOthers> {
        let mut looks: Vec<L> = Vec::new();
        let waiting: Vec<Option<()>> = waiting.map(|look| look.take().map(|look| looks.push(look))).collect();
        // Boxed: whoever does things together moves what it was handed from task to task.
        let work = Box::pin(async {
            let outcome = L::together(&mut session, &looks).await;
            Ok((session, outcome))
        });
        let (session, outcome) = self.sessions.bounded(work).await?;
        match session.finish(outcome).await {
            Ok(found) => Ok(in_place(&waiting, found.into_iter().map(Some), || None)),
            Err(fault) if fault.is_unavailable() => Err(fault.into()),
            // One of them met something: each looks by itself and learns what it was.
            Err(_one_of_them) => Ok(waiting.iter().map(|_| None).collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Something that counts how often it was copied.
    #[derive(Debug, PartialEq, Eq)]
    struct Counted(&'static str, u32);

    impl Clone for Counted {
        fn clone(&self) -> Self {
            Self(self.0, self.1 + 1)
        }
    }

    #[track_caller]
    fn check(looks: &[&str], expected: &[Option<(&'static str, u32)>]) {
        let found = vec![Counted("one", 0), Counted("three, the first", 0), Counted("three, the second", 0)];
        let handed = handed_out(looks, found, |look, Counted(name, _copies)| name.starts_with(look));
        let handed: Vec<_> = handed.into_iter().map(|one| one.map(|Counted(name, copies)| (name, copies))).collect();
        assert_eq!(handed, expected);
    }

    #[test]
    fn what_one_looks_for_is_handed_out_and_not_copied() {
        check(&["one", "two"], &[Some(("one", 0)), None]);
    }

    #[test]
    fn whoever_looks_for_the_same_finds_the_same() {
        check(&["one", "two", "one"], &[Some(("one", 1)), None, Some(("one", 0))]);
        check(&["three", "three"], &[Some(("three, the first", 1)), Some(("three, the first", 0))]);
        check(&["three, the", "three"], &[Some(("three, the first", 1)), Some(("three, the first", 0))]);
    }
}
