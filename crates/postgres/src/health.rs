//! Whether the store can serve.

use diesel_async::AsyncPgConnection;
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
