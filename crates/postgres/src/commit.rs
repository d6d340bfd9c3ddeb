//! A unit of work against others who want the same, and against connections that are cut.

use std::time::Duration;

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::audit::AuditRecord;
use mstore_pay_domain::ids::MessageId;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::schema::{outbox, payment_events};

use crate::errors::Fault;
use crate::sessions::BEGIN_WRITING;
use crate::store::PostgresStore;
use crate::write;

/// Pauses before the same unit is tried again: after a deadlock, or a commit of unknown outcome.
const PAUSES: [Duration; 3] = [Duration::from_millis(20), Duration::from_millis(150), Duration::from_millis(600)];

/// Commits a unit, once, however often that takes: with others at first, if it can go with them.
///
/// A commit may have happened although its answer was lost. Then the unit's own trace is looked for. The
/// backend that was left may still be committing, so that no trace proves nothing yet; but the same
/// unit, tried again, waits for that backend's locks. So it is committed by the second try, or refused
/// because the first one did it, and then the trace is there.
pub(crate) async fn commit(store: &PostgresStore, work: &UnitOfWork) -> Result<(), Fault> {
    let mut pauses = PAUSES.into_iter();
    let mut doubt = None;
    let mut with_others = store.lane.commit(work).await;
    loop {
        let outcome = if let Some(outcome) = with_others.take() {
            outcome
        } else {
            session!(store.unit, |conn| write::apply(conn, work, store.presence.number(), Some(BEGIN_WRITING)))
        };
        let Err(fault) = outcome else { return Ok(()) };
        let in_doubt = fault.is_in_doubt();
        if (in_doubt || doubt.is_some()) && is_committed(store, work).await {
            return Ok(());
        }
        let again = in_doubt || fault.is_contention() || (doubt.is_some() && fault.is_unavailable());
        let pause = pauses.next().filter(|_| again && (!in_doubt || Trace::of(work).is_some()));
        match (pause, doubt) {
            (Some(pause), earlier) => {
                doubt = if in_doubt { Some(fault) } else { earlier };
                tracing::debug!(?pause, "a unit of work is tried again");
                tokio::time::sleep(pause).await;
            }
            // Refused on its merits: had the earlier try been committed, its trace would be there.
            (None, Some(_)) if !again => return Err(fault),
            (None, earlier) => return Err(earlier.unwrap_or(fault)),
        }
    }
}

/// What only this unit of work writes.
enum Trace<'a> {
    Record(&'a AuditRecord),
    Message(&'a MessageId),
}

impl<'a> Trace<'a> {
    fn of(work: &'a UnitOfWork) -> Option<Self> {
        let record = work.audit.last().map(Self::Record);
        record.or_else(|| work.outbox.as_slice().first().map(|message| Self::Message(&message.id)))
    }
}

async fn is_committed(store: &PostgresStore, work: &UnitOfWork) -> bool {
    let Some(trace) = Trace::of(work) else { return false };
    match session!(store.plain, |conn| is_there(conn, &trace)) {
        Ok(found) => found,
        Err(fault) => {
            tracing::warn!(?fault, "could not look whether a unit of work was committed");
            false
        }
    }
}

async fn is_there(conn: &mut AsyncPgConnection, trace: &Trace<'_>) -> Result<bool, Fault> {
    match trace {
        Trace::Record(record) => {
            let seq = i64::try_from(record.seq).unwrap_or(i64::MAX);
            let stored: Option<Vec<u8>> = payment_events::table
                .find((record.payment.to_string(), seq))
                .select(payment_events::record)
                .first(conn)
                .await
                .optional()?;
            Ok(stored == Some(record.canonical_bytes()))
        }
        Trace::Message(message) => {
            let sent = outbox::table.filter(outbox::id.eq(message.to_string()));
            Ok(diesel::select(diesel::dsl::exists(sent)).get_result(conn).await?)
        }
    }
}
