//! The store under the gateway: a file, or a database that several nodes share.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::BigInt;
use diesel::sqlite::SqliteConnection;
use mstore_pay_app::{Database as DatabaseUrl, OpenStoreError, Store, open_store, open_store_to_read};
use mstore_pay_throwaway_postgres::{Database, run};

/// How long a unit of work that was under way may take to end before a file can be opened.
const STORE_SECONDS_MAX: u64 = 5;

const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(100);

/// For a gateway that writes just then.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000";

/// Which store a case is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StoreKind {
    Sqlite,
    Postgres,
}

impl StoreKind {
    /// That of this run: `TEST_STORE`, and the embedded one where nothing is said.
    pub(crate) fn of_run() -> Self {
        #[expect(clippy::disallowed_methods, reason = "a fault programme reads its own environment")]
        match env::var("TEST_STORE").as_deref() {
            Ok("postgres") => Self::Postgres,
            Ok("sqlite") | Err(_) => Self::Sqlite,
            Ok(other) => panic!("TEST_STORE is sqlite or postgres, not {other:?}"),
        }
    }

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

/// What SQL counted.
#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

/// Where a case's store is.
pub(super) enum Backing {
    File(PathBuf),
    /// A database of its own on the server of this process.
    Own(Database),
    /// A database on servers that the case brought, to strike at them.
    Brought(String),
}

impl Backing {
    /// A fresh one.
    pub(super) fn fresh(kind: StoreKind, dir: &Path) -> Self {
        match kind {
            StoreKind::Sqlite => Self::File(dir.join("gateway.db")),
            StoreKind::Postgres => Self::Own(Database::empty()),
        }
    }

    /// One that the case brought, as `DATABASE_URL` spells it.
    pub(super) fn brought(url: &str) -> Self {
        let file = url.strip_prefix("sqlite://").map(PathBuf::from);
        file.map_or_else(|| Self::Brought(url.to_owned()), Self::File)
    }

    /// As `DATABASE_URL` spells it.
    pub(super) fn url(&self) -> String {
        match self {
            Self::File(path) => format!("sqlite://{}", path.display()),
            Self::Own(database) => database.url(),
            Self::Brought(url) => url.clone(),
        }
    }

    /// Runs SQL on it, where it is a database, and gives what it returned.
    pub(super) fn sql(&self, sql: &str) -> String {
        self.try_sql(sql).unwrap_or_else(|why| panic!("{sql}: {why}"))
    }

    /// As [`sql`](Self::sql), for what may be refused.
    pub(super) fn try_sql(&self, sql: &str) -> Result<String, String> {
        run(&self.url(), sql)
    }

    /// Changes it behind the gateway's back, by the words that both kinds of store have.
    pub(super) fn alter(&self, sql: &str) {
        match self {
            Self::File(path) => {
                let mut conn = SqliteConnection::establish(&path.display().to_string()).expect("a file");
                conn.batch_execute(sql).unwrap_or_else(|why| panic!("{sql}: {why}"));
            }
            Self::Own(_) | Self::Brought(_) => {
                self.sql(sql);
            }
        }
    }

    /// What that SQL counts, on either kind, while gateways work on it; its column is called `count`.
    pub(super) fn count(&self, sql: &str) -> u64 {
        let count = match self {
            Self::File(path) => count_in(path, sql).unwrap_or_else(|why| panic!("{sql}: {why}")),
            Self::Own(_) | Self::Brought(_) => {
                self.sql(sql).parse::<i64>().unwrap_or_else(|why| panic!("{sql}: {why}"))
            }
        };
        u64::try_from(count).expect("a count")
    }

    /// The store itself; of a file only once the gateway has let go of it.
    pub(super) async fn open(&self) -> Arc<dyn Store> {
        let database: DatabaseUrl = self.url().parse().expect("a store");
        let began = Instant::now();
        loop {
            match open_store(&database).await {
                Ok(store) => return store,
                Err(OpenStoreError::InUse { .. }) if began.elapsed().as_secs() < STORE_SECONDS_MAX => {
                    thread::sleep(LOOK_AGAIN_AFTER);
                }
                Err(error) => panic!("the store: {error:?}"),
            }
        }
    }

    /// The store, to be looked at while gateways work on it.
    pub(super) async fn open_to_read(&self) -> Arc<dyn Store> {
        let database: DatabaseUrl = self.url().parse().expect("a store");
        open_store_to_read(&database).await.unwrap_or_else(|error| panic!("the store: {error:?}"))
    }

    /// Everything that is stored, for whoever looks for what must not be there.
    pub(super) fn contents(&self) -> Vec<u8> {
        match self {
            Self::File(path) => {
                let files = [path.clone(), path.with_extension("db-wal")];
                files.iter().flat_map(|file| fs::read(file).unwrap_or_default()).collect()
            }
            Self::Own(_) | Self::Brought(_) => self.rows().into_bytes(),
        }
    }

    /// Every row of every table as text.
    fn rows(&self) -> String {
        let tables = self.sql(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables \
             WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
        );
        let of = |table: &str| self.sql(&format!("SET bytea_output = escape; SELECT t::text FROM {table} t"));
        tables.lines().map(of).collect()
    }
}

/// As [`Backing::count`], in a file.
fn count_in(path: &Path, sql: &str) -> QueryResult<i64> {
    let mut file = SqliteConnection::establish(&path.display().to_string()).expect("the store's file");
    file.batch_execute(BUSY_TIMEOUT)?;
    let Counted { count } = diesel::sql_query(sql).get_result(&mut file)?;
    Ok(count)
}
