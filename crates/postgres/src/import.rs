//! Filling an empty database with the rows of another store.

use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use diesel_async::{AnsiTransactionManager, AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection, TransactionManager};
use mstore_pay_domain::ports::StoreError;

use crate::connection::Address;
use crate::errors::{Fault, OpenError};
use crate::migrations;

type Ansi = AnsiTransactionManager;

/// A database that is being filled, in one transaction: whoever does not [commit](Self::commit) leaves it empty.
pub struct Import {
    conn: AsyncPgConnection,
}

/// A database that is in use.
#[derive(Debug, thiserror::Error)]
#[error("{table} has rows already")]
struct NotEmpty {
    table: String,
}

/// A column of a table here.
#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Bool)]
    is_identity: bool,
}

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

impl Import {
    /// Brings the schema up to date, and begins.
    ///
    /// # Errors
    /// [`OpenError::Prepare`] if any table has rows; the others if the database cannot be reached or used.
    pub async fn begin(url: &str) -> Result<Self, OpenError> {
        let address = Address::parse(url)?;
        migrations::run(&address).await?;
        let conn = address.connect_unbounded().await.map_err(|source| OpenError::Connect { source })?;
        let mut import = Self { conn };
        let begun = import.begin_empty().await;
        begun.map_err(|fault| OpenError::Prepare { source: StoreError::from(fault).into() })?;
        Ok(import)
    }

    async fn begin_empty(&mut self) -> Result<(), Fault> {
        Ansi::begin_transaction(&mut self.conn).await?;
        for table in self.tables().await? {
            // Nobody writes while it is filled.
            self.conn.batch_execute(&format!("LOCK TABLE {} IN EXCLUSIVE MODE", quoted(&table))).await?;
            if self.count(&table).await? > 0 {
                return Err(StoreError::query(NotEmpty { table }).into());
            }
        }
        Ok(())
    }

    /// Adds rows to a table, each a JSON object: amounts in hundredths of a rupiah, times in microseconds since the
    /// epoch, bytes in hexadecimal. The tables that they refer to must come first.
    ///
    /// # Errors
    /// [`StoreError`] if a row is refused; nothing of the whole import is kept then.
    pub async fn insert(&mut self, table: &str, rows: &[String]) -> Result<(), StoreError> {
        Ok(self.try_insert(table, rows).await?)
    }

    async fn try_insert(&mut self, table: &str, rows: &[String]) -> Result<(), Fault> {
        let columns = self.columns(table).await?;
        let names: Vec<String> = columns.iter().map(|column| quoted(&column.name)).collect();
        let values: Vec<String> = columns.iter().map(Column::value).collect();
        let insert = format!(
            "INSERT INTO {} ({}) OVERRIDING SYSTEM VALUE SELECT {} FROM json_array_elements($1::json) AS source(cells)",
            quoted(table),
            names.join(", "),
            values.join(", ")
        );
        let rows = format!("[{}]", rows.join(","));
        diesel::sql_query(insert).bind::<Text, _>(rows).execute(&mut self.conn).await?;
        Ok(())
    }

    /// How many rows a table has.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be counted.
    pub async fn count(&mut self, table: &str) -> Result<u64, StoreError> {
        let query = format!("SELECT count(*) AS count FROM {}", quoted(table));
        let counted: Result<Count, _> = diesel::sql_query(query).get_result(&mut self.conn).await;
        let Count { count } = counted.map_err(Fault::from)?;
        u64::try_from(count).map_err(StoreError::query)
    }

    /// Has numbers go on behind those that were filled in, and keeps everything.
    ///
    /// # Errors
    /// [`StoreError`] if it could not be kept, or nobody knows whether it was.
    pub async fn commit(mut self) -> Result<(), StoreError> {
        self.renumber().await?;
        Ansi::commit_transaction(&mut self.conn)
            .await
            .map_err(|error| StoreError::CommitUnknown { source: error.into() })?;
        // What the planner knows of the tables is what they were before.
        Ok(self.conn.batch_execute("ANALYZE").await.map_err(Fault::from)?)
    }

    async fn renumber(&mut self) -> Result<(), Fault> {
        for table in self.tables().await? {
            for Column { name, .. } in self.columns(&table).await?.into_iter().filter(|column| column.is_identity) {
                let (table, column) = (quoted(&table), quoted(&name));
                let next = format!(
                    "SELECT setval(pg_get_serial_sequence('{}', '{}'), max({column})) FROM {table}",
                    table.replace('\'', "''"),
                    name.replace('\'', "''")
                );
                self.conn.batch_execute(&next).await?;
            }
        }
        Ok(())
    }

    async fn tables(&mut self) -> Result<Vec<String>, Fault> {
        let tables: Vec<Name> = diesel::sql_query(
            r"SELECT tablename::text AS name FROM pg_tables
              WHERE schemaname = current_schema() AND tablename NOT LIKE '\_\_%' ORDER BY tablename",
        )
        .load(&mut self.conn)
        .await?;
        Ok(tables.into_iter().map(|table| table.name).collect())
    }

    async fn columns(&mut self, table: &str) -> Result<Vec<Column>, Fault> {
        let columns = diesel::sql_query(
            "SELECT column_name::text AS name, data_type::text AS kind, is_identity = 'YES' AS is_identity
             FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = $1
             ORDER BY ordinal_position",
        );
        Ok(columns.bind::<Text, _>(table).load(&mut self.conn).await?)
    }
}

impl Column {
    /// Its value out of a row's cells.
    fn value(&self) -> String {
        let cell = format!("(cells->>'{}')", self.name.replace('\'', "''"));
        match self.kind.as_str() {
            "numeric" => format!("{cell}::numeric / 100"),
            "timestamp with time zone" => {
                format!("timestamptz 'epoch' + {cell}::bigint * interval '1 microsecond'")
            }
            "bytea" => format!("decode({cell}, 'hex')"),
            "boolean" => format!("{cell}::integer::boolean"),
            kind => format!("{cell}::{kind}"),
        }
    }
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
