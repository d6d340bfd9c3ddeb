//! The database alone: `pgbench` with scripts that leave the rows that the gateway leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hdrhistogram::Histogram;
use mstore_pay_throwaway_postgres::{Cluster, program};

use crate::Trouble;
use crate::load::latencies;

/// Scripts, as they are checked in.
const SCRIPTS: [(&str, &str); 4] = [
    ("create", include_str!("../pgbench/create.sql")),
    ("status", include_str!("../pgbench/status.sql")),
    ("webhook", include_str!("../pgbench/webhook.sql")),
    ("accept", include_str!("../pgbench/accept.sql")),
];

/// Rows that `status` and `webhook` draw from: so many clients made so many payments each, in run 0.
const FILL_CLIENTS: u32 = 16;
const FILL_ROWS: u32 = 250;

/// A database with our schema, and nobody but `pgbench` in it.
pub(crate) struct Peer<'a> {
    cluster: &'a Cluster,
    database: &'a str,
    folder: PathBuf,
    runs: u32,
}

/// What a run of `pgbench` came to.
pub(crate) struct Alone {
    pub(crate) per_second: u64,
    pub(crate) latencies: Histogram<u64>,
}

impl<'a> Peer<'a> {
    pub(crate) fn new(cluster: &'a Cluster, database: &'a str, folder: &Path) -> Result<Self, Trouble> {
        for (name, script) in SCRIPTS {
            fs::write(folder.join(format!("{name}.sql")), script)?;
        }
        Ok(Self { cluster, database, folder: folder.to_owned(), runs: 0 })
    }

    /// Makes the payments that other scripts draw from.
    pub(crate) fn fill(&self) -> Result<(), Trouble> {
        let rows = FILL_ROWS.to_string();
        self.pgbench("create", FILL_CLIENTS, 0, &["-t", &rows])?;
        self.cluster.run(self.database, "VACUUM ANALYZE")?;
        Ok(())
    }

    /// Runs a script over so many connections for so long.
    pub(crate) fn run(&mut self, script: &str, connections: u32, length: Duration) -> Result<Alone, Trouble> {
        self.runs = self.runs.saturating_add(1);
        // What only reads draws from the payments of run 0.
        let run = if script == "status" { 0 } else { self.runs };
        let seconds = length.as_secs().max(1).to_string();
        let printed = self.pgbench(script, connections, run, &["-T", &seconds])?;
        let told = printed.lines().find_map(|line| line.strip_prefix("tps = "));
        let tps = told.ok_or_else(|| format!("pgbench {script} told no tps: {printed}"))?;
        let whole = tps.split(['.', ' ']).next().unwrap_or_default();
        Ok(Alone { per_second: whole.parse()?, latencies: self.logged()? })
    }

    fn pgbench(&self, script: &str, connections: u32, run: u32, length: &[&str]) -> Result<String, Trouble> {
        let mut pgbench = program("pgbench");
        pgbench.args(["-n", "-M", "prepared", "-l", "-h"]).arg(self.cluster.socket_folder());
        pgbench.args(["-U", "postgres", "-c", &connections.to_string()]).args(length);
        pgbench.arg("--log-prefix").arg(self.folder.join("latencies"));
        for (name, value) in [("n", 0), ("run", run), ("rows", FILL_ROWS), ("clients", FILL_CLIENTS)] {
            pgbench.args(["-D", &format!("{name}={value}")]);
        }
        pgbench.arg("-f").arg(self.folder.join(format!("{script}.sql"))).arg(self.database);
        let output = pgbench.output()?;
        if !output.status.success() {
            return Err(format!("pgbench {script}: {}", String::from_utf8_lossy(&output.stderr)).into());
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// The latencies that were logged, whose files go.
    fn logged(&self) -> Result<Histogram<u64>, Trouble> {
        let mut found = latencies()?;
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("latencies.")) {
                for line in fs::read_to_string(&path)?.lines() {
                    let micros = line.split(' ').nth(2).and_then(|micros| micros.parse().ok());
                    found.saturating_record(micros.ok_or("an unknown line of pgbench's log")?);
                }
                fs::remove_file(&path)?;
            }
        }
        Ok(found)
    }
}
