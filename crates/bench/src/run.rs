//! What is measured, and in which order.

mod memory;
mod turn;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::ValueEnum;
use mstore_pay_throwaway_postgres::Cluster;

use self::turn::{Figures, Turns};
use crate::Trouble;
use crate::gateway::{Gateway, Recipe};
use crate::peer::Peer;
use crate::report::{Hundredths, median, percentiles, say};
use crate::stub::Stub;

/// What a deployment has: every commit is on the disk when it returns. Sized for this comparison, not for a shop.
const SETTINGS: [(&str, &str); 5] = [
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("shared_buffers", "1GB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "30min"),
];
const OURS: &str = "gateway";
const PEERS: &str = "peer";
/// Before anything is measured, so that nobody pays for what is cold.
const WARM_UP: Duration = Duration::from_secs(2);

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// A payment is asked for, with an idempotency key.
    Create,
    /// A till looks how a payment stands.
    Status,
    /// A provider tells of money, and it is settled.
    Webhook,
}

/// Where the gateway keeps its payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Store {
    /// Beside `pgbench` on the same server.
    Postgres,
    /// By itself.
    Sqlite,
}

/// What is to be done.
pub(crate) struct Plan {
    pub(crate) binary: PathBuf,
    pub(crate) scenarios: Vec<Scenario>,
    pub(crate) connections: Vec<u32>,
    pub(crate) alternations: u32,
    pub(crate) length: Duration,
}

/// The gateway under measurement, with what stands around it.
pub(crate) struct Bench<'a> {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) stub: Stub,
    pub(crate) cluster: Option<&'a Cluster>,
}

impl Plan {
    /// Measures everything on one store.
    pub(crate) async fn measure(&self, store: Store) -> Result<(), Trouble> {
        let folder = tempfile::tempdir()?;
        match store {
            Store::Sqlite => {
                let url = format!("sqlite://{}/pay.db", folder.path().display());
                say("== SQLite, the gateway alone");
                self.on(folder.path(), url, None).await
            }
            Store::Postgres => {
                let cluster = Cluster::start(&SETTINGS);
                for database in [OURS, PEERS] {
                    cluster.run("postgres", &format!("CREATE DATABASE {database}"))?;
                }
                say("== PostgreSQL, the gateway and pgbench in turn");
                self.on(folder.path(), cluster.url(OURS), Some(&cluster)).await
            }
        }
    }

    async fn on(&self, folder: &Path, database_url: String, cluster: Option<&Cluster>) -> Result<(), Trouble> {
        let stub = Stub::default();
        let provider = stub.start().await?;
        let recipe =
            |database_url| Recipe { binary: self.binary.clone(), database_url, provider, folder: folder.to_owned() };
        let ours = recipe(database_url);
        ours.migrate()?;
        let mut peer = match cluster {
            None => None,
            Some(cluster) => {
                recipe(cluster.url(PEERS)).migrate()?;
                let peer = Peer::new(cluster, PEERS, folder)?;
                peer.fill()?;
                Some(peer)
            }
        };
        memory::start_ups(&ours)?;
        let bench = Bench { gateway: Arc::new(ours.start()?), stub, cluster };
        memory::idle(&bench)?;
        let mut turns = Turns::default();
        turns.create(&bench, 16, WARM_UP).await?;
        say("scenario  conns  gateway/s  database/s  ratio  gateway p50/p95/p99 ms  database p50/p95/p99 ms  \
             gateway CPU ms  database CPU ms  refused");
        for scenario in &self.scenarios {
            for connections in &self.connections {
                self.compare(&bench, &mut turns, peer.as_mut(), *scenario, *connections).await?;
            }
        }
        memory::loaded(&bench)
    }

    async fn compare(
        &self,
        bench: &Bench<'_>,
        turns: &mut Turns,
        mut peer: Option<&mut Peer<'_>>,
        scenario: Scenario,
        connections: u32,
    ) -> Result<(), Trouble> {
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..self.alternations {
            ours.extend(match scenario {
                Scenario::Create => vec![turns.create(bench, connections, self.length).await?],
                Scenario::Status => vec![turns.status(bench, connections, self.length).await?],
                Scenario::Webhook => turns.webhook(bench, connections, self.length).await?,
            });
            if let Some(peer) = peer.as_deref_mut() {
                for script in scenario.scripts() {
                    theirs.push((*script, peer.run(script, connections, self.length)?));
                }
            }
        }
        for script in scenario.scripts() {
            let ours: Vec<&Figures> = ours.iter().filter(|figures| figures.of == *script).collect();
            let theirs: Vec<_> = theirs.iter().filter(|(of, _)| of == script).map(|(_, alone)| alone).collect();
            let rates: Vec<u64> = ours.iter().map(|figures| figures.per_second).collect();
            let alone: Vec<u64> = theirs.iter().map(|alone| alone.per_second).collect();
            let ratios: Vec<Hundredths> =
                rates.iter().zip(&alone).map(|(ours, theirs)| Hundredths::ratio(*ours, *theirs)).collect();
            let shown = |figure: Option<Hundredths>| figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string());
            let gateway_cpu = median(&ours.iter().map(|figures| figures.gateway_cpu).collect::<Vec<_>>());
            let database_cpu = median(&ours.iter().filter_map(|figures| figures.database_cpu).collect::<Vec<_>>());
            // Latencies of the last turn: a median of percentiles is no percentile.
            let latencies = ours.last().map(|figures| percentiles(&figures.latencies)).unwrap_or_default();
            let alone_latencies = theirs.last().map_or_else(|| "-".to_owned(), |alone| percentiles(&alone.latencies));
            let refused: u64 = ours.iter().map(|figures| figures.refused).sum();
            say(&format!(
                "{script:<9} {connections:>5}  {:>9}  {:>10}  {:>5}  {latencies:>22}  {alone_latencies:>23}  {:>14}  \
                 {:>15}  {refused:>7}",
                median(&rates).unwrap_or_default(),
                median(&alone).map_or_else(|| "-".to_owned(), |alone| alone.to_string()),
                shown(median(&ratios)),
                shown(gateway_cpu),
                shown(database_cpu),
            ));
        }
        Ok(())
    }
}

impl Bench<'_> {
    /// Whether so many deliveries, those of all turns, are settled. On SQLite, whose file is the gateway's own, whether
    /// the provider was asked about each, which comes just before.
    pub(crate) fn is_settled(&self, told: usize) -> Result<bool, Trouble> {
        let Some(cluster) = self.cluster else { return Ok(self.stub.asked_about() >= told) };
        Ok(cluster.run(OURS, "SELECT count(*) FROM webhook_inbox WHERE state = 'open'")?.trim() == "0")
    }
}

impl Scenario {
    /// What the figures of a scenario are of, by the script that does the same.
    const fn scripts(self) -> &'static [&'static str] {
        match self {
            Self::Create => &["create"],
            Self::Status => &["status"],
            Self::Webhook => &["accept", "webhook"],
        }
    }
}
