//! How much waits.

use async_trait::async_trait;
use diesel::dsl::{count_star, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::{Census, CensusCounts, PENDING_AGES, StoreError};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::rows::{Cells, EXCEPTION_IS_OPEN, PAYMENT_IS_PENDING};
use mstore_pay_tables::schema::{exceptions, outbox, payments};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::store::SqliteStore;

#[async_trait]
impl Census for SqliteStore {
    async fn census(&self, now: Timestamp) -> Result<CensusCounts, StoreError> {
        self.read(move |conn| census(conn, now)).await
    }
}

fn census(conn: &mut SqliteConnection, now: Timestamp) -> Result<CensusCounts, Fault> {
    let mut counts = CensusCounts::default();
    for (count, age) in counts.pending.iter_mut().zip(PENDING_AGES) {
        let old = payments::table
            .filter(sql::<Bool>(PAYMENT_IS_PENDING))
            .filter(payments::created_at.le(Micros::from(now.minus(age))));
        *count = number(old.select(count_star()).first(conn)?);
    }
    let waiting = outbox::table.filter(outbox::sent_at.is_null());
    counts.messages = number(waiting.select(count_star()).first(conn)?);
    let oldest: Option<Micros> = waiting.order(outbox::position).select(outbox::at).first(conn).optional()?;
    let cells = Cells { table: "outbox", id: "the oldest" };
    counts.oldest_message = oldest.map(|at| cells.time("at", at)).transpose()?;
    let open: Vec<(String, i64)> = exceptions::table
        .filter(sql::<Bool>(EXCEPTION_IS_OPEN))
        .group_by(exceptions::kind)
        .select((exceptions::kind, count_star()))
        .load(conn)?;
    counts.exceptions = open.into_iter().map(|(kind, count)| (kind, number(count))).collect();
    Ok(counts)
}

fn number(rows: i64) -> u64 {
    u64::try_from(rows).unwrap_or_default()
}
