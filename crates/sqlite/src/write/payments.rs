//! A payment with its details; its charges are apart.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_domain::unit_of_work::{Due, PaymentWrite, UnitOfWork};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{DetailsRow, DueColumns, PaymentRow};
use mstore_pay_tables::schema::{payment_details, payments};
use mstore_pay_tables::types::Micros;

use super::charges;
use super::stored::{StoredHead, StoredHeads};
use crate::errors::Fault;

/// Writes a payment that stands at the revision it was decided on; any lease on it ends.
pub(super) fn write(
    conn: &mut SqliteConnection,
    write: &PaymentWrite,
    work: &UnitOfWork,
    stored: &mut StoredHeads,
    now: Micros,
) -> Result<(), Fault> {
    let payment = &write.payment;
    let current = stored.get(&payment.id).map(|head| head.revision);
    check_revision(current, write.expected, "payment id")?;
    let revision = write.expected.next();
    let row = PaymentRow::of(payment, revision);
    let due = due_columns(write.due, now);
    let last_noted = last_noted(work, payment);
    if current.is_some() {
        let noted = last_noted.map(|at| payments::updated_at.eq(at));
        diesel::update(payments::table.find(&row.id)).set((&row, &due, noted)).kept().execute(conn)?;
    } else {
        let details = DetailsRow::of(&payment.id, &payment.details).map_err(StoreError::query)?;
        let updated_at = payments::updated_at.eq(last_noted.unwrap_or_else(|| payment.created_at.into()));
        diesel::insert_into(payments::table).values((&row, &due, updated_at)).execute(conn)?;
        diesel::insert_into(payment_details::table).values(&details).execute(conn)?;
    }
    charges::write(conn, payment, current.is_some())?;
    stored.put(payment.id, StoredHead { revision, audit: payment.audit });
    Ok(())
}

/// A row that must be new, and that is there already.
pub(super) fn or_taken(error: QueryError, what: &'static str) -> Fault {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => CommitError::Duplicate { what }.into(),
        other => other.into(),
    }
}

/// Whether something may be written at the revision that it was decided on.
pub(super) fn check_revision(
    stored: Option<Revision>,
    expected: Revision,
    what: &'static str,
) -> Result<(), CommitError> {
    match stored {
        None if expected == Revision::NEW => Ok(()),
        Some(stored) if stored == expected => Ok(()),
        Some(_) if expected == Revision::NEW => Err(CommitError::Duplicate { what }),
        current => Err(CommitError::Conflict { current }),
    }
}

/// A payment that its writer holds is due at once when the lease runs out, however the caller's
/// clock stands.
fn due_columns(due: Due, now: Micros) -> DueColumns {
    const AT_ONCE: Micros = Micros(0);
    match due {
        Due::Never => DueColumns::default(),
        Due::At(at) => DueColumns { due_at: Some(at.into()), ..DueColumns::default() },
        Due::Leased(lease) => DueColumns {
            due_at: Some(AT_ONCE),
            lease_token: Some(lease.token.to_string()),
            lease_until: Some(now.plus(lease.ttl)),
            lease_holder: None,
        },
    }
}

/// When the last thing that goes on this payment's record happened: a unit of work has no time of
/// its own.
fn last_noted(work: &UnitOfWork, payment: &Payment) -> Option<Micros> {
    work.audit.iter().rfind(|record| record.payment == payment.id).map(|record| record.at.into())
}
