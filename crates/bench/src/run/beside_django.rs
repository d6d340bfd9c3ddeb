//! The gateway in turn with what a shop could install in its place, on one server.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;

use super::together::Together;
use super::turn::{Figures, MAKERS, Turns, server_pid};
use super::{Bench, OfTills, Plan, SETTINGS, WARM_UP};
use crate::Trouble;
use crate::django::Django;
use crate::load::{self, Script};
use crate::process::cpu_with_children;
use crate::report::{each, per_second, say};
use crate::stub::Stub;

const PAYMENTS: &str = "SELECT id FROM django_midtrans_midtranspayment";

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
        peer.turn(OfTills::Create, MAKERS, WARM_UP).await?;
        for database in [ours, theirs] {
            cluster.run(database, "VACUUM ANALYZE")?;
        }
        say(&format!("scenario  conns  who      {}", Together::COLUMNS));
        for scenario in scenarios {
            for connections in &self.connections {
                let (mut ours, mut theirs) = (Vec::new(), Vec::new());
                for _ in 0..self.alternations {
                    ours.push(scenario.turn(&mut turns, &bench, *connections, self.length).await?);
                    theirs.push(peer.turn(scenario, *connections, self.length).await?);
                }
                for (who, figures) in [("gateway", ours), ("django", theirs)] {
                    let columns = Together::of(&figures)?.columns();
                    say(&format!("{scenario:<9} {connections:>5}  {who:<7}  {columns}"));
                }
            }
        }
        Ok(())
    }
}

impl Peer<'_> {
    async fn turn(&mut self, scenario: OfTills, connections: u32, length: Duration) -> Result<Figures, Trouble> {
        self.turns = self.turns.saturating_add(1);
        let (django, turn) = (Arc::clone(&self.django), self.turns);
        let script: Arc<Script> = match scenario {
            OfTills::Create => Arc::new(move |number| django.create(&format!("TRX-{turn}-{number}"))),
            OfTills::Status => {
                let listed = self.cluster.run(self.database, PAYMENTS)?;
                let ids: Vec<String> = listed.lines().map(str::to_owned).collect();
                let count = u64::try_from(ids.len())?.max(1);
                Arc::new(move |number| django.status(ids.get(usize::try_from(number.checked_rem(count)?).ok()?)?))
            }
        };
        let server = server_pid(self.cluster)?;
        let spent = || -> Result<(Duration, Duration), Trouble> {
            Ok((cpu_with_children(self.django.pid())?, cpu_with_children(server)?))
        };
        let (before, began) = (spent()?, Instant::now());
        let outcome = load::run(self.django.address, usize::try_from(connections)?, length, script).await?;
        let (after, took) = (spent()?, began.elapsed());
        let count = outcome.done.saturating_add(outcome.refused);
        Ok(Figures {
            per_second: per_second(outcome.done, took),
            refused: outcome.refused,
            latencies: outcome.latencies,
            gateway_cpu: each(after.0.saturating_sub(before.0), count),
            database_cpu: Some(each(after.1.saturating_sub(before.1), count)),
        })
    }
}
