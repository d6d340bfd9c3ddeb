//! The audit trail: records, which bodies belong to them, and the bodies.

use diesel::prelude::*;
use mstore_pay_domain::audit::{AuditBody, AuditRecord};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::StoreError;
use mstore_pay_domain::time::Timestamp;
use thiserror::Error;

use super::cells::{Cells, integer};
use crate::by_column;
use crate::schema::{payment_bodies, payment_event_bodies, payment_events};
use crate::types::Micros;

/// A link of a payment's chain: the bytes that are hashed, and parts of them for queries.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = payment_events, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct EventRow {
    payment_id: String,
    seq: i64,
    at: Micros,
    actor: String,
    event: String,
    record: Vec<u8>,
}

by_column!(EventRow, payment_events: payment_id, seq, at, actor, event, record);

/// A body that belongs to a record.
#[derive(Debug, Clone, PartialEq, Eq, Queryable, Selectable, Insertable)]
#[diesel(table_name = payment_event_bodies, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct EventBodyRow {
    payment_id: String,
    seq: i64,
    position: i64,
    role: String,
    digest: Vec<u8>,
}

by_column!(EventBodyRow, payment_event_bodies: payment_id, seq, position, role, digest);

/// A redacted body.
#[derive(Debug, Insertable)]
#[diesel(table_name = payment_bodies)]
#[diesel(treat_none_as_default_value = false)]
pub struct BodyRow<'a> {
    digest: Vec<u8>,
    body: &'a [u8],
    kept_at: Micros,
}

by_column!(BodyRow<'_>, payment_bodies: digest, body, kept_at);

/// What stands beside a record for queries is not what the record says.
#[derive(Debug, Error)]
#[error("it is not what the record says")]
pub(super) struct Differs;

impl EventRow {
    /// The row of a record.
    #[must_use]
    pub fn of(record: &AuditRecord) -> Self {
        Self {
            payment_id: record.payment.to_string(),
            seq: integer(record.seq),
            at: record.at.into(),
            actor: record.actor.clone(),
            event: record.event.clone(),
            record: record.canonical_bytes(),
        }
    }

    /// The record of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read, or that does not say what
    /// the record does.
    pub fn read(&self) -> Result<AuditRecord, StoreError> {
        let cells = Cells { table: "payment_events", id: &self.payment_id };
        let record = AuditRecord::decode(&self.record).map_err(|source| cells.corrupt("record", source))?;
        let said = Self::of(&record);
        let columns = [
            ("payment_id", self.payment_id == said.payment_id),
            ("seq", self.seq == said.seq),
            ("at", self.at == said.at),
            ("actor", self.actor == said.actor),
            ("event", self.event == said.event),
        ];
        match columns.into_iter().find(|(_, is_so)| !is_so) {
            Some((column, _)) => Err(cells.corrupt(column, Differs)),
            None => Ok(record),
        }
    }
}

impl EventBodyRow {
    /// A row for each body that a record speaks of.
    pub fn all_of(record: &AuditRecord) -> impl Iterator<Item = Self> {
        record.bodies.iter().zip(0_i64..).map(|((role, digest), position)| Self {
            payment_id: record.payment.to_string(),
            seq: integer(record.seq),
            position,
            role: role.clone(),
            digest: digest.as_bytes().to_vec(),
        })
    }

    /// Checks that these, in order, are all the rows that a payment's records speak of. Those of later records, which
    /// were written when the records had been read, are left alone.
    ///
    /// # Errors
    /// [`StoreError`] where they are not.
    pub fn check(rows: &[Self], payment: &PaymentId, records: &[AuditRecord]) -> Result<(), StoreError> {
        let last = records.last().map(|record| integer(record.seq)).unwrap_or_default();
        let spoken_of: Vec<Self> = records.iter().flat_map(Self::all_of).collect();
        if rows.iter().filter(|row| row.seq <= last).eq(&spoken_of) {
            return Ok(());
        }
        Err(Cells { table: "payment_event_bodies", id: &payment.to_string() }.corrupt("digest", Differs))
    }
}

impl<'a> BodyRow<'a> {
    /// The row of a body that is put on record then.
    #[must_use]
    pub fn of(body: &'a AuditBody, kept_at: Timestamp) -> Self {
        Self { digest: body.digest().as_bytes().to_vec(), body: &body.bytes, kept_at: kept_at.into() }
    }
}
