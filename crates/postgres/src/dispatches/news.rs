//! Whether endpoints are to be told, asked once for all messages that are published at the same time.
//!
//! Each message is on its way to the endpoints before it is published, and most merchants have none: the question is then all
//! that there is to do. An answer holds for every message that was there when it was asked.

use std::sync::Arc;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, Processor};
use mstore_pay_domain::ports::StoreError;

use super::is_anyone_to_be_told;
use crate::errors::WithOthers;
use crate::sessions::{Session, Sessions};

/// Messages that one question is asked for.
const MESSAGES_MAX: usize = 64;
/// Messages of one merchant that wait for the answer to the question before.
const WAITING_MAX: usize = 1_024;

/// Where it is asked.
pub(crate) struct News(Batcher<Asking>);

impl News {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: Arc<Sessions>) -> Self {
        let limits =
            Limits::builder().max_batch_size(MESSAGES_MAX).max_key_concurrency(1).max_key_queued_items(WAITING_MAX);
        let batcher = Batcher::builder().name("news").limits(limits.build()).processor(Asking { sessions });
        Self(batcher.batching_policy(BatchingPolicy::Immediate).build())
    }

    /// Whether a merchant has endpoints that were not told all that there is by now.
    pub(super) async fn is_anyone_to_be_told(&self, merchant: &str) -> Result<bool, StoreError> {
        match self.0.add(merchant.to_owned(), ()).await {
            Ok(is_anyone) => Ok(is_anyone),
            Err(
                BatchError::BatchFailed(WithOthers(source)) | BatchError::ResourceAcquisitionFailed(WithOthers(source)),
            ) => Err(StoreError::unavailable(source)),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}

#[derive(Clone)]
struct Asking {
    sessions: Arc<Sessions>,
}

impl Processor for Asking {
    type Key = String;
    type Input = ();
    type Output = bool;
    type Error = WithOthers;
    type Resources = Session;

    async fn acquire_resources(&self, _merchant: String) -> Result<Session, WithOthers> {
        Ok(self.sessions.plain().await?)
    }

    async fn process(
        &self,
        merchant: String,
        messages: impl Iterator<Item = ()> + Send,
        mut session: Session,
    ) -> Result<Vec<bool>, WithOthers> {
        let count = messages.count();
        let work = async {
            let outcome = is_anyone_to_be_told(&mut session, &merchant).await;
            Ok((session, outcome))
        };
        let (session, outcome) = self.sessions.bounded(work).await?;
        let is_anyone = session.finish(outcome).await?;
        Ok(vec![is_anyone; count])
    }
}
