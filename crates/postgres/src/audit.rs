//! The heads of all audit chains, for whoever verifies them.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::StoreError;

use crate::errors::Fault;
use crate::rows::Cells;
use crate::schema::payments;
use crate::store::PostgresStore;

impl PostgresStore {
    /// How far the chain of each payment goes, by the payment rows themselves, in order of their ids:
    /// up to `limit` payments after the one given.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn audit_heads(
        &self,
        after: Option<PaymentId>,
        limit: u32,
    ) -> Result<Vec<(PaymentId, AuditHead)>, StoreError> {
        let after = after.map(|payment| payment.to_string()).unwrap_or_default();
        Ok(session!(self.plain, |conn| heads(conn, &after, limit))?)
    }
}

async fn heads(conn: &mut AsyncPgConnection, after: &str, limit: u32) -> Result<Vec<(PaymentId, AuditHead)>, Fault> {
    let rows: Vec<(String, i64, Vec<u8>)> = payments::table
        .filter(payments::id.gt(after))
        .order(payments::id)
        .limit(limit.into())
        .select((payments::id, payments::audit_seq, payments::audit_head))
        .load(conn)
        .await?;
    rows.iter().map(|(id, seq, digest)| Ok(head(id, *seq, digest)?)).collect()
}

fn head(id: &str, seq: i64, digest: &[u8]) -> Result<(PaymentId, AuditHead), StoreError> {
    let cells = Cells { table: "payments", id };
    let head = AuditHead { seq: cells.number("audit_seq", seq)?, digest: cells.digest("audit_head", digest)? };
    Ok((cells.text("id", id)?, head))
}
