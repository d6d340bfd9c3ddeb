//! SQLite's own clock, by which leases run.
//!
//! Leases must not depend on the domain's clock, which tests and simulations speed up or stop. All
//! writes go through one connection, so one clock decides who holds what.

use std::time::Duration;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::types::{Micros, UtcTime};

/// Now, by SQLite's clock; it is exact to the millisecond.
pub(crate) fn now(conn: &mut SqliteConnection) -> QueryResult<Micros> {
    diesel::select(sql::<UtcTime>("CAST(unixepoch('subsec') * 1000000 AS INTEGER)")).get_result(conn)
}

impl Micros {
    /// This time later by `pause`; stays at the end of time.
    pub(crate) fn plus(self, pause: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX)))
    }
}
