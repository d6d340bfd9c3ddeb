//! What is measured, and in which order.

mod beside_django;
mod by_hand;
mod growth;
mod memory;
mod together;
mod turn;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clap::ValueEnum;
use mstore_pay_throwaway_postgres::Cluster;

use self::turn::{Figures, Turns};
use crate::Trouble;
use crate::gateway::{Gateway, Recipe};
use crate::peer::{Alone, Peer};
use crate::report::{Hundredths, median, percentiles, say, shown};
use crate::stub::Stub;

/// What a deployment has: every commit is on the disk when it returns. Sized for this comparison, not for a shop.
const SETTINGS: [(&str, &str); 5] = [
    ("fsync", "on"),
    ("full_page_writes", "on"),
    ("shared_buffers", "1GB"),
    ("max_wal_size", "8GB"),
    ("checkpoint_timeout", "30min"),
];
/// What counts statements, where that is asked for.
const COUNTED: (&str, &str) = ("shared_preload_libraries", "pg_stat_statements");
/// Those that cost most, of one database since the last reset.
const DEAREST: &str = "SELECT calls || ' x ' || round(mean_exec_time::numeric, 3) || ' ms: ' \
    || left(regexp_replace(query, '\\s+', ' ', 'g'), 160) FROM pg_stat_statements \
    WHERE dbid = (SELECT oid FROM pg_database WHERE datname = current_database()) ORDER BY total_exec_time DESC LIMIT 24";
/// Longest that what was taken in may take to be settled.
const SETTLED_WITHIN: Duration = Duration::from_mins(2);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(20);
/// In one session, since each new one would cost the server as much as a webhook; with the same times. By index, since by the
/// server's own choice each look reads the whole inbox while little is in it, which counts as the gateway's.
const AWAIT_SETTLED: &str = "DO $$ DECLARE latest timestamptz := now() + interval '2 min'; \
    BEGIN PERFORM set_config('enable_seqscan', 'off', false); WHILE EXISTS (SELECT FROM webhook_inbox WHERE state = 'open') LOOP \
    IF clock_timestamp() > latest THEN RAISE EXCEPTION 'webhooks were not settled in time'; END IF; \
    COMMIT; PERFORM pg_sleep(0.02); END LOOP; END $$";
/// Before anything is measured, so that nobody pays for what is cold.
const WARM_UP: Duration = Duration::from_secs(2);

/// A kind of request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Scenario {
    /// A payment is asked for, with an idempotency key.
    Create,
    /// A till looks how a payment stands.
    Status,
    /// A provider tells of money, and it is taken in.
    Accept,
    /// A provider tells of money, and it is settled.
    Webhook,
}

/// What tills ask most: it can be asked over a store of any size, and of whoever else takes payments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OfTills {
    Create,
    Status,
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
    /// Whether to say what PostgreSQL spent its time on.
    pub(crate) statements: bool,
}

/// The gateway under measurement, with what stands around it.
pub(crate) struct Bench<'a> {
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) stub: Stub,
    /// The server, and the gateway's database there.
    pub(crate) database: Option<(&'a Cluster, String)>,
}

impl Plan {
    /// Measures everything on one store, each scenario on an empty one.
    pub(crate) async fn measure(&self, store: Store) -> Result<(), Trouble> {
        let folder = tempfile::tempdir()?;
        let cluster = match store {
            Store::Sqlite => None,
            Store::Postgres if self.statements => Some(Cluster::start(&[&SETTINGS[..], &[COUNTED]].concat())),
            Store::Postgres => Some(Cluster::start(&SETTINGS)),
        };
        let who = if cluster.is_some() { "the gateway and pgbench in turn" } else { "the gateway alone" };
        say(&format!("== {store}, {who}"));
        self.at_rest(folder.path(), cluster.as_ref()).await?;
        say("scenario  conns  gateway/s  database/s  ratio  gateway p50/p95/p99 ms  database p50/p95/p99 ms  \
             gateway CPU ms  database CPU ms  database alone CPU ms  refused");
        for scenario in &self.scenarios {
            self.on(folder.path(), cluster.as_ref(), *scenario).await?;
        }
        Ok(())
    }

    /// Of what is to be measured, that which tills ask.
    fn of_tills(&self) -> Result<Vec<OfTills>, Trouble> {
        let named = |scenario: &Scenario| match scenario {
            Scenario::Create => Some(OfTills::Create),
            Scenario::Status => Some(OfTills::Status),
            Scenario::Accept | Scenario::Webhook => None,
        };
        let found: Vec<_> = self.scenarios.iter().filter_map(named).collect();
        if found.is_empty() { Err("only `create` and `status` are measured so".into()) } else { Ok(found) }
    }

    /// What it costs before anybody asks.
    async fn at_rest(&self, folder: &Path, cluster: Option<&Cluster>) -> Result<(), Trouble> {
        let stub = Stub::default();
        let recipe = self.recipe(folder, cluster, "at_rest", stub.start().await?)?;
        recipe.migrate()?;
        memory::start_ups(&recipe)?;
        memory::tell(&recipe.start()?, "idle")
    }

    async fn on(&self, folder: &Path, cluster: Option<&Cluster>, scenario: Scenario) -> Result<(), Trouble> {
        let stub = Stub::default();
        let provider = stub.start().await?;
        let ours = format!("{scenario}_by_us");
        let mut recipe = self.recipe(folder, cluster, &ours, provider)?;
        recipe.has_workers = scenario == Scenario::Webhook;
        recipe.migrate()?;
        let theirs = format!("{scenario}_by_hand");
        let mut peer = match cluster {
            None => None,
            Some(cluster) => {
                self.recipe(folder, Some(cluster), &theirs, provider)?.migrate()?;
                let peer = Peer::new(cluster, &theirs, folder)?;
                peer.fill()?;
                Some(peer)
            }
        };
        let gateway = Arc::new(recipe.start()?);
        let bench = Bench { gateway, stub, database: cluster.map(|cluster| (cluster, ours.clone())) };
        let mut turns = Turns::default();
        turns.create(&bench, 16, WARM_UP).await?;
        // As the peer's: the server has not come by yet to count what is there.
        bench.sql("VACUUM ANALYZE")?;
        if self.statements {
            bench.sql("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")?;
        }
        for connections in &self.connections {
            bench.sql(if self.statements { "SELECT pg_stat_statements_reset()" } else { "" })?;
            self.compare(&bench, &mut turns, peer.as_mut(), scenario, *connections).await?;
            say(&bench.sql(if self.statements { DEAREST } else { "" })?);
        }
        if let Some(peer) = peer.as_mut().filter(|_| scenario == Scenario::Create) {
            self.by_hand_together(peer)?;
        }
        memory::tell(&bench.gateway, &format!("after {scenario}"))?;
        drop(bench);
        let Some(cluster) = cluster else { return Ok(()) };
        // The server would vacuum them while what comes next is measured.
        for left in [ours, theirs] {
            cluster.run("postgres", &format!("DROP DATABASE {left} WITH (FORCE)"))?;
        }
        Ok(())
    }

    /// How the gateway is run over a store of that name, which is made.
    fn recipe(
        &self,
        folder: &Path,
        cluster: Option<&Cluster>,
        name: &str,
        provider: SocketAddr,
    ) -> Result<Recipe, Trouble> {
        let database_url = match cluster {
            None => format!("sqlite://{}/{name}.db", folder.display()),
            Some(cluster) => {
                cluster.run("postgres", &format!("CREATE DATABASE {name}"))?;
                cluster.url(name)
            }
        };
        let (binary, folder) = (self.binary.clone(), folder.to_owned());
        Ok(Recipe { binary, database_url, provider, folder, has_workers: true })
    }

    async fn compare(
        &self,
        bench: &Bench<'_>,
        turns: &mut Turns,
        mut peer: Option<&mut Peer<'_>>,
        scenario: Scenario,
        connections: u32,
    ) -> Result<(), Trouble> {
        let (mut ours, mut theirs): (Vec<Figures>, Vec<Alone>) = (Vec::new(), Vec::new());
        for _ in 0..self.alternations {
            ours.push(match scenario {
                Scenario::Create => turns.create(bench, connections, self.length).await?,
                Scenario::Status => turns.status(bench, connections, self.length).await?,
                Scenario::Accept => turns.accept(bench, connections, self.length).await?,
                Scenario::Webhook => turns.webhook(bench, connections, self.length).await?,
            });
            if let Some(peer) = peer.as_deref_mut() {
                theirs.push(peer.run(scenario.script(), connections, self.length)?);
            }
        }
        let rates: Vec<u64> = ours.iter().map(|figures| figures.per_second).collect();
        let alone: Vec<u64> = theirs.iter().map(|alone| alone.per_second).collect();
        let ratios: Vec<Hundredths> =
            rates.iter().zip(&alone).map(|(ours, theirs)| Hundredths::ratio(*ours, *theirs)).collect();
        let gateway_cpu = median(&ours.iter().map(|figures| figures.gateway_cpu).collect::<Vec<_>>());
        let database_cpu = median(&ours.iter().filter_map(|figures| figures.database_cpu).collect::<Vec<_>>());
        let alone_cpu = median(&theirs.iter().map(|alone| alone.cpu).collect::<Vec<_>>());
        // Latencies of the last turn: a median of percentiles is no percentile.
        let latencies = ours.last().map(|figures| percentiles(&figures.latencies)).unwrap_or_default();
        let alone_latencies = theirs.last().map_or_else(|| "-".to_owned(), |alone| percentiles(&alone.latencies));
        let refused: u64 = ours.iter().map(|figures| figures.refused).sum();
        say(&format!(
            "{:<9} {connections:>5}  {:>9}  {:>10}  {:>5}  {latencies:>22}  {alone_latencies:>23}  {:>14}  {:>15}  \
             {:>21}  {refused:>7}",
            scenario.script(),
            median(&rates).unwrap_or_default(),
            median(&alone).map_or_else(|| "-".to_owned(), |alone| alone.to_string()),
            shown(median(&ratios)),
            shown(gateway_cpu),
            shown(database_cpu),
            shown(alone_cpu),
        ));
        Ok(())
    }
}

impl Bench<'_> {
    /// Ends when so many deliveries, those of all turns, are settled. On SQLite, whose file is the gateway's own, when the
    /// provider was asked about each, which comes just before.
    pub(crate) async fn await_settled(&self, told: usize) -> Result<(), Trouble> {
        if self.database.is_some() {
            return self.sql(AWAIT_SETTLED).map(drop);
        }
        let began = Instant::now();
        while self.stub.asked_about() < told {
            if began.elapsed() > SETTLED_WITHIN {
                return Err("webhooks were not settled in time".into());
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER).await;
        }
        Ok(())
    }

    /// What the gateway's database says, where it can be asked.
    fn sql(&self, statement: &str) -> Result<String, Trouble> {
        let Some((cluster, name)) = self.database.as_ref().filter(|_| !statement.is_empty()) else {
            return Ok(String::new());
        };
        Ok(cluster.run(name, statement)?)
    }
}

impl Scenario {
    /// The script of `pgbench` that does the same.
    const fn script(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Status => "status",
            Self::Accept => "accept",
            Self::Webhook => "webhook",
        }
    }
}

impl OfTills {
    /// A turn of the gateway's.
    async fn turn(
        self,
        turns: &mut Turns,
        bench: &Bench<'_>,
        connections: u32,
        length: Duration,
    ) -> Result<Figures, Trouble> {
        match self {
            Self::Create => turns.create(bench, connections, length).await,
            Self::Status => turns.status(bench, connections, length).await,
        }
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Postgres => "PostgreSQL",
            Self::Sqlite => "SQLite",
        })
    }
}

impl fmt::Display for OfTills {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Create => "create",
            Self::Status => "status",
        })
    }
}

impl fmt::Display for Scenario {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.script())
    }
}
