//! Whether the store can serve, and whether its file is sound.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::StoreError;

use crate::errors::Fault;
use crate::migrations;

#[derive(Debug, thiserror::Error)]
#[error("migration {name} has not been run")]
struct Behind {
    name: String,
}

/// Refuses a database that lacks a migration.
pub(crate) fn schema_is_current(conn: &mut SqliteConnection) -> Result<(), Fault> {
    let pending = migrations::pending(conn).map_err(|source| StoreError::Unavailable { source })?;
    match pending.into_iter().next() {
        None => Ok(()),
        Some(name) => Err(StoreError::unavailable(Behind { name }).into()),
    }
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    integrity_check: String,
}

/// What SQLite's own check finds.
pub(crate) fn integrity_check(conn: &mut SqliteConnection) -> Result<Vec<String>, Fault> {
    Ok(findings(conn)?)
}

pub(crate) fn findings(conn: &mut SqliteConnection) -> QueryResult<Vec<String>> {
    let findings: Vec<Finding> = diesel::sql_query("PRAGMA integrity_check").load(conn)?;
    Ok(findings.into_iter().map(|finding| finding.integrity_check).filter(|finding| finding != "ok").collect())
}
