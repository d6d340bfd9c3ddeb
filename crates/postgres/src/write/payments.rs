//! A payment with its details; its charges are apart.

use diesel::prelude::*;
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::upsert::excluded;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_domain::unit_of_work::{Due, PaymentWrite, UnitOfWork};
use mstore_pay_tables::rows::{DetailsRow, DueColumns, PaymentRow};
use mstore_pay_tables::schema::{payment_details, payments};
use mstore_pay_tables::types::{Micros, UtcTime};

use super::batch::{Batch, Otherwise, Rows, Write};
use super::charges;
use super::found::Found;
use super::stored::{StoredHead, StoredHeads};
use super::upsert::as_excluded;
use crate::errors::Fault;

diesel::define_sql_function! {
    fn greatest(a: UtcTime, b: UtcTime) -> UtcTime;
}

type Columns = (PaymentRow, DueColumns, diesel::dsl::Eq<payments::updated_at, Micros>);

/// A payment that is not stored yet.
pub(super) struct NewPayment(Columns);

/// A payment that is stored, and locked by us.
pub(super) struct KnownPayment(Columns);

/// The details of a payment that is not stored yet. They are written once: what comes later is that a customer is
/// forgotten, and whoever read the payment before shall not bring that back.
pub(super) struct NewDetails(DetailsRow);

impl<'a> Rows<'a> for NewPayment {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<Columns> = rows.into_iter().map(|Self(columns)| columns).collect();
        Box::new(diesel::insert_into(payments::table).values(rows))
    }
}

impl<'a> Rows<'a> for KnownPayment {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<Columns> = rows.into_iter().map(|Self(columns)| columns).collect();
        let state = as_excluded!(payments: merchant_id, branch_id, order_code, method, channel, amount, attempt, created_at,
            expires_at, revision, intake, display, withdrawn_at, paid_by_payment_id, reference_kind, reference_id, audit_seq,
            audit_head, check_count, last_checked_at, status, paid_at);
        let due = as_excluded!(payments: due_at, lease_token, lease_until, lease_holder);
        let noted = payments::updated_at.eq(greatest(payments::updated_at, excluded(payments::updated_at)));
        Box::new(
            diesel::insert_into(payments::table)
                .values(rows)
                .on_conflict(payments::id)
                .do_update()
                .set((state, due, noted)),
        )
    }
}

impl<'a> Rows<'a> for NewDetails {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let rows: Vec<DetailsRow> = rows.into_iter().map(|Self(row)| row).collect();
        Box::new(diesel::insert_into(payment_details::table).values(rows))
    }
}

/// Adds a payment that stands at the revision it was decided on; any lease on it ends.
pub(super) fn write<'a>(
    batch: &mut Batch<'a>,
    write: &'a PaymentWrite,
    work: &UnitOfWork,
    holder: Option<i32>,
    found: &mut Found,
) -> Result<(), Fault> {
    let payment = &write.payment;
    check(write, &found.heads)?;
    let is_stored = found.heads.get(&payment.id).is_some();
    let revision = write.expected.next();
    let due = due_columns(write.due, holder, found.now);
    let noted = last_noted(work, payment).unwrap_or_else(|| payment.created_at.into());
    let columns = (PaymentRow::of(payment, revision), due, payments::updated_at.eq(noted));
    if is_stored {
        batch.known_payments.add(KnownPayment(columns), Otherwise::Fine);
    } else {
        let details = DetailsRow::of(&payment.id, &payment.details).map_err(StoreError::query)?;
        batch.new_payments.add(NewPayment(columns), Otherwise::Fine);
        batch.details.add(NewDetails(details), Otherwise::Fine);
    }
    charges::write(batch, payment, is_stored)?;
    found.heads.put(payment.id, StoredHead { revision, audit: payment.audit });
    Ok(())
}

/// Whether a payment stands at the revision that it was decided on.
pub(super) fn check(write: &PaymentWrite, stored: &StoredHeads) -> Result<(), CommitError> {
    check_revision(stored.get(&write.payment.id).map(|head| head.revision), write.expected, "payment id")
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

/// A row that must be new, and that somebody else has written meanwhile.
pub(super) fn or_taken(error: QueryError, what: &'static str) -> Fault {
    match error {
        QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, _) => CommitError::Duplicate { what }.into(),
        other => other.into(),
    }
}

/// A payment that its writer holds is due at once when the lease runs out, however the caller's
/// clock stands.
fn due_columns(due: Due, holder: Option<i32>, now: Option<Micros>) -> DueColumns {
    const AT_ONCE: Micros = Micros(0);
    match due {
        Due::Never => DueColumns::default(),
        Due::At(at) => DueColumns { due_at: Some(at.into()), ..DueColumns::default() },
        Due::Leased(lease) => DueColumns {
            due_at: Some(AT_ONCE),
            lease_token: Some(lease.token.to_string()),
            lease_until: now.map(|now| now.plus(lease.ttl)),
            lease_holder: holder,
        },
    }
}

/// When the last thing that goes on this payment's record happened: a unit of work has no time of
/// its own.
fn last_noted(work: &UnitOfWork, payment: &Payment) -> Option<Micros> {
    work.audit.iter().rfind(|record| record.payment == payment.id).map(|record| record.at.into())
}
