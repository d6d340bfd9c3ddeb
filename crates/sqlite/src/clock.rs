//! SQLite's own clock, by which leases run.
//!
//! Leases must not depend on the domain's clock, which tests and simulations speed up or stop. All
//! writes go through one connection, so one clock decides who holds what.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_tables::types::{Micros, UtcTime};

/// Now, by SQLite's clock; it is exact to the millisecond.
pub(crate) fn now(conn: &mut SqliteConnection) -> QueryResult<Micros> {
    diesel::select(sql::<UtcTime>("CAST(unixepoch('subsec') * 1000000 AS INTEGER)")).get_result(conn)
}
