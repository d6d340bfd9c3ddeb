//! The gateway in turn with what a shop could install in its place, on one server.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::Cluster;

use super::together::Together;
use super::turn::{Figures, MAKERS, MAKING_TURNS_MAX, Turns, WEBHOOKS_MAX};
use super::{Bench, OfTills, Plan, SETTINGS, Scenario, WARM_UP};
use crate::Trouble;
use crate::django::Django;
use crate::load::{self, Script};
use crate::process::{cpu_with_children, server_pid};
use crate::report::{each, per_second, say};
use crate::stub::Stub;

const PAYMENTS: &str = "SELECT id FROM django_midtrans_midtranspayment";
const UNPAID_ORDERS: &str = "SELECT order_id FROM django_midtrans_midtranspayment WHERE transaction_status = 'pending'";
/// It answers well whatever it made of a webhook.
const NOT_SETTLED: &str = "SELECT count(*) FROM django_midtrans_midtransnotification WHERE status <> 'processed'";

/// What both can be asked. The peer settles a webhook before it answers, and takes the sender's word.
#[derive(Debug, Clone, Copy)]
enum Compared {
    OfTills(OfTills),
    Webhook,
}

/// The peer, and what it is asked.
struct Peer<'a> {
    django: Arc<Django>,
    cluster: &'a Cluster,
    database: &'a str,
    turns: u64,
}

impl Plan {
    /// Measures all that the peer can do, in turn, over the same server and the same provider.
    pub(crate) async fn beside_django(&self, python: &Path) -> Result<(), Trouble> {
        let scenarios: Vec<_> = self.scenarios.iter().filter_map(|scenario| Compared::of(*scenario)).collect();
        if scenarios.is_empty() {
            return Err("only `create`, `status` and `webhook` are measured so".into());
        }
        let folder = tempfile::tempdir()?;
        let cluster = Cluster::start(&SETTINGS);
        say(&format!("scenario  conns  who      {}", Together::COLUMNS));
        for scenario in scenarios {
            let folder = folder.path().join(scenario.to_string());
            fs::create_dir(&folder)?;
            self.beside(python, &folder, &cluster, scenario).await?;
        }
        Ok(())
    }

    /// Measures one thing, each on an empty database of its own.
    async fn beside(&self, python: &Path, folder: &Path, cluster: &Cluster, scenario: Compared) -> Result<(), Trouble> {
        let stub = Stub::default();
        let provider = stub.start().await?;
        let (ours, theirs) = (format!("{scenario}_ours"), format!("{scenario}_theirs"));
        let mut recipe = self.recipe(folder, Some(cluster), &ours, provider)?;
        recipe.has_workers = matches!(scenario, Compared::Webhook);
        recipe.migrate()?;
        let bench = Bench { gateway: Arc::new(recipe.start()?), stub, database: Some((cluster, ours.clone())) };
        let mut turns = Turns::default();
        turns.create(&bench, MAKERS, WARM_UP).await?;
        let django = Arc::new(Django::start(python, folder, (cluster, &theirs), provider)?);
        let mut peer = Peer { django, cluster, database: &theirs, turns: 0 };
        peer.turn(OfTills::Create, MAKERS, WARM_UP).await?;
        for database in [&ours, &theirs] {
            cluster.run(database, "VACUUM ANALYZE")?;
        }
        for connections in &self.connections {
            let (mut ours, mut theirs) = (Vec::new(), Vec::new());
            for _ in 0..self.alternations {
                let (connections, length) = (*connections, self.length);
                match scenario {
                    Compared::OfTills(scenario) => {
                        ours.push(scenario.turn(&mut turns, &bench, connections, length).await?);
                        theirs.push(peer.turn(scenario, connections, length).await?);
                    }
                    Compared::Webhook => {
                        ours.push(turns.webhook(&bench, connections, length).await?);
                        theirs.push(peer.webhook(connections, length).await?);
                    }
                }
            }
            for (who, figures) in [("gateway", ours), ("django", theirs)] {
                let columns = Together::of(&figures)?.columns();
                say(&format!("{scenario:<9} {connections:>5}  {who:<7}  {columns}"));
            }
        }
        Ok(())
    }
}

impl Compared {
    const fn of(scenario: Scenario) -> Option<Self> {
        match scenario {
            Scenario::Create => Some(Self::OfTills(OfTills::Create)),
            Scenario::Status => Some(Self::OfTills(OfTills::Status)),
            Scenario::Webhook => Some(Self::Webhook),
            Scenario::Accept => None,
        }
    }
}

impl fmt::Display for Compared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OfTills(scenario) => scenario.fmt(f),
            Self::Webhook => Scenario::Webhook.fmt(f),
        }
    }
}

impl Peer<'_> {
    async fn turn(&mut self, scenario: OfTills, connections: u32, length: Duration) -> Result<Figures, Trouble> {
        self.turns = self.turns.saturating_add(1);
        let (django, turn) = (Arc::clone(&self.django), self.turns);
        let script: Arc<Script> = match scenario {
            OfTills::Create => Arc::new(move |number| Some(django.create(&format!("TRX-{turn}-{number}")))),
            OfTills::Status => {
                let listed = self.cluster.run(self.database, PAYMENTS)?;
                let ids: Vec<String> = listed.lines().map(str::to_owned).collect();
                let count = u64::try_from(ids.len())?.max(1);
                Arc::new(move |number| Some(django.status(ids.get(usize::try_from(number.checked_rem(count)?).ok()?)?)))
            }
        };
        self.measured(connections, length, script).await
    }

    /// Money on orders that were made for it is told of, on each once.
    async fn webhook(&mut self, connections: u32, length: Duration) -> Result<Figures, Trouble> {
        let (began, made_within) = (Instant::now(), length.saturating_mul(MAKING_TURNS_MAX));
        let orders = loop {
            let listed = self.cluster.run(self.database, UNPAID_ORDERS)?;
            let orders: Vec<String> = listed.lines().map(str::to_owned).collect();
            if orders.len() >= WEBHOOKS_MAX || began.elapsed() >= made_within {
                break orders;
            }
            self.turn(OfTills::Create, MAKERS, Duration::from_secs(1)).await?;
        };
        let django = Arc::clone(&self.django);
        let script = move |number: u64| Some(django.tell(orders.get(usize::try_from(number).ok()?)?));
        let figures = self.measured(connections, length, Arc::new(script)).await?;
        match self.cluster.run(self.database, NOT_SETTLED)?.trim() {
            "0" => Ok(figures),
            count => Err(format!("the peer did not settle {count} webhooks").into()),
        }
    }

    async fn measured(&self, connections: u32, length: Duration, script: Arc<Script>) -> Result<Figures, Trouble> {
        let server = server_pid(self.cluster)?;
        let spent = || -> Result<(Duration, Duration), Trouble> {
            Ok((cpu_with_children(self.django.pid())?, cpu_with_children(server)?))
        };
        let before = spent()?;
        let outcome = load::run(self.django.address, usize::try_from(connections)?, length, script).await?;
        let after = spent()?;
        let count = outcome.done.saturating_add(outcome.refused);
        Ok(Figures {
            per_second: per_second(outcome.done, outcome.elapsed),
            refused: outcome.refused,
            latencies: outcome.latencies,
            gateway_cpu: each(after.0.saturating_sub(before.0), count),
            database_cpu: Some(each(after.1.saturating_sub(before.1), count)),
        })
    }
}
