//! The database's own clock, by which leases run.
//!
//! Leases must not depend on the domain's clock, which tests and simulations speed up or stop, nor on
//! the clocks of the nodes, which differ.

use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_tables::types::{Micros, UtcTime};

diesel::define_sql_function! {
    /// The time at this very moment, not at the start of the transaction.
    fn clock_timestamp() -> UtcTime;
}

/// Now, by the database's clock.
pub(crate) async fn now(mut conn: &AsyncPgConnection) -> QueryResult<Micros> {
    diesel::select(clock_timestamp()).get_result(&mut conn).await
}
