//! A piece of work for the writer, and the answer to whoever asked for it.

use diesel::result::Error as QueryError;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::StoreError;
use tokio::sync::oneshot;

use super::batch::Fate;
use crate::errors::{Fault, Trouble};

/// A piece of work, whatever it answers with.
pub(super) trait Work: Send {
    /// Does it, within a savepoint of its own. Called once.
    fn apply(&mut self, conn: &mut SqliteConnection) -> Applied;

    /// Answers, once it is known what became of the batch.
    fn answer(self: Box<Self>, fate: &Fate);
}

/// What is to become of the savepoint.
pub(super) enum Applied {
    /// It stands.
    Kept,
    /// It is undone; the rest of the batch stands.
    Refused,
    /// The whole transaction cannot go on.
    Upset(QueryError),
}

pub(super) struct Job<T, F> {
    apply: Option<F>,
    outcome: Option<Result<T, Fault>>,
    reply: oneshot::Sender<Result<T, Fault>>,
}

impl<T, F> Job<T, F> {
    pub(super) const fn new(apply: F, reply: oneshot::Sender<Result<T, Fault>>) -> Self {
        Self { apply: Some(apply), outcome: None, reply }
    }
}

impl<T, F> Work for Job<T, F>
where
    T: Send,
    F: FnOnce(&mut SqliteConnection) -> Result<T, Fault> + Send,
{
    fn apply(&mut self, conn: &mut SqliteConnection) -> Applied {
        match self.apply.take().map(|apply| apply(conn)) {
            Some(Err(Fault::Query(error))) if Trouble::of(&error) != Trouble::Refused => Applied::Upset(error),
            Some(Ok(done)) => {
                self.outcome = Some(Ok(done));
                Applied::Kept
            }
            Some(Err(refused)) => {
                self.outcome = Some(Err(refused));
                Applied::Refused
            }
            None => Applied::Refused,
        }
    }

    fn answer(self: Box<Self>, fate: &Fate) {
        let answer = match fate {
            // A refusal stands only if what it was decided on does: writes before it in the batch.
            Fate::Written => self.outcome,
            Fate::NotWritten(reason) => Some(Err(StoreError::unavailable(reason.clone()).into())),
            Fate::Unknown(reason) => Some(Err(StoreError::CommitUnknown { source: reason.clone().into() }.into())),
        };
        if let Some(answer) = answer {
            // Whoever asked may be gone; the work is done all the same.
            let _gone = self.reply.send(answer);
        }
    }
}
