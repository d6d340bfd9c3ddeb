//! Connections: one that writes, some that only read.

use std::path::Path;

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;

use crate::errors::OpenError;

/// For backups and other tools that hold the file for a moment.
const BUSY_TIMEOUT: &str = "PRAGMA busy_timeout = 5000";

/// What a connection adds to the pages of the file that all keep together, in KiB: a quarter of SQLite's default for the one
/// that writes. What they do not keep the system does, and a page is then copied and not read from the disk. Those that read
/// begin anew after every commit; one that changes more than that has some written to the log ahead of its end.
const WRITER_CACHE: &str = "PRAGMA cache_size = -512";
const READER_CACHE: &str = "PRAGMA cache_size = -256";

/// The connection that writes. A commit is on the disk when it returns: WAL with `synchronous=FULL`
/// syncs the log with every commit, while `NORMAL` may lose the last ones to a power cut.
///
/// Checkpoints are the writer's own business, because SQLite does not tell of the errors of those that
/// it runs by itself after a commit.
pub(crate) fn writer(path: &Path) -> Result<SqliteConnection, OpenError> {
    connect(
        path,
        &[
            BUSY_TIMEOUT,
            WRITER_CACHE,
            "PRAGMA journal_mode = WAL",
            "PRAGMA synchronous = FULL",
            "PRAGMA wal_autocheckpoint = 0",
            "PRAGMA foreign_keys = ON",
            "PRAGMA cell_size_check = ON",
        ],
    )
}

/// A connection that refuses to write.
pub(crate) fn reader(path: &Path) -> Result<SqliteConnection, OpenError> {
    connect(path, &[BUSY_TIMEOUT, READER_CACHE, "PRAGMA query_only = ON", "PRAGMA cell_size_check = ON"])
}

/// A connection for a tool, to a file that must be there.
pub(crate) fn existing(path: &Path) -> Result<SqliteConnection, OpenError> {
    must_exist(path)?;
    connect(path, &[BUSY_TIMEOUT, "PRAGMA cell_size_check = ON"])
}

/// Refuses a file that is not there: SQLite would make it.
pub(crate) fn must_exist(path: &Path) -> Result<(), OpenError> {
    std::fs::metadata(path).map(|_| ()).map_err(|source| OpenError::File { path: path.into(), source })
}

fn connect(path: &Path, settings: &[&str]) -> Result<SqliteConnection, OpenError> {
    // Absolute, so that no file name is taken for one of SQLite's special names or a URI.
    let absolute = std::path::absolute(path).map_err(|source| OpenError::File { path: path.into(), source })?;
    let name = absolute.to_str().ok_or_else(|| OpenError::File {
        path: path.into(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidInput, "the path is not UTF-8"),
    })?;
    let mut conn =
        SqliteConnection::establish(name).map_err(|source| OpenError::Connect { path: absolute.clone(), source })?;
    // One at a time: a batch would stop at the first without saying which.
    for setting in settings {
        conn.batch_execute(setting).map_err(|source| OpenError::Prepare { source })?;
    }
    Ok(conn)
}
