//! One transaction, many savepoints.

use diesel::RunQueryDsl as _;
use diesel::connection::SimpleConnection;
use diesel::result::{Error as QueryError, QueryResult};
use diesel::sqlite::SqliteConnection;
use mstore_pay_tables::prepared::KeepPrepared as _;

use super::job::{Applied, Work};
use crate::errors::BatchError;

/// What became of a batch.
pub(super) enum Fate {
    /// It is on the disk, but for the units that were refused.
    Written,
    /// Nothing of it was written.
    NotWritten(BatchError),
    /// It may be on the disk.
    Unknown(BatchError),
}

/// What stopped a batch.
pub(super) struct Failure {
    pub(super) error: QueryError,
    pub(super) at_commit: bool,
}

/// Applies every unit in a savepoint of its own, and commits. A failure leaves the transaction to be
/// rolled back.
pub(super) fn write(conn: &mut SqliteConnection, units: &mut [Box<dyn Work>]) -> Result<(), Failure> {
    let early = |error| Failure { error, at_commit: false };
    conn.batch_execute("BEGIN IMMEDIATE").map_err(early)?;
    for unit in units {
        apply(conn, unit.as_mut()).map_err(early)?;
    }
    conn.batch_execute("COMMIT").map_err(|error| Failure { error, at_commit: true })
}

fn apply(conn: &mut SqliteConnection, unit: &mut dyn Work) -> QueryResult<()> {
    say(conn, "SAVEPOINT unit")?;
    match unit.apply(conn) {
        Applied::Kept => say(conn, "RELEASE unit"),
        Applied::Refused => conn.batch_execute("ROLLBACK TO unit; RELEASE unit"),
        Applied::Upset(error) => Err(error),
    }
}

/// Says something that is said for every unit.
fn say(conn: &mut SqliteConnection, statement: &'static str) -> QueryResult<()> {
    diesel::sql_query(statement).kept().execute(conn)?;
    Ok(())
}
