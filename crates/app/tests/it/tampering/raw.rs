//! The database beneath the store, by whoever has all rights on it: no rule and no reference stops them.

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;
use mstore_pay_app::Database;

/// The audit tables, and payments, which carry the heads of their chains.
const TABLES: [&str; 9] = [
    "payment_events",
    "payment_event_bodies",
    "payment_bodies",
    "merchant_events",
    "merchant_heads",
    "audit_anchors",
    "anchored_heads",
    "anchored_merchants",
    "payments",
];

/// How a database writes what differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

pub(super) enum Raw {
    Sqlite(Box<SqliteConnection>),
    Postgres(String),
}

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = Text)]
    name: String,
}

impl Dialect {
    pub(super) fn bytes(self, bytes: &[u8]) -> String {
        let hex = data_encoding::HEXLOWER.encode(bytes);
        match self {
            Self::Sqlite => format!("x'{hex}'"),
            Self::Postgres => format!("'\\x{hex}'::bytea"),
        }
    }

    /// A moment later than the one in a column `at`.
    pub(super) const fn later(self) -> &'static str {
        match self {
            Self::Sqlite => "at + 1",
            Self::Postgres => "at + interval '1 microsecond'",
        }
    }
}

impl Raw {
    /// Takes a copy of what there is.
    pub(super) fn beside(database: &Database) -> Self {
        let mut raw = match database {
            Database::Sqlite(path) => {
                let mut conn = SqliteConnection::establish(&path.display().to_string()).unwrap();
                conn.batch_execute("PRAGMA busy_timeout = 5000; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF")
                    .unwrap();
                let triggers = diesel::sql_query("SELECT name FROM sqlite_schema WHERE type = 'trigger'");
                for Named { name } in triggers.load(&mut conn).unwrap() {
                    conn.batch_execute(&format!("DROP TRIGGER {name}")).unwrap();
                }
                Self::Sqlite(Box::new(conn))
            }
            Database::Postgres(url) => Self::Postgres(url.expose().to_owned()),
        };
        raw.apply(&TABLES.map(|table| format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")));
        raw
    }

    pub(super) const fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }

    /// That alone, whatever was done before.
    pub(super) fn do_instead(&mut self, statements: &[String]) {
        self.apply(&[undoing(), statements.to_vec()].concat());
    }

    /// All of it at once.
    fn apply(&mut self, statements: &[String]) {
        let all = statements.join(";\n");
        match self {
            Self::Sqlite(conn) => conn.batch_execute(&format!("BEGIN IMMEDIATE;\n{all};\nCOMMIT")).unwrap(),
            Self::Postgres(url) => {
                let all = format!("SET session_replication_role = replica;\nBEGIN;\n{all};\nCOMMIT");
                mstore_pay_throwaway_postgres::run(url, &all).unwrap();
            }
        }
    }
}

/// Everything as it was.
fn undoing() -> Vec<String> {
    let restore =
        |table: &str| [format!("DELETE FROM {table}"), format!("INSERT INTO {table} SELECT * FROM kept_{table}")];
    TABLES.map(restore).concat()
}
