//! From the embedded store to the one of many nodes.

use std::error::Error;
use std::path::{Path, PathBuf};

use mstore_pay_postgres::Import;
use mstore_pay_sqlite::{Export, OpenError};
use tokio::sync::mpsc;

use crate::config::PostgresUrl;

/// Rows that travel together.
const ROWS_PER_BATCH: usize = 500;
/// Batches that may wait to be written.
const BATCHES_WAITING_MAX: usize = 4;

/// Rows of one table.
struct Batch {
    table: String,
    rows: Vec<String>,
}

/// A table of which not every row arrived.
#[derive(Debug, thiserror::Error)]
#[error("could not copy {table}: {read} rows were read and {written} are there")]
struct Incomplete {
    table: String,
    read: u64,
    written: u64,
}

/// Copies every row of that file into an empty database, in one transaction: whole or not at all. Returns the tables
/// with the number of their rows.
///
/// # Errors
/// Whatever the reading or the writing store said; and if the database holds anything.
pub(crate) async fn copy(from: PathBuf, to: &PostgresUrl) -> Result<Vec<(String, u64)>, Box<dyn Error + Send + Sync>> {
    let mut import = Import::begin(to.expose()).await?;
    let (batches, mut arriving) = mpsc::channel(BATCHES_WAITING_MAX);
    let reading = tokio::task::spawn_blocking(move || read(&from, &batches));
    while let Some(Batch { table, rows }) = arriving.recv().await {
        import.insert(&table, &rows).await?;
    }
    let tables = reading.await??;
    for (table, read) in &tables {
        let (table, read, written) = (table.clone(), *read, import.count(table).await?);
        if read != written {
            return Err(Incomplete { table, read, written }.into());
        }
    }
    import.commit().await?;
    Ok(tables)
}

fn read(from: &Path, batches: &mpsc::Sender<Batch>) -> Result<Vec<(String, u64)>, OpenError> {
    let mut export = Export::open(from)?;
    let mut tables = Vec::new();
    for table in export.tables()? {
        let mut rows = Vec::with_capacity(ROWS_PER_BATCH);
        let send = |rows: &mut Vec<String>| {
            let batch = Batch { table: table.clone(), rows: std::mem::take(rows) };
            // Nobody takes any more where writing failed; that tells why.
            batches.blocking_send(batch).is_ok()
        };
        let read = export.rows(&table, |row| {
            rows.push(row);
            rows.len() < ROWS_PER_BATCH || send(&mut rows)
        })?;
        if !rows.is_empty() {
            send(&mut rows);
        }
        tables.push((table, read));
    }
    Ok(tables)
}
