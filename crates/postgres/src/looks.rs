//! Looks at payments, several at a time.
//!
//! Tills that wait for a customer ask again and again, many of them at once. Those that ask while others are being answered
//! wait for these, and are then answered by one statement, which begins after the last of them asked. Where nobody else
//! asks, a look goes at once and alone.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, Processor};
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::{PaymentInOrder, PaymentName, StoreError};
use tokio::time::timeout;

use crate::errors::{Fault, WithOthers};
use crate::read;
use crate::sessions::{Session, Sessions};

/// As many statements are under way at once: while one is answered, the next is filled.
const STATEMENTS_MAX: usize = 2;
/// Looks of one statement at most.
const LOOKS_MAX: usize = 32;
/// Looks that wait; beyond it each is on its own, which bounds how many wait there.
const WAITING_MAX: usize = 1_024;

/// Where payments are looked at together.
pub(crate) struct Looks {
    batcher: Batcher<Looking>,
    wait_max: Duration,
}

/// What a look came to.
pub(crate) enum Looked {
    /// The payment, if there is one.
    Found(Option<Box<PaymentInOrder>>),
    /// Nothing: the look is to be made by itself.
    Alone,
}

impl Looks {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: Arc<Sessions>, wait_max: Duration) -> Self {
        let limits = Limits::builder().max_batch_size(LOOKS_MAX).max_key_concurrency(STATEMENTS_MAX);
        let limits = limits.max_key_queued_items(WAITING_MAX).build();
        let batcher = Batcher::builder().name("looks").limits(limits).processor(Looking { sessions });
        Self { batcher: batcher.batching_policy(BatchingPolicy::Immediate).build(), wait_max }
    }

    /// Looks at a merchant's payment along with others.
    pub(crate) async fn look(&self, merchant: &MerchantId, name: &PaymentName) -> Result<Looked, Fault> {
        let has_begun = Arc::new(AtomicBool::new(false));
        let look = Look { merchant: merchant.clone(), name: name.clone(), has_begun: Arc::clone(&has_begun) };
        let mut looked = pin!(self.batcher.add((), look));
        let looked = match timeout(self.wait_max, &mut looked).await {
            Ok(looked) => looked,
            // Its statement is bounded by itself; a slow server is not asked the same again.
            Err(_elapsed) if has_begun.load(Ordering::SeqCst) => looked.await,
            Err(_elapsed) => return Ok(Looked::Alone),
        };
        match looked {
            Ok(looked) => Ok(looked),
            Err(BatchError::Rejected(_) | BatchError::Tx) => Ok(Looked::Alone),
            // Whom no connection was free for, or the database did not answer: it would do no better by itself.
            Err(error) => Err(StoreError::unavailable(error).into()),
        }
    }
}

/// A look that waits.
struct Look {
    merchant: MerchantId,
    name: PaymentName,
    /// Whether its statement is under way.
    has_begun: Arc<AtomicBool>,
}

#[derive(Clone)]
struct Looking {
    sessions: Arc<Sessions>,
}

impl Processor for Looking {
    type Key = ();
    type Input = Look;
    type Output = Looked;
    type Error = WithOthers;
    type Resources = Session;

    async fn acquire_resources(&self, _all: ()) -> Result<Session, WithOthers> {
        Ok(self.sessions.plain().await?)
    }

    async fn process(
        &self,
        _all: (),
        looks: impl Iterator<Item = Look> + Send,
        mut session: Session,
    ) -> Result<Vec<Looked>, WithOthers> {
        let begin = |Look { merchant, name, has_begun }: Look| {
            has_begun.store(true, Ordering::SeqCst);
            (merchant, name)
        };
        let asked: Vec<(MerchantId, PaymentName)> = looks.map(begin).collect();
        let work = async {
            let named: Vec<_> = asked.iter().map(|(merchant, name)| (merchant, name)).collect();
            let outcome = read::payments_in_order(&mut session, &named).await;
            Ok((session, outcome))
        };
        let (session, outcome) = self.sessions.bounded(work).await?;
        match session.finish(outcome).await {
            Ok(found) => Ok(asked.iter().map(|(merchant, name)| meant(&found, merchant, name)).collect()),
            Err(fault) if fault.is_unavailable() => Err(fault.into()),
            // One of them met something: each looks by itself and learns what it was.
            Err(_one_of_them) => Ok(asked.iter().map(|_| Looked::Alone).collect()),
        }
    }
}

/// What one of those who asked is answered.
fn meant(found: &[PaymentInOrder], merchant: &MerchantId, name: &PaymentName) -> Looked {
    let is_meant = |found: &&PaymentInOrder| name.means(&found.payment) && found.payment.merchant == *merchant;
    Looked::Found(found.iter().find(is_meant).cloned().map(Box::new))
}
