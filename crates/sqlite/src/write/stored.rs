//! Where the payments of a unit of work stand before it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
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

/// Those of every payment that a unit of work names; a payment that is not there is not stored.
pub(super) struct StoredHeads(BTreeMap<PaymentId, StoredHead>);

impl StoredHeads {
    pub(super) fn load(conn: &mut SqliteConnection, work: &UnitOfWork) -> Result<Self, Fault> {
        let written = work.payments.iter().map(|write| write.payment.id);
        let named: BTreeSet<PaymentId> = written.chain(work.audit.iter().map(|record| record.payment)).collect();
        let mut heads = BTreeMap::new();
        // Nearly always one payment: a statement that stays prepared beats one query for all.
        for payment in named {
            if let Some(head) = load_one(conn, payment)? {
                heads.insert(payment, head);
            }
        }
        Ok(Self(heads))
    }

    pub(super) fn get(&self, payment: &PaymentId) -> Option<StoredHead> {
        self.0.get(payment).copied()
    }

    pub(super) fn put(&mut self, payment: PaymentId, head: StoredHead) {
        self.0.insert(payment, head);
    }
}

fn load_one(conn: &mut SqliteConnection, payment: PaymentId) -> Result<Option<StoredHead>, Fault> {
    let id = payment.to_string();
    let found: Option<(i64, i64, Vec<u8>)> = payments::table
        .find(&id)
        .select((payments::revision, payments::audit_seq, payments::audit_head))
        .first(conn)
        .optional()?;
    let Some((revision, seq, digest)) = found else { return Ok(None) };
    let cells = Cells { table: "payments", id: &id };
    Ok(Some(StoredHead {
        revision: Revision::of(cells.number("revision", revision)?),
        audit: AuditHead { seq: cells.number("audit_seq", seq)?, digest: cells.digest("audit_head", &digest)? },
    }))
}
