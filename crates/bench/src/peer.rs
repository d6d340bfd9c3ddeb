//! The database alone: `pgbench` with scripts that leave the rows that the gateway leaves.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hdrhistogram::Histogram;
use mstore_pay_throwaway_postgres::{Cluster, program};

use crate::Trouble;
use crate::load::latencies;
use crate::process::{cpu_with_children, server_pid};
use crate::report::{Hundredths, each};

/// Scripts, as they are checked in.
const SCRIPTS: [(&str, &str); 5] = [
    ("create", include_str!("../pgbench/create.sql")),
    (TOGETHER, include_str!("../pgbench/create_together.sql")),
    ("status", include_str!("../pgbench/status.sql")),
    ("webhook", include_str!("../pgbench/webhook.sql")),
    ("accept", include_str!("../pgbench/accept.sql")),
];

/// Rows that `status` and `webhook` draw from: so many clients made so many payments each, in run 0.
const FILL_CLIENTS: u32 = 16;
const FILL_ROWS: u32 = 250;

/// Creates that share every statement and every commit, as many as the gateway's lane takes, and how many such write at once.
const TOGETHER: &str = "create_together";
const TOGETHER_ROWS: u32 = 32;
const TOGETHER_CLIENTS: u32 = 2;

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
    /// Milliseconds of the server's CPU, with its sessions, for each transaction of the script.
    pub(crate) cpu: Hundredths,
}

/// What creates come to that share every statement.
pub(crate) struct Together {
    pub(crate) rows: u32,
    pub(crate) per_second: u64,
    /// Milliseconds of the server's CPU for each create.
    pub(crate) cpu: Hundredths,
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
        let spent = self.cpu()?;
        let printed = self.pgbench(script, connections, run, &["-T", &seconds])?;
        let count = told(&printed, "number of transactions actually processed: ")?;
        let cpu = each(self.cpu()?.saturating_sub(spent), count);
        Ok(Alone { per_second: told(&printed, "tps = ")?, latencies: self.logged()?, cpu })
    }

    /// Creates by hand, as many in each statement as the gateway's lane takes.
    pub(crate) fn together(&mut self, length: Duration) -> Result<Together, Trouble> {
        let Alone { per_second, cpu, .. } = self.run(TOGETHER, TOGETHER_CLIENTS, length)?;
        let rows = u64::from(TOGETHER_ROWS);
        Ok(Together { rows: TOGETHER_ROWS, per_second: per_second.saturating_mul(rows), cpu: cpu.shared_by(rows) })
    }

    /// What the server and its sessions, those that have ended among them, spent so far.
    fn cpu(&self) -> Result<Duration, Trouble> {
        cpu_with_children(server_pid(self.cluster)?)
    }

    fn pgbench(&self, script: &str, connections: u32, run: u32, length: &[&str]) -> Result<String, Trouble> {
        let mut pgbench = program("pgbench");
        pgbench.args(["-n", "-M", "prepared", "-l", "-h"]).arg(self.cluster.socket_folder());
        pgbench.args(["-U", "postgres", "-c", &connections.to_string()]).args(length);
        pgbench.arg("--log-prefix").arg(self.folder.join("latencies"));
        for (name, value) in
            [("n", 0), ("run", run), ("rows", FILL_ROWS), ("clients", FILL_CLIENTS), ("together", TOGETHER_ROWS)]
        {
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

/// The whole part of what `pgbench` told behind that word.
fn told(printed: &str, word: &str) -> Result<u64, Trouble> {
    let line = printed.lines().find_map(|line| line.strip_prefix(word));
    let line = line.ok_or_else(|| format!("pgbench did not tell \"{word}\": {printed}"))?;
    Ok(line.split(['.', ' ', '/']).next().unwrap_or_default().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pgbench_told_is_read_to_whole_numbers() {
        let printed =
            "number of transactions actually processed: 1284\nlatency average = 1.2 ms\ntps = 640.7 (without)\n";
        assert_eq!(told(printed, "number of transactions actually processed: ").unwrap(), 1_284);
        assert_eq!(told(printed, "tps = ").unwrap(), 640);
        assert!(told(printed, "number of failed transactions: ").is_err(), "what was not told");
    }
}
