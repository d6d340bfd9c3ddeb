//! The schema's history, embedded, and how a database is brought up to date.

use std::path::Path;

use diesel::migration::{Migration, MigrationSource};
use diesel::sqlite::{Sqlite, SqliteConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection;
use crate::errors::OpenError;
use crate::lock::StoreLock;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/sqlite");

/// Brings the database of that file up to date, making it where there is none. Returns the versions
/// of the migrations that were run, oldest first. Blocks.
///
/// # Errors
/// [`OpenError`] if the store is open elsewhere, the file cannot be used or a migration fails.
pub fn migrate(path: &Path) -> Result<Vec<String>, OpenError> {
    let _lock = StoreLock::take(path)?;
    run(&mut connection::writer(path)?)
}

/// Runs what is pending on an open connection.
pub(crate) fn run(conn: &mut SqliteConnection) -> Result<Vec<String>, OpenError> {
    let migrate = |source| OpenError::Migrate { source };
    let applied = conn.applied_migrations().map_err(migrate)?;
    let known = embedded().map_err(migrate)?;
    let mut versions: Vec<String> = applied.iter().map(ToString::to_string).collect();
    versions.sort();
    if let Some(version) = versions.into_iter().find(|version| !known.contains(version)) {
        return Err(OpenError::Newer { version });
    }
    let run = conn.run_pending_migrations(MIGRATIONS).map_err(migrate)?;
    Ok(run.iter().map(ToString::to_string).collect())
}

/// The embedded migrations that a database lacks.
pub(crate) fn pending(conn: &mut SqliteConnection) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
    let pending = conn.pending_migrations(MIGRATIONS)?;
    Ok(pending.iter().map(|migration| migration.name().to_string()).collect())
}

fn embedded() -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
    let migrations: Vec<Box<dyn Migration<Sqlite>>> = MIGRATIONS.migrations()?;
    Ok(migrations.iter().map(|migration| migration.name().version().to_string()).collect())
}
