//! Whether what a shop sold over the years makes its next sale slower.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use mstore_pay_throwaway_postgres::Cluster;

use super::together::Together;
use super::turn::{Figures, MAKERS, Turns};
use super::{Bench, OfTills, Plan, SETTINGS, Store, WARM_UP};
use crate::Trouble;
use crate::gateway::Recipe;
use crate::report::{Hundredths, median, say, shown};
use crate::stub::Stub;

/// Paid payments, as many as is said in place of the word.
const ON_POSTGRES: &str = include_str!("../../growth/postgres.sql");
const ON_SQLITE: &str = include_str!("../../growth/sqlite.sql");
const COUNT: &str = ":payments";
const BYTES: &str = "SELECT pg_database_size(current_database())";
const BYTES_PER_MEGABYTE: u64 = 1_000_000;

/// A gateway over a store of some size, and its turns.
struct Sized<'a> {
    payments: u64,
    bench: Bench<'a>,
    turns: Turns,
    figures: Vec<Figures>,
}

impl Plan {
    /// Measures creates and looks over stores of those sizes, all in turn; those on PostgreSQL share a server.
    pub(crate) async fn growth(&self, store: Store, sizes: &[u64]) -> Result<(), Trouble> {
        let scenarios = self.of_tills()?;
        let folder = tempfile::tempdir()?;
        let cluster = match store {
            Store::Postgres => Some(Cluster::start(&SETTINGS)),
            Store::Sqlite => None,
        };
        say(&format!("== {store}"));
        let mut stores = Vec::new();
        for payments in sizes {
            stores.push(self.sized(folder.path(), cluster.as_ref(), *payments).await?);
        }
        say(&format!("scenario  conns    payments  {}  p99 to the first's, turn by turn", Together::COLUMNS));
        for scenario in scenarios {
            for connections in &self.connections {
                self.in_turn(&mut stores, scenario, *connections).await?;
            }
        }
        Ok(())
    }

    async fn sized<'a>(
        &self,
        folder: &Path,
        cluster: Option<&'a Cluster>,
        payments: u64,
    ) -> Result<Sized<'a>, Trouble> {
        let stub = Stub::default();
        let name = format!("after_{payments}");
        let mut recipe = self.recipe(folder, cluster, &name, stub.start().await?)?;
        recipe.has_workers = false;
        recipe.migrate()?;
        if payments > 0 {
            fill(&recipe, cluster, &name, payments)?;
        }
        let bytes = match (recipe.sqlite_file(), cluster) {
            (Some(file), _) => fs::metadata(file)?.len(),
            (None, Some(cluster)) => cluster.run(&name, BYTES)?.trim().parse()?,
            (None, None) => return Err("no store to measure".into()),
        };
        say(&format!("{payments} payments before: {} MB", bytes / BYTES_PER_MEGABYTE));
        let gateway = Arc::new(recipe.start()?);
        let bench = Bench { gateway, stub, database: cluster.map(|cluster| (cluster, name)) };
        let mut turns = Turns::default();
        turns.create(&bench, MAKERS, WARM_UP).await?;
        bench.sql("VACUUM ANALYZE")?;
        bench.sql("CHECKPOINT")?;
        Ok(Sized { payments, bench, turns, figures: Vec::new() })
    }

    async fn in_turn(&self, stores: &mut [Sized<'_>], scenario: OfTills, connections: u32) -> Result<(), Trouble> {
        for _ in 0..self.alternations {
            for Sized { bench, turns, figures, .. } in &mut *stores {
                figures.push(scenario.turn(turns, bench, connections, self.length).await?);
            }
        }
        let mut first = None;
        for store in stores {
            let figures = std::mem::take(&mut store.figures);
            let together = Together::of(&figures)?;
            let tails: Vec<u64> = figures.iter().map(Figures::tail).collect();
            let first = first.get_or_insert_with(|| tails.clone());
            let ratios: Vec<_> =
                tails.iter().zip(first).map(|(tail, first)| Hundredths::ratio(*tail, *first)).collect();
            let (payments, columns, ratio) = (store.payments, together.columns(), shown(median(&ratios)));
            say(&format!("{scenario:<9} {connections:>5}  {payments:>10}  {columns}  {ratio}"));
        }
        Ok(())
    }
}

/// Puts payments into a store that nobody serves, by the program that comes with it.
fn fill(recipe: &Recipe, cluster: Option<&Cluster>, name: &str, payments: u64) -> Result<(), Trouble> {
    let of = |statements: &str| statements.replace(COUNT, &payments.to_string());
    match recipe.sqlite_file() {
        Some(file) => run_on_sqlite(file, &of(ON_SQLITE)),
        None => cluster.ok_or("no store to fill")?.run(name, &of(ON_POSTGRES)).map(drop).map_err(Trouble::from),
    }
}

fn run_on_sqlite(file: &str, statements: &str) -> Result<(), Trouble> {
    let mut command = Command::new("sqlite3");
    // Whoever runs it may have settings of their own.
    command
        .args(["-init", "/dev/null", "-bail", file])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut process = command.spawn().map_err(|error| format!("sqlite3, which --payments takes on SQLite: {error}"))?;
    let given = process.stdin.take().ok_or("no input")?.write_all(statements.as_bytes());
    let ended = process.wait_with_output()?;
    if !ended.status.success() {
        return Err(format!("sqlite3 did not fill {file}: {}", String::from_utf8_lossy(&ended.stderr)).into());
    }
    Ok(given?)
}
