//! Marks of messages that went out, several in one statement: each would else be a commit of its own, for which payments
//! wait as well. Nobody waits for a mark but who makes it, so that a few are gathered.

use std::sync::Arc;
use std::time::Duration;

use batch_aint_one::{BatchError, Batcher, BatchingPolicy, Limits, OnFull, Processor};
use diesel::sql_types::{Array, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{LeaseToken, MessageId};
use mstore_pay_domain::ports::StoreError;
use mstore_pay_tables::prepared::KeepPrepared as _;

use crate::errors::{Fault, WithOthers};
use crate::sessions::{Session, Sessions};

/// How long a mark waits for others.
const GATHERED_FOR: Duration = Duration::from_millis(15);
/// Marks of one statement, which goes out as soon as there are so many. No more than a lane of workers has under way at
/// once: where all of them wait for their marks nobody else will come.
const MARKS_MAX: usize = 8;
/// Marks that wait.
const WAITING_MAX: usize = 1_024;

/// The rows stay, so that the same message cannot be sent out again; what a crash of the server takes back is.
const MARK: &str = "UPDATE outbox SET sent_at = clock_timestamp(), lease_token = NULL, lease_until = NULL, lease_holder = NULL \
    FROM unnest($1, $2) AS m (message, token), (SELECT set_config('synchronous_commit', 'off', true)) AS hint \
    WHERE outbox.id = m.message AND outbox.lease_token = m.token";

/// Where messages are marked as sent.
pub(crate) struct Marks(Batcher<Marking>);

impl Marks {
    /// To be called within the runtime that the store is used in.
    pub(crate) fn new(sessions: Arc<Sessions>) -> Self {
        let limits =
            Limits::builder().max_batch_size(MARKS_MAX).max_key_concurrency(1).max_key_queued_items(WAITING_MAX);
        let batcher = Batcher::builder().name("marks").limits(limits.build()).processor(Marking { sessions });
        Self(batcher.batching_policy(BatchingPolicy::Duration(GATHERED_FOR, OnFull::Process)).build())
    }

    /// Marks a message as sent, along with whatever else is to be marked then.
    pub(super) async fn sent(&self, message: MessageId, token: LeaseToken) -> Result<(), StoreError> {
        match self.0.add((), (message.to_string(), token.to_string())).await {
            Ok(()) => Ok(()),
            Err(
                BatchError::BatchFailed(WithOthers(source)) | BatchError::ResourceAcquisitionFailed(WithOthers(source)),
            ) => Err(StoreError::unavailable(source)),
            Err(error) => Err(StoreError::unavailable(error)),
        }
    }
}

#[derive(Clone)]
struct Marking {
    sessions: Arc<Sessions>,
}

impl Processor for Marking {
    type Key = ();
    type Input = (String, String);
    type Output = ();
    type Error = WithOthers;
    type Resources = Session;

    async fn acquire_resources(&self, _all: ()) -> Result<Session, WithOthers> {
        Ok(self.sessions.plain().await?)
    }

    async fn process(
        &self,
        _all: (),
        marks: impl Iterator<Item = (String, String)> + Send,
        mut session: Session,
    ) -> Result<Vec<()>, WithOthers> {
        // In one order whoever marks them, so that two do not wait in a circle.
        let mut marks: Vec<(String, String)> = marks.collect();
        marks.sort_unstable();
        let (messages, tokens): (Vec<String>, Vec<String>) = marks.into_iter().unzip();
        let work = async {
            let outcome = mark(&mut session, &messages, &tokens).await;
            Ok((session, outcome))
        };
        let (session, outcome) = self.sessions.bounded(work).await?;
        session.finish(outcome).await?;
        Ok(messages.iter().map(|_| ()).collect())
    }
}

async fn mark(conn: &mut AsyncPgConnection, messages: &[String], tokens: &[String]) -> Result<(), Fault> {
    diesel::sql_query(MARK)
        .bind::<Array<Text>, _>(messages)
        .bind::<Array<Text>, _>(tokens)
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}
