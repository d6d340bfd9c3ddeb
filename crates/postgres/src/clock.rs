//! The database's own clock, by which leases run.
//!
//! Leases must not depend on the domain's clock, which tests and simulations speed up or stop, nor on
//! the clocks of the nodes, which differ.

use std::time::Duration;

use diesel::data_types::PgInterval;
use diesel::dsl::AsExprOf;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::Interval;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_tables::types::{Micros, UtcTime};

diesel::define_sql_function! {
    /// The time at this very moment, not at the start of the transaction.
    fn clock_timestamp() -> UtcTime;
}

diesel::infix_operator!(Plus, " + ", UtcTime, backend: Pg);

/// So long after this very moment, for statements that would otherwise ask for the time first.
pub(crate) fn later(pause: Duration) -> Plus<clock_timestamp, AsExprOf<PgInterval, Interval>> {
    let pause = PgInterval::from_microseconds(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX));
    Plus::new(clock_timestamp(), pause.into_sql::<Interval>())
}

/// Now, by the database's clock.
pub(crate) async fn now(mut conn: &AsyncPgConnection) -> QueryResult<Micros> {
    diesel::select(clock_timestamp()).get_result(&mut conn).await
}
