//! Where the payments of a unit of work stand before it; nobody else changes them until it ends.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::unit_of_work::UnitOfWork;
use mstore_pay_tables::rows::Cells;
use mstore_pay_tables::schema::payments;

use crate::errors::Fault;

/// A payment's revision and the head of its audit chain.
#[derive(Clone, Copy)]
pub(super) struct StoredHead {
    pub(super) revision: Revision,
    pub(super) audit: AuditHead,
}

/// The same in cells: revision, number of the last record and its digest.
pub(super) type HeadCells = (i64, i64, Vec<u8>);

/// Those of every payment that a unit of work names; a payment that is not there is not stored.
#[derive(Default)]
pub(super) struct StoredHeads(BTreeMap<PaymentId, StoredHead>);

impl StoredHeads {
    /// The payments that a unit of work names, in order of their ids.
    pub(super) fn named(work: &UnitOfWork) -> BTreeSet<PaymentId> {
        let written = work.payments.iter().map(|write| write.payment.id);
        written.chain(work.audit.iter().map(|record| record.payment)).collect()
    }

    /// Locks a payment and reads its head. Nearly always there is one payment: a statement that stays prepared beats one
    /// query for all.
    pub(super) async fn look(
        mut conn: &AsyncPgConnection,
        payment: PaymentId,
        cells: &mut Option<HeadCells>,
    ) -> Result<(), Fault> {
        *cells = payments::table
            .find(payment.to_string())
            .select((payments::revision, payments::audit_seq, payments::audit_head))
            .for_no_key_update()
            .first(&mut conn)
            .await
            .optional()?;
        Ok(())
    }

    /// The heads of those payments from their cells.
    pub(super) fn read(named: &BTreeSet<PaymentId>, cells: &[Option<HeadCells>]) -> Result<Self, Fault> {
        let mut heads = Self::default();
        for (payment, cells) in named.iter().zip(cells) {
            let Some((revision, seq, digest)) = cells else { continue };
            heads.put(*payment, head(&payment.to_string(), *revision, *seq, digest)?);
        }
        Ok(heads)
    }

    /// The heads of payments by their ids.
    pub(super) fn of_rows<'a>(rows: impl Iterator<Item = (&'a str, (i64, i64, &'a [u8]))>) -> Result<Self, Fault> {
        let mut heads = Self::default();
        for (id, (revision, seq, digest)) in rows {
            let payment = Cells { table: "payments", id }.text("id", id)?;
            heads.put(payment, head(id, revision, seq, digest)?);
        }
        Ok(heads)
    }

    pub(super) fn get(&self, payment: &PaymentId) -> Option<StoredHead> {
        self.0.get(payment).copied()
    }

    pub(super) fn put(&mut self, payment: PaymentId, head: StoredHead) {
        self.0.insert(payment, head);
    }
}

fn head(id: &str, revision: i64, seq: i64, digest: &[u8]) -> Result<StoredHead, Fault> {
    let cells = Cells { table: "payments", id };
    let audit = AuditHead { seq: cells.number("audit_seq", seq)?, digest: cells.digest("audit_head", digest)? };
    Ok(StoredHead { revision: Revision::of(cells.number("revision", revision)?), audit })
}
