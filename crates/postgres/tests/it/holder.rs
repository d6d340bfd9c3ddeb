//! Somebody who holds a table, so that whatever is written there waits.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::fixtures::Site;

/// Somebody who holds a table.
pub(crate) struct Holder<'a> {
    site: &'a Site,
    table: &'static str,
    holding: JoinHandle<()>,
}

impl<'a> Holder<'a> {
    /// Returns once the table is held.
    pub(crate) fn of(site: &'a Site, table: &'static str) -> Self {
        let url = site.database.url();
        let holding = thread::spawn(move || {
            // Longer than any test here needs it.
            let hold = format!("BEGIN; LOCK TABLE {table}; SELECT pg_sleep(300)");
            mstore_pay_throwaway_postgres::run(&url, &hold).unwrap_err();
        });
        let holder = Self { site, table, holding };
        while holder.of_those_who_hold_it("count(*)") == "0" {
            thread::sleep(Duration::from_millis(10));
        }
        holder
    }

    pub(crate) fn let_go(self) {
        self.of_those_who_hold_it("pg_terminate_backend(pid)");
        self.holding.join().unwrap();
    }

    fn of_those_who_hold_it(&self, what: &str) -> String {
        // Databases that were cloned from one another call their tables by the same numbers.
        self.site.run(&format!(
            "SELECT {what} FROM pg_locks JOIN pg_database ON pg_database.oid = database \
             WHERE datname = current_database() AND relation = '{}'::regclass AND mode = 'AccessExclusiveLock' AND granted",
            self.table
        ))
    }
}
