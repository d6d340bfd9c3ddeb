//! Writes that go to the server as one statement.

use std::collections::BTreeSet;

use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::{DatabaseErrorKind, Error as QueryError};
use diesel::sql_types::{Array, BigInt};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_domain::ports::CommitError;
use mstore_pay_tables::rows::Cells;
use mstore_pay_tables::schema::live_orders;

use crate::errors::Fault;

/// Statements of so many rows are kept prepared, since nearly every unit has that few; larger ones are too various.
const KEPT_ROWS_MAX: usize = 24;

/// Writes of a unit that do not look at each other's rows. Sent together they cost one round trip, and the server one
/// look at them all: PostgreSQL checks foreign keys at the end of a statement.
#[derive(Default)]
pub(super) struct Batch<'a> {
    parts: Vec<Part<'a>>,
    /// Which rows are written: a statement sees none of its own writes, so a row takes part in it once.
    rows: BTreeSet<(&'static str, String)>,
}

struct Part<'a> {
    write: Box<dyn QueryFragment<Pg> + Send + Sync + 'a>,
    rows: usize,
    otherwise: Otherwise<'a>,
}

/// What it means that a write changed no row.
pub(super) enum Otherwise<'a> {
    /// That there was nothing to be done.
    Fine,
    /// That the unit is refused.
    Refused(CommitError),
    /// That another payment holds the order.
    OrderHeld { merchant: &'a MerchantId, order_code: &'a OrderCode },
}

impl<'a> Batch<'a> {
    /// Whether a row of that table is written already: then what is there is to be [sent](Self::send) first.
    pub(super) fn writes(&self, table: &'static str, row: &str) -> bool {
        self.rows.contains(&(table, row.to_owned()))
    }

    /// Adds a write of a row: an insert, update or delete that returns nothing.
    pub(super) fn add(
        &mut self,
        table: &'static str,
        row: String,
        write: impl QueryFragment<Pg> + Send + Sync + 'a,
        otherwise: Otherwise<'a>,
    ) {
        self.rows.insert((table, row));
        self.parts.push(Part { write: Box::new(write), rows: 1, otherwise });
    }

    /// Adds a write of so many rows that no other of the unit writes.
    pub(super) fn add_new(&mut self, rows: usize, write: impl QueryFragment<Pg> + Send + Sync + 'a) {
        self.parts.push(Part { write: Box::new(write), rows, otherwise: Otherwise::Fine });
    }

    /// Has everything written that was added.
    pub(super) async fn send(&mut self, mut conn: &AsyncPgConnection) -> Result<(), Fault> {
        self.rows.clear();
        let parts = std::mem::take(&mut self.parts);
        if parts.is_empty() {
            return Ok(());
        }
        let rows = parts.iter().map(|part| part.rows).sum();
        let (writes, meanings): (Vec<_>, Vec<_>) = parts.into_iter().map(|part| (part.write, part.otherwise)).unzip();
        let written: Result<Vec<i64>, QueryError> = Together { writes, rows }.get_result(&mut conn).await;
        let counts = written.map_err(or_taken)?;
        for (count, otherwise) in counts.into_iter().zip(meanings) {
            if count == 0 {
                unwritten(conn, otherwise).await?;
            }
        }
        Ok(())
    }
}

async fn unwritten(mut conn: &AsyncPgConnection, otherwise: Otherwise<'_>) -> Result<(), Fault> {
    match otherwise {
        Otherwise::Fine => Ok(()),
        Otherwise::Refused(error) => Err(error.into()),
        Otherwise::OrderHeld { merchant, order_code } => {
            let place = live_orders::table.find((merchant.as_str(), order_code.as_str()));
            let holder: String = place.select(live_orders::payment_id).first(&mut conn).await?;
            let by = Cells { table: "live_orders", id: order_code.as_str() }.text("payment_id", &holder)?;
            Err(CommitError::OrderHeld { by }.into())
        }
    }
}

/// A row that must be new, and that somebody else has written meanwhile.
fn or_taken(error: QueryError) -> Fault {
    let QueryError::DatabaseError(DatabaseErrorKind::UniqueViolation, information) = &error else {
        return error.into();
    };
    let what = match (information.table_name(), information.constraint_name()) {
        (Some("payments"), _) => "payment id",
        (Some("transactions"), _) => "order",
        (Some("cash_tenders"), _) => "tender id",
        (Some("outbox"), _) => "message id",
        (Some("charges"), Some("charges_by_provider_ref")) => "provider reference",
        (Some("charges"), Some("charges_provider_account_id_our_reference_key")) => "our reference",
        (Some("charges"), _) => "charge id",
        _other => return error.into(),
    };
    CommitError::Duplicate { what }.into()
}

/// Writes as one statement, which returns how many rows each of them wrote.
struct Together<'a> {
    writes: Vec<Box<dyn QueryFragment<Pg> + Send + Sync + 'a>>,
    /// How many rows they write in all.
    rows: usize,
}

impl Query for Together<'_> {
    type SqlType = Array<BigInt>;
}

impl QueryId for Together<'_> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl QueryFragment<Pg> for Together<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (place, write) in self.writes.iter().enumerate() {
            out.push_sql(if place == 0 { "WITH " } else { ", " });
            out.push_sql(&format!("w{place} AS ("));
            write.walk_ast(out.reborrow())?;
            out.push_sql(" RETURNING 1)");
        }
        out.push_sql(" SELECT ARRAY[");
        for place in 0..self.writes.len() {
            let comma = if place == 0 { "" } else { ", " };
            out.push_sql(&format!("{comma}(SELECT count(*) FROM w{place})"));
        }
        out.push_sql("]");
        Ok(())
    }

    fn is_safe_to_cache_prepared(&self, _backend: &Pg) -> QueryResult<bool> {
        Ok(self.rows <= KEPT_ROWS_MAX)
    }
}
