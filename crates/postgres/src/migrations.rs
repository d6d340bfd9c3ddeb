//! The schema's history, embedded, and how a database is brought up to date.

use std::time::Duration;

use diesel::migration::{Migration, MigrationSource};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::result::Error as QueryError;
use diesel::sql_types::BigInt;
use diesel_async::{AsyncMigrationHarness, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};

use crate::connection::Address;
use crate::errors::OpenError;
use crate::language;

const MIGRATIONS: EmbeddedMigrations = embed_migrations!("../../migrations/postgres");

/// A change of a table waits no longer for whoever uses it: all others would wait behind it. Then it is tried again.
const LOCK_TIMEOUT: &str = "SET lock_timeout = '2s'";
const TRIES_MAX: u32 = 30;
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Removes what a try that failed left of an index: it would be taken for the index itself, and be of no use.
const CLEAR_UP: &str = "
    DO $$
    DECLARE unfinished regclass;
    BEGIN
        FOR unfinished IN
            SELECT i.indexrelid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
            WHERE NOT i.indisvalid AND c.relnamespace = current_schema()::regnamespace
        LOOP
            EXECUTE format('DROP INDEX %s', unfinished);
        END LOOP;
    END $$";

/// Held by the one node that migrates; the others wait for it. The number means nothing but this.
const LOCK: i64 = 7_305_809_195_316_439;
/// From one try to get it to the next. Whoever waited for it in a statement would be waited for in turn by an index that
/// is made concurrently.
const LOCK_AGAIN_AFTER: Duration = Duration::from_millis(200);

type BoxError = Box<dyn std::error::Error + Send + Sync>;

diesel::define_sql_function! {
    fn pg_try_advisory_lock(key: BigInt) -> Bool;
}

diesel::table! {
    __diesel_schema_migrations (version) {
        version -> Text,
    }
}

/// Brings the database of that URL up to date. Returns the versions of the migrations that were run,
/// oldest first. Of several that migrate at once one does, and the others wait for it.
///
/// Needs a runtime of several threads, one of which it blocks.
///
/// # Errors
/// [`OpenError`] if the database cannot be reached or a migration fails.
pub async fn migrate(url: &str) -> Result<Vec<String>, OpenError> {
    run(&Address::parse(url)?).await
}

/// Runs what is pending.
pub(crate) async fn run(address: &Address) -> Result<Vec<String>, OpenError> {
    let mut conn = address.connect_unbounded().await.map_err(|source| OpenError::Connect { source })?;
    language::must_be_english(&mut conn).await?;
    // Without this look a user who may not change the schema could not open a store that is up to date.
    if lacking(&mut conn).await?.is_empty() {
        return Ok(Vec::new());
    }
    let migrate = |source| OpenError::Migrate { source };
    while !diesel::select(pg_try_advisory_lock(LOCK)).get_result(&mut conn).await.map_err(|why| migrate(why.into()))? {
        tokio::time::sleep(LOCK_AGAIN_AFTER).await;
    }
    conn.batch_execute(LOCK_TIMEOUT).await.map_err(|source| migrate(source.into()))?;
    let mut clearing = address.connect_unbounded().await.map_err(|source| OpenError::Connect { source })?;
    clearing.batch_execute(LOCK_TIMEOUT).await.map_err(|source| migrate(source.into()))?;
    let mut harness = AsyncMigrationHarness::new(conn);
    let (mut run, mut tries) = (Vec::new(), 1_u32);
    while harness.has_pending_migration(MIGRATIONS).map_err(migrate)? {
        let cleared = clearing.batch_execute(CLEAR_UP).await.map_err(BoxError::from);
        match cleared.and_then(|()| harness.run_next_migration(MIGRATIONS).map(|version| version.to_string())) {
            Ok(version) => run.push(version),
            Err(error) if tries < TRIES_MAX && is_in_the_way(&error.to_string()) => {
                tries = tries.saturating_add(1);
                tracing::info!("a table is in use: its migration waits for a second");
                tokio::time::sleep(AGAIN_AFTER).await;
            }
            Err(source) => return Err(migrate(source)),
        }
    }
    Ok(run)
}

/// Whether a migration failed because of what gateways were doing just then.
fn is_in_the_way(error: &str) -> bool {
    ["lock timeout", "deadlock detected"].iter().any(|part| error.contains(part))
}

/// Refuses a database that is of another version than this program.
pub(crate) async fn must_be_current(address: &Address) -> Result<(), OpenError> {
    let mut conn = address.connect_unbounded().await.map_err(|source| OpenError::Connect { source })?;
    language::must_be_english(&mut conn).await?;
    match lacking(&mut conn).await?.into_iter().next() {
        None => Ok(()),
        Some(version) => Err(OpenError::Behind { version }),
    }
}

/// The versions that a database lacks; refuses one that has more than this program knows.
async fn lacking(conn: &mut AsyncPgConnection) -> Result<Vec<String>, OpenError> {
    let migrate = |source| OpenError::Migrate { source };
    let known = embedded().map_err(migrate)?;
    let applied = applied(conn).await.map_err(|source| migrate(source.into()))?;
    if let Some(version) = applied.iter().find(|version| !known.contains(version)) {
        return Err(OpenError::Newer { version: version.clone() });
    }
    Ok(known.into_iter().filter(|version| !applied.contains(version)).collect())
}

/// The embedded migrations that a database lacks.
pub(crate) async fn pending(conn: &mut AsyncPgConnection) -> Result<Vec<String>, BoxError> {
    let applied = applied(conn).await?;
    Ok(embedded()?.into_iter().filter(|version| !applied.contains(version)).collect())
}

/// What was run, oldest first; nothing, in a database that was never migrated.
async fn applied(conn: &mut AsyncPgConnection) -> QueryResult<Vec<String>> {
    use self::__diesel_schema_migrations::dsl::{__diesel_schema_migrations as migrations, version};
    let applied = migrations.select(version).order(version).load(conn).await;
    match applied {
        Err(QueryError::DatabaseError(_, information)) if information.message().contains("does not exist") => {
            Ok(Vec::new())
        }
        other => other,
    }
}

fn embedded() -> Result<Vec<String>, BoxError> {
    let migrations: Vec<Box<dyn Migration<Pg>>> = MIGRATIONS.migrations()?;
    let mut versions: Vec<String> = migrations.iter().map(|migration| migration.name().version().to_string()).collect();
    versions.sort();
    Ok(versions)
}
