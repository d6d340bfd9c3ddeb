//! Whether what a shop sold over the years makes its next sale slower.

use std::path::Path;
use std::sync::Arc;

use hdrhistogram::Histogram;
use mstore_pay_throwaway_postgres::Cluster;

use super::turn::{Figures, Turns};
use super::{Bench, OfTills, Plan, SETTINGS, WARM_UP};
use crate::Trouble;
use crate::load::latencies;
use crate::report::{Hundredths, median, percentiles, say};
use crate::stub::Stub;

/// Paid payments, as many as it is told in place of the word.
const PAYMENTS: &str = include_str!("../../growth/payments.sql");
const COUNT: &str = ":payments";
const TAIL: f64 = 0.99;

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
        say("scenario  conns    payments  gateway/s          p50/p95/p99 ms  p99 to the first  gateway CPU ms  \
             database CPU ms  refused");
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
        turns.create(&bench, 16, WARM_UP).await?;
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
            let figures = std::mem::take(&mut store.figures);
            let all = together(&figures)?;
            let tail = all.value_at_quantile(TAIL);
            let ratio = Hundredths::ratio(tail, *first.get_or_insert(tail));
            tell((scenario, connections, store.payments), &figures, &all, ratio);
        }
        Ok(())
    }
}

/// The latencies of all turns.
fn together(figures: &[Figures]) -> Result<Histogram<u64>, Trouble> {
    let mut all = latencies()?;
    for turn in figures {
        all.add(&turn.latencies)?;
    }
    Ok(all)
}

fn tell(
    (scenario, connections, payments): (OfTills, u32, u64),
    figures: &[Figures],
    all: &Histogram<u64>,
    ratio: Hundredths,
) {
    let of = |figure: fn(&Figures) -> Option<Hundredths>| {
        median(&figures.iter().filter_map(figure).collect::<Vec<_>>())
            .map_or_else(|| "-".to_owned(), |it| it.to_string())
    };
    let rate = median(&figures.iter().map(|turn| turn.per_second).collect::<Vec<_>>()).unwrap_or_default();
    let refused: u64 = figures.iter().map(|turn| turn.refused).sum();
    let (gateway, database) = (of(|turn| Some(turn.gateway_cpu)), of(|turn| turn.database_cpu));
    say(&format!(
        "{scenario:<9} {connections:>5}  {payments:>10}  {rate:>9}  {:>22}  {:>16}  {gateway:>14}  {database:>15}  {refused:>7}",
        percentiles(all),
        ratio.to_string(),
    ));
}
