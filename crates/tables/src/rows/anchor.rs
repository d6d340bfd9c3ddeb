//! Heads of audit chains, by the payments themselves and by the anchors.

use diesel::prelude::*;
use mstore_pay_domain::audit::{AuditAnchor, AuditHead, SealedAnchor};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::StoreError;

use super::cells::{Cells, integer};
use super::merchant::AnchoredMerchantRow;
use super::payment::read_audit;
use crate::schema::{anchored_heads, audit_anchors, payments};
use crate::types::Micros;

/// Payments that one statement looks through for chains that moved since they were anchored. To look through all at once took
/// PostgreSQL twelve seconds with ten million of them (`EXPLAIN ANALYZE`), which is longer than it is given for a statement.
pub const CHAINS_LOOKED_THROUGH_MAX: i64 = 10_000;
/// The text of the largest id that a payment can have.
pub const LAST_PAYMENT_ID: &str = "pay_ffffffffffffffffffffffffffffffff";

/// How far a payment's chain goes, by its own word.
#[derive(Debug, Queryable, Selectable)]
#[diesel(table_name = payments, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
pub struct HeadRow {
    id: String,
    audit_seq: i64,
    audit_head: Vec<u8>,
}

/// An anchor without its heads.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = audit_anchors, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct AnchorRow {
    /// The number of the anchor, counted from one.
    pub seq: i64,
    at: Micros,
    previous: Vec<u8>,
    digest: Vec<u8>,
}

/// A head that an anchor put on record.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = anchored_heads, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct AnchoredHeadRow {
    payment_id: String,
    audit_seq: i64,
    audit_head: Vec<u8>,
    anchor_seq: i64,
}

impl HeadRow {
    /// The payment, and the head of its chain.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<(PaymentId, AuditHead), StoreError> {
        head(Cells { table: "payments", id: &self.id }, "id", self.audit_seq, &self.audit_head)
    }
}

impl AnchorRow {
    /// The row of an anchor.
    #[must_use]
    pub fn of(anchor: &AuditAnchor) -> Self {
        Self {
            seq: integer(anchor.seq),
            at: anchor.at.into(),
            previous: anchor.previous.as_bytes().to_vec(),
            digest: anchor.head().digest.as_bytes().to_vec(),
        }
    }

    /// The anchor of this row, with the heads it seals.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(
        &self,
        heads: &[AnchoredHeadRow],
        merchants: &[AnchoredMerchantRow],
    ) -> Result<SealedAnchor, StoreError> {
        let id = self.seq.to_string();
        let cells = Cells { table: "audit_anchors", id: &id };
        let AuditHead { seq, digest } = self.head()?;
        let anchor = AuditAnchor {
            seq,
            previous: cells.digest("previous", &self.previous)?,
            at: cells.time("at", self.at)?,
            heads: heads.iter().map(AnchoredHeadRow::read).collect::<Result<_, _>>()?,
            merchants: merchants.iter().map(AnchoredMerchantRow::read).collect::<Result<_, _>>()?,
        };
        Ok(SealedAnchor { anchor, digest })
    }

    /// How far the chain of anchors goes with this one.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn head(&self) -> Result<AuditHead, StoreError> {
        let id = self.seq.to_string();
        let cells = Cells { table: "audit_anchors", id: &id };
        Ok(AuditHead { seq: cells.number("seq", self.seq)?, digest: cells.digest("digest", &self.digest)? })
    }
}

impl AnchoredHeadRow {
    /// A row for each head that an anchor seals.
    pub fn all_of(anchor: &AuditAnchor) -> impl Iterator<Item = Self> {
        anchor.heads.iter().map(|(payment, head)| Self {
            payment_id: payment.to_string(),
            audit_seq: integer(head.seq),
            audit_head: head.digest.as_bytes().to_vec(),
            anchor_seq: integer(anchor.seq),
        })
    }

    fn read(&self) -> Result<(PaymentId, AuditHead), StoreError> {
        let cells = Cells { table: "anchored_heads", id: &self.payment_id };
        head(cells, "payment_id", self.audit_seq, &self.audit_head)
    }
}

fn head(cells: Cells<'_>, id: &'static str, seq: i64, digest: &[u8]) -> Result<(PaymentId, AuditHead), StoreError> {
    Ok((cells.text(id, cells.id)?, read_audit(cells, seq, digest)?))
}
