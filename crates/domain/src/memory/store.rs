//! The store that lives in memory.

mod accounts;
mod anchors;
mod census;
mod commit;
mod dispatches;
mod endpoints;
mod inbox;
mod offline;
mod outbox;
mod payments;
mod reads;
mod records;
mod retention;
mod table;
mod tables;

use std::fmt;
use std::sync::{Arc, Mutex};

use super::lock;
use crate::ports::Clock;
use crate::time::Timestamp;
use tables::Tables;

/// Every store port, kept in memory: all-or-nothing commits, unique names, leases by the given clock.
/// What is durable in other stores is here lost with the last clone.
#[derive(Clone)]
pub struct MemoryStore {
    clock: Arc<dyn Clock>,
    tables: Arc<Mutex<Tables>>,
}

impl MemoryStore {
    /// An empty store whose leases run by `clock`.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock, tables: Arc::default() }
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Looks at the tables.
    fn read<T>(&self, look: impl FnOnce(&Tables) -> T) -> T {
        let mut tables = lock(&self.tables);
        // Only a writer that panicked leaves something to take back.
        tables.roll_back();
        look(&tables)
    }

    /// Changes the tables: whole if `change` succeeds, else not at all.
    fn write<T, E>(&self, change: impl FnOnce(&mut Tables) -> Result<T, E>) -> Result<T, E> {
        let mut tables = lock(&self.tables);
        tables.roll_back();
        let outcome = change(&mut tables);
        match outcome {
            Ok(_) => tables.keep(),
            Err(_) => tables.roll_back(),
        }
        outcome
    }
}

impl fmt::Debug for MemoryStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let payments = self.read(|tables| tables.payments.len());
        f.debug_struct("MemoryStore").field("payments", &payments).finish_non_exhaustive()
    }
}
