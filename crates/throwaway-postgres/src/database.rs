//! Databases on the server of this process.

use std::sync::atomic::{AtomicU32, Ordering};

use crate::server::{Server, prefix, run};

/// A database that nobody else uses; dropped with this value.
pub struct Database {
    name: String,
}

impl Database {
    /// An empty one.
    #[must_use]
    pub fn empty() -> Self {
        Self::made("")
    }

    fn made(how: &str) -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("{}{}", prefix(), NEXT.fetch_add(1, Ordering::Relaxed));
        Server::shared().run(&format!("CREATE DATABASE {name} {how}"));
        Self { name }
    }

    /// Its URL, as a user who may do everything in it.
    #[must_use]
    pub fn url(&self) -> String {
        Server::shared().url(&self.name)
    }

    /// Runs SQL in it and gives what it returned, a line for each row.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn run(&self, sql: &str) -> Result<String, String> {
        run(&self.url(), sql)
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        Server::shared().run(&format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name));
    }
}

/// A database that others are cloned from.
pub struct Template {
    database: Database,
}

impl Template {
    /// Makes a database and has it prepared, once for all clones. `prepare` gets its URL and must leave
    /// no connection behind.
    #[must_use]
    pub fn new(prepare: impl FnOnce(&str)) -> Self {
        let database = Database::empty();
        prepare(&database.url());
        Self { database }
    }

    /// A clone of it.
    #[must_use]
    pub fn database(&self) -> Database {
        Database::made(&format!("TEMPLATE {}", self.database.name))
    }
}
