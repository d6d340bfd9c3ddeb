//! Marks of messages that went out, several in one statement: each would else be a commit of its own, for which payments
//! wait as well.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{LeaseToken, MessageId};
use mstore_pay_domain::ports::StoreError;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::schema::outbox;
use tokio::sync::oneshot;

use crate::clock::clock_timestamp;
use crate::errors::Fault;
use crate::leases::{NO_HOLDER, NO_TIME, NO_TOKEN};
use crate::store::PostgresStore;

/// Marks that are to be made. One statement is under way at a time; what comes meanwhile goes with the next.
#[derive(Default)]
pub(crate) struct Marks {
    waiting: Mutex<Vec<Mark>>,
    turn: tokio::sync::Mutex<()>,
}

struct Mark {
    message: MessageId,
    token: LeaseToken,
    answer: oneshot::Sender<Result<(), StoreError>>,
}

#[derive(Debug, thiserror::Error)]
#[error("whoever was to mark it as well was broken off")]
struct BrokenOff;

/// Marks a message as sent, along with whatever else is to be marked then. Where whoever marks is broken off, the others
/// hear that the store did not answer: their messages go out again.
pub(super) async fn sent(store: &PostgresStore, message: MessageId, token: LeaseToken) -> Result<(), StoreError> {
    let marks = &store.marks;
    let (answer, told) = oneshot::channel();
    marks.waiting().push(Mark { message, token, answer });
    let turn = marks.turn.lock().await;
    let mine = std::mem::take(&mut *marks.waiting());
    // Whoever had the turn before took this one along, if nothing is left.
    mark_all(store, mine).await;
    drop(turn);
    told.await.unwrap_or_else(|_dropped| Err(StoreError::unavailable(BrokenOff)))
}

impl Marks {
    fn waiting(&self) -> MutexGuard<'_, Vec<Mark>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn mark_all(store: &PostgresStore, marks: Vec<Mark>) {
    let mut of_token: BTreeMap<LeaseToken, Vec<Mark>> = BTreeMap::new();
    for mark in marks {
        of_token.entry(mark.token).or_default().push(mark);
    }
    for (token, marks) in of_token {
        let ids: Vec<String> = marks.iter().map(|mark| mark.message.to_string()).collect();
        let marked: Result<(), Fault> = session!(store.plain, |conn| mark(conn, &ids, token));
        let failed = marked.err().map(|fault| Arc::new(StoreError::from(fault)));
        for Mark { answer, .. } in marks {
            let outcome = match &failed {
                None => Ok(()),
                Some(error) => Err(StoreError::unavailable(Arc::clone(error))),
            };
            // Nobody waits any more: the mark stands, or the lease runs out.
            let _nobody = answer.send(outcome);
        }
    }
}

/// The rows stay, so that the same message cannot be sent out again.
async fn mark(conn: &mut AsyncPgConnection, ids: &[String], token: LeaseToken) -> Result<(), Fault> {
    let held = outbox::table.filter(outbox::id.eq_any(ids)).filter(outbox::lease_token.eq(token.to_string()));
    let sent = outbox::sent_at.eq(clock_timestamp().nullable());
    diesel::update(held)
        .set((
            sent,
            outbox::lease_token.eq(NO_TOKEN),
            outbox::lease_until.eq(NO_TIME),
            outbox::lease_holder.eq(NO_HOLDER),
        ))
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}
