//! Reading a store row by row, to copy it elsewhere.

use std::path::Path;

use diesel::connection::DefaultLoadingMode;
use diesel::prelude::*;
use diesel::sql_types::Text;
use diesel::sqlite::SqliteConnection;

use crate::errors::OpenError;
use crate::lock::StoreLock;
use crate::{connection, migrations};

/// A store that is read whole; nobody else has it open meanwhile.
pub struct Export {
    conn: SqliteConnection,
    _lock: StoreLock,
}

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

impl Export {
    /// Opens the store in that file, bringing its schema up to date. Blocks, as all here.
    ///
    /// # Errors
    /// [`OpenError::InUse`] if another process has it open; the others if the file cannot be used.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        let lock = StoreLock::take(path)?;
        drop(connection::existing(path)?);
        let mut conn = connection::writer(path)?;
        migrations::run(&mut conn)?;
        Ok(Self { conn, _lock: lock })
    }

    /// The tables, each behind those that it refers to.
    ///
    /// # Errors
    /// [`OpenError::Prepare`] if they cannot be read.
    pub fn tables(&mut self) -> Result<Vec<String>, OpenError> {
        // In the order in which the migrations made them.
        self.lines(
            r"SELECT name AS line FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\'
              AND name NOT LIKE '\_\_%' ESCAPE '\' ORDER BY rowid",
        )
    }

    /// Hands over every row of a table as a JSON object: numbers as they are stored, bytes in hexadecimal. `take` says
    /// whether it wants more. Returns how many it took.
    ///
    /// # Errors
    /// [`OpenError::Prepare`] if they cannot be read.
    pub fn rows(&mut self, table: &str, mut take: impl FnMut(String) -> bool) -> Result<u64, OpenError> {
        let fields = self.lines(&format!(
            "SELECT format('''%s'', iif(typeof(\"%w\") = ''blob'', hex(\"%w\"), \"%w\")', name, name, name, name) AS line
             FROM pragma_table_info('{}')",
            table.replace('\'', "''")
        ))?;
        let query =
            format!("SELECT json_object({}) AS line FROM \"{}\"", fields.join(", "), table.replace('"', "\"\""));
        let failed = |source| OpenError::Prepare { source };
        let rows = diesel::sql_query(query).load_iter::<Line, DefaultLoadingMode>(&mut self.conn).map_err(failed)?;
        let mut taken = 0_u64;
        for row in rows {
            if !take(row.map_err(failed)?.line) {
                break;
            }
            taken = taken.saturating_add(1);
        }
        Ok(taken)
    }

    fn lines(&mut self, query: &str) -> Result<Vec<String>, OpenError> {
        let lines: Vec<Line> =
            diesel::sql_query(query).load(&mut self.conn).map_err(|source| OpenError::Prepare { source })?;
        Ok(lines.into_iter().map(|line| line.line).collect())
    }
}
