//! A payment with its details; its charges are apart.

use diesel::result::{DatabaseErrorKind, Error as QueryError};
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{CommitError, StoreError};
use mstore_pay_domain::unit_of_work::{Due, PaymentWrite, UnitOfWork};
use mstore_pay_tables::columns::{ByColumn as _, column};
use mstore_pay_tables::rows::{DetailsRow, DueColumns, PaymentRow};
use mstore_pay_tables::types::{Micros, UtcTime};

use super::batch::{Batch, Otherwise, Rows, Write};
use super::charges;
use super::found::Found;
use super::stored::{StoredHead, StoredHeads};
use super::unnested::Unnested;
use crate::errors::Fault;

/// A payment with when it is due and when it was last changed.
struct Columns {
    row: PaymentRow,
    due: DueColumns,
    updated_at: Micros,
}

impl Columns {
    fn insert<'a>(payments: impl Iterator<Item = Self>) -> Unnested<'a> {
        let (mut rows, mut dues, mut updated_at) = (Vec::new(), Vec::new(), Vec::new());
        for payment in payments {
            rows.push(payment.row);
            dues.push(payment.due);
            updated_at.push(payment.updated_at);
        }
        let mut columns = PaymentRow::columns(rows);
        columns.extend(DueColumns::columns(dues));
        columns.push(column::<UtcTime, _>(updated_at));
        Unnested::insert_columns("payments", &[PaymentRow::NAMES, DueColumns::NAMES, "updated_at"], columns)
    }
}

/// A payment that is not stored yet.
pub(super) struct NewPayment(Columns);

/// A payment that is stored, and locked by us.
pub(super) struct KnownPayment(Columns);

impl<'a> Rows<'a> for NewPayment {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Columns::insert(rows.into_iter().map(|Self(columns)| columns)))
    }
}

impl<'a> Rows<'a> for KnownPayment {
    fn written(rows: Vec<Self>) -> Write<'a> {
        let known = Columns::insert(rows.into_iter().map(|Self(columns)| columns));
        let known = DueColumns::COLUMNS
            .iter()
            .fold(known.or_set::<PaymentRow>(&["id"]), |known, name| known.then(", ").excluded(name));
        Box::new(known.then(", updated_at = greatest(payments.updated_at, excluded.updated_at)"))
    }
}

// The details of a payment that is not stored yet. They are written once: what comes later is that a customer is
// forgotten, and whoever read the payment before shall not bring that back.
impl<'a> Rows<'a> for DetailsRow {
    fn written(rows: Vec<Self>) -> Write<'a> {
        Box::new(Unnested::insert("payment_details", rows))
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
    let columns = Columns { row: PaymentRow::of(payment, revision), due, updated_at: noted };
    if is_stored {
        batch.known_payments.add(KnownPayment(columns), Otherwise::Fine);
    } else {
        let details = DetailsRow::of(&payment.id, &payment.details).map_err(StoreError::query)?;
        batch.new_payments.add(NewPayment(columns), Otherwise::Fine);
        batch.details.add(details, Otherwise::Fine);
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
