//! Whether what a shop sold over the years makes its next sale slower.

use std::path::Path;
use std::sync::Arc;

use mstore_pay_throwaway_postgres::Cluster;

use super::together::Together;
use super::turn::{Figures, MAKERS, Turns};
use super::{Bench, OfTills, Plan, SETTINGS, WARM_UP};
use crate::Trouble;
use crate::report::{Hundredths, say};
use crate::stub::Stub;

/// Paid payments, as many as it is told in place of the word.
const PAYMENTS: &str = include_str!("../../growth/payments.sql");
const COUNT: &str = ":payments";

/// A gateway over a store of some size, and its turns.
struct Sized<'a> {
    payments: u64,
    bench: Bench<'a>,
    turns: Turns,
    figures: Vec<Figures>,
}

impl Plan {
    /// Measures creates and looks over stores of those sizes on one server, all in turn.
    pub(crate) async fn growth(&self, sizes: &[u64]) -> Result<(), Trouble> {
        let scenarios = self.of_tills()?;
        let folder = tempfile::tempdir()?;
        let cluster = Cluster::start(&SETTINGS);
        let mut stores = Vec::new();
        for payments in sizes {
            stores.push(self.sized(folder.path(), &cluster, *payments).await?);
        }
        say(&format!("scenario  conns    payments  {}  p99 to the first", Together::COLUMNS));
        for scenario in scenarios {
            for connections in &self.connections {
                self.in_turn(&mut stores, scenario, *connections).await?;
            }
        }
        Ok(())
    }

    async fn sized<'a>(&self, folder: &Path, cluster: &'a Cluster, payments: u64) -> Result<Sized<'a>, Trouble> {
        let stub = Stub::default();
        let name = format!("after_{payments}");
        let mut recipe = self.recipe(folder, Some(cluster), &name, stub.start().await?)?;
        recipe.has_workers = false;
        recipe.migrate()?;
        if payments > 0 {
            cluster.run(&name, &PAYMENTS.replace(COUNT, &payments.to_string()))?;
        }
        let gateway = Arc::new(recipe.start()?);
        let bench = Bench { gateway, stub, database: Some((cluster, name)) };
        let mut turns = Turns::default();
        turns.create(&bench, MAKERS, WARM_UP).await?;
        bench.sql("VACUUM ANALYZE")?;
        bench.sql("CHECKPOINT")?;
        let bytes = bench.sql("SELECT pg_size_pretty(pg_database_size(current_database()))")?;
        say(&format!("{payments} payments before: {}", bytes.trim()));
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
            let together = Together::of(&std::mem::take(&mut store.figures))?;
            let ratio = Hundredths::ratio(together.tail(), *first.get_or_insert(together.tail()));
            let (payments, columns) = (store.payments, together.columns());
            say(&format!("{scenario:<9} {connections:>5}  {payments:>10}  {columns}  {ratio}"));
        }
        Ok(())
    }
}
