//! The chains of merchants, and what the anchors say of them.

use diesel::prelude::*;
use mstore_pay_domain::audit::{AuditAnchor, AuditHead, MerchantRecord};
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::StoreError;

use super::audit::Differs;
use super::cells::{Cells, integer};
use crate::schema::{anchored_merchants, merchant_events, merchant_heads};
use crate::types::Micros;

/// How far a merchant's chain goes.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = merchant_heads, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(merchant_id))]
#[diesel(treat_none_as_default_value = false)]
pub struct MerchantHeadRow {
    merchant_id: String,
    audit_seq: i64,
    audit_head: Vec<u8>,
}

/// A link of a merchant's chain: the bytes that are hashed, and parts of them for queries.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = merchant_events, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct MerchantEventRow {
    merchant_id: String,
    seq: i64,
    at: Micros,
    actor: String,
    event: String,
    record: Vec<u8>,
}

/// A head of a merchant's chain that an anchor put on record.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = anchored_merchants, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct AnchoredMerchantRow {
    merchant_id: String,
    audit_seq: i64,
    audit_head: Vec<u8>,
    anchor_seq: i64,
}

impl MerchantHeadRow {
    /// The row of a chain that goes so far.
    #[must_use]
    pub fn of(merchant: &MerchantId, head: AuditHead) -> Self {
        Self {
            merchant_id: merchant.to_string(),
            audit_seq: integer(head.seq),
            audit_head: head.digest.as_bytes().to_vec(),
        }
    }

    /// The merchant, and the head of its chain.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<(MerchantId, AuditHead), StoreError> {
        head("merchant_heads", &self.merchant_id, self.audit_seq, &self.audit_head)
    }
}

impl MerchantEventRow {
    /// The row of a record.
    #[must_use]
    pub fn of(record: &MerchantRecord) -> Self {
        Self {
            merchant_id: record.merchant.to_string(),
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
    pub fn read(&self) -> Result<MerchantRecord, StoreError> {
        let cells = Cells { table: "merchant_events", id: &self.merchant_id };
        let record = MerchantRecord::decode(&self.record).map_err(|source| cells.corrupt("record", source))?;
        let said = Self::of(&record);
        let columns = [
            ("merchant_id", self.merchant_id == said.merchant_id),
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

impl AnchoredMerchantRow {
    /// A row for each merchant's head that an anchor seals.
    pub fn all_of(anchor: &AuditAnchor) -> impl Iterator<Item = Self> {
        anchor.merchants.iter().map(|(merchant, head)| Self {
            merchant_id: merchant.to_string(),
            audit_seq: integer(head.seq),
            audit_head: head.digest.as_bytes().to_vec(),
            anchor_seq: integer(anchor.seq),
        })
    }

    pub(super) fn read(&self) -> Result<(MerchantId, AuditHead), StoreError> {
        head("anchored_merchants", &self.merchant_id, self.audit_seq, &self.audit_head)
    }
}

fn head(table: &'static str, id: &str, seq: i64, digest: &[u8]) -> Result<(MerchantId, AuditHead), StoreError> {
    let cells = Cells { table, id };
    let head = AuditHead { seq: cells.number("audit_seq", seq)?, digest: cells.digest("audit_head", digest)? };
    Ok((cells.text("merchant_id", id)?, head))
}
