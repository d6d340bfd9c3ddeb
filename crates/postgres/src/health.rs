//! Whether the store can serve, and whether its files are sound.

use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ports::StoreError;

use crate::errors::Fault;
use crate::migrations;

#[derive(Debug, thiserror::Error)]
#[error("migration {version} has not been run")]
struct Behind {
    version: String,
}

/// Refuses a database that lacks a migration.
pub(crate) async fn schema_is_current(conn: &mut AsyncPgConnection) -> Result<(), Fault> {
    let pending = migrations::pending(conn).await.map_err(|source| StoreError::Unavailable { source })?;
    match pending.into_iter().next() {
        None => Ok(()),
        Some(version) => Err(StoreError::unavailable(Behind { version }).into()),
    }
}

#[derive(QueryableByName)]
struct Finding {
    #[diesel(sql_type = Text)]
    finding: String,
}

const FINDINGS: &str = "
    SELECT format('%s pages failed their checksums', checksum_failures) AS finding FROM pg_stat_database
    WHERE datname = current_database() AND checksum_failures > 0
    UNION ALL
    SELECT format('index %s is not valid', indexrelid::regclass) FROM pg_index WHERE NOT indisvalid";

/// What PostgreSQL itself has noticed.
pub(crate) async fn integrity_check(conn: &mut AsyncPgConnection) -> Result<Vec<String>, Fault> {
    let findings: Vec<Finding> = diesel::sql_query(FINDINGS).load(conn).await?;
    Ok(findings.into_iter().map(|finding| finding.finding).collect())
}
