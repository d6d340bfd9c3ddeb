//! The schema's history, embedded, and how a database is brought up to date.

use std::path::Path;

use diesel::RunQueryDsl;
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
    must_not_be_newer(conn)?;
    let run = conn.run_pending_migrations(MIGRATIONS).map_err(migrate)?;
    Ok(run.iter().map(ToString::to_string).collect())
}

/// Refuses a database that is of another version than this program.
pub(crate) fn must_be_current(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    // Without the table diesel would make it.
    let migrated = diesel::sql_query("SELECT version FROM __diesel_schema_migrations").execute(conn);
    migrated.map_err(|source| OpenError::Prepare { source })?;
    must_not_be_newer(conn)?;
    match pending(conn).map_err(|source| OpenError::Migrate { source })?.into_iter().next() {
        None => Ok(()),
        Some(version) => Err(OpenError::Behind { version }),
    }
}

fn must_not_be_newer(conn: &mut SqliteConnection) -> Result<(), OpenError> {
    let migrate = |source| OpenError::Migrate { source };
    let applied = conn.applied_migrations().map_err(migrate)?;
    let known = embedded().map_err(migrate)?;
    let mut versions: Vec<String> = applied.iter().map(ToString::to_string).collect();
    versions.sort();
    match versions.into_iter().find(|version| !known.contains(version)) {
        None => Ok(()),
        Some(version) => Err(OpenError::Newer { version }),
    }
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

#[cfg(test)]
mod tests {
    use diesel::prelude::*;
    use diesel::query_builder::{AsQuery, QueryFragment};
    use diesel::sql_types::Text;
    use mstore_pay_tables::each_table;

    use super::*;

    #[derive(QueryableByName)]
    struct Name {
        #[diesel(sql_type = Text)]
        name: String,
    }

    fn names(conn: &mut SqliteConnection, sql: &str, table: &str) -> Vec<String> {
        let rows: Vec<Name> = diesel::sql_query(sql).bind::<Text, _>(table).load(conn).unwrap();
        rows.into_iter().map(|row| row.name).collect()
    }

    /// A table and its columns as its queries name them.
    fn queried(table: impl AsQuery<Query: QueryFragment<Sqlite>>) -> (String, Vec<String>) {
        let sql = diesel::debug_query::<Sqlite, _>(&table.as_query()).to_string();
        let quoted: Vec<&str> = sql.split('`').skip(1).step_by(2).collect();
        let (table, columns) = quoted.split_last().unwrap();
        let columns = columns.iter().filter(|name| *name != table);
        ((*table).to_owned(), columns.map(|&name| name.to_owned()).collect())
    }

    #[test]
    fn the_tables_of_the_queries_are_those_of_a_migrated_database() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("store.db");
        migrate(&path).unwrap();
        let conn = &mut connection::writer(&path).unwrap();
        let tables = Vec::from(each_table!(queried));
        for (table, columns) in &tables {
            assert_eq!(*columns, names(conn, "SELECT name FROM pragma_table_info(?)", table), "{table}");
        }
        let all = "SELECT name FROM sqlite_schema WHERE type = ? AND name NOT LIKE 'sqlite_%' \
                   AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' ORDER BY name";
        assert_eq!(tables.into_iter().map(|(table, _)| table).collect::<Vec<_>>(), names(conn, all, "table"));
    }
}
