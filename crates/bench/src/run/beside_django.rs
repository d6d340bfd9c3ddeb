//! The gateway in turn with what a shop could install in its place, on one server.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use mstore_pay_throwaway_postgres::Cluster;

use super::turn::{Turns, server_pid};
use super::{Bench, OfTills, Plan, SETTINGS, WARM_UP};
use crate::Trouble;
use crate::django::Django;
use crate::load::{self, Script, latencies};
use crate::process::cpu_with_children;
use crate::report::{Hundredths, each, median, per_second, percentiles, say};
use crate::stub::Stub;

const MAKERS: u32 = 16;
const PAYMENTS: &str = "SELECT id FROM django_midtrans_midtranspayment";

/// Figures of one side, a turn after the other.
struct Side {
    per_second: Vec<u64>,
    cpu: Vec<Hundredths>,
    database_cpu: Vec<Hundredths>,
    latencies: Histogram<u64>,
    refused: u64,
}

/// The peer, and what it is asked.
struct Peer<'a> {
    django: Arc<Django>,
    cluster: &'a Cluster,
    database: &'a str,
    turns: u64,
}

impl Plan {
    /// Measures creates and looks, in turn, over the same server and the same provider.
    pub(crate) async fn beside_django(&self, python: &Path) -> Result<(), Trouble> {
        let scenarios = self.of_tills()?;
        let folder = tempfile::tempdir()?;
        let cluster = Cluster::start(&SETTINGS);
        let stub = Stub::default();
        let provider = stub.start().await?;
        let (ours, theirs) = ("ours", "theirs");
        let mut recipe = self.recipe(folder.path(), Some(&cluster), ours, provider)?;
        recipe.has_workers = false;
        recipe.migrate()?;
        let bench = Bench { gateway: Arc::new(recipe.start()?), stub, database: Some((&cluster, ours.to_owned())) };
        let mut turns = Turns::default();
        turns.create(&bench, MAKERS, WARM_UP).await?;
        let shop = folder.path().join("shop");
        fs::create_dir(&shop)?;
        let django = Arc::new(Django::start(python, &shop, (&cluster, theirs), provider)?);
        let mut peer = Peer { django, cluster: &cluster, database: theirs, turns: 0 };
        peer.turn(OfTills::Create, MAKERS, WARM_UP, &mut Side::new()?).await?;
        for database in [ours, theirs] {
            cluster.run(database, "VACUUM ANALYZE")?;
        }
        say("scenario  conns  who      a second          p50/p95/p99 ms  CPU ms  database CPU ms  refused");
        for scenario in scenarios {
            for connections in &self.connections {
                let (mut us, mut them) = (Side::new()?, Side::new()?);
                for _ in 0..self.alternations {
                    let figures = scenario.turn(&mut turns, &bench, *connections, self.length).await?;
                    us.per_second.push(figures.per_second);
                    us.cpu.push(figures.gateway_cpu);
                    us.database_cpu.extend(figures.database_cpu);
                    us.latencies.add(&figures.latencies)?;
                    us.refused = us.refused.saturating_add(figures.refused);
                    peer.turn(scenario, *connections, self.length, &mut them).await?;
                }
                us.tell(scenario, *connections, "gateway");
                them.tell(scenario, *connections, "django");
            }
        }
        Ok(())
    }
}

impl Peer<'_> {
    async fn turn(
        &mut self,
        scenario: OfTills,
        connections: u32,
        length: Duration,
        side: &mut Side,
    ) -> Result<(), Trouble> {
        self.turns = self.turns.saturating_add(1);
        let (django, turn) = (Arc::clone(&self.django), self.turns);
        let script: Arc<Script> = if scenario == OfTills::Status {
            let listed = self.cluster.run(self.database, PAYMENTS)?;
            let ids: Vec<String> = listed.lines().map(str::to_owned).collect();
            let count = u64::try_from(ids.len())?.max(1);
            Arc::new(move |number| django.status(ids.get(usize::try_from(number.checked_rem(count)?).ok()?)?))
        } else {
            Arc::new(move |number| django.create(&format!("TRX-{turn}-{number}")))
        };
        let server = server_pid(self.cluster)?;
        let spent = || -> Result<(Duration, Duration), Trouble> {
            Ok((cpu_with_children(self.django.pid())?, cpu_with_children(server)?))
        };
        let (before, began) = (spent()?, Instant::now());
        let outcome = load::run(self.django.address, usize::try_from(connections)?, length, script).await?;
        let (after, took) = (spent()?, began.elapsed());
        let count = outcome.done.saturating_add(outcome.refused);
        side.per_second.push(per_second(outcome.done, took));
        side.cpu.push(each(after.0.saturating_sub(before.0), count));
        side.database_cpu.push(each(after.1.saturating_sub(before.1), count));
        side.latencies.add(&outcome.latencies)?;
        side.refused = side.refused.saturating_add(outcome.refused);
        Ok(())
    }
}

impl Side {
    fn new() -> Result<Self, Trouble> {
        let (per_second, cpu, database_cpu) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { per_second, cpu, database_cpu, latencies: latencies()?, refused: 0 })
    }

    fn tell(&self, scenario: OfTills, connections: u32, who: &str) {
        let shown =
            |figures: &[Hundredths]| median(figures).map_or_else(|| "-".to_owned(), |figure| figure.to_string());
        say(&format!(
            "{scenario:<9} {connections:>5}  {who:<7} {:>9}  {:>22}  {:>6}  {:>15}  {:>7}",
            median(&self.per_second).unwrap_or_default(),
            percentiles(&self.latencies),
            shown(&self.cpu),
            shown(&self.database_cpu),
            self.refused,
        ));
    }
}
