//! One turn of the gateway's.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use uuid::Uuid;

use super::Bench;
use crate::Trouble;
use crate::load::{self, Outcome, Script};
use crate::process;
use crate::report::{Hundredths, each, per_second};

/// Payments that a turn of webhooks pays at the most; made beforehand.
pub(super) const WEBHOOKS_MAX: usize = 4_000;
pub(super) const MAKERS: u32 = 16;
/// Of the length of a turn, what making them may take.
pub(super) const MAKING_TURNS_MAX: u32 = 3;

const TAIL: f64 = 0.99;

/// What a turn came to.
pub(crate) struct Figures {
    pub(crate) per_second: u64,
    pub(crate) refused: u64,
    pub(crate) latencies: Histogram<u64>,
    /// Milliseconds of CPU for each request.
    pub(crate) gateway_cpu: Hundredths,
    /// The same of the server and its sessions.
    pub(crate) database_cpu: Option<Hundredths>,
}

impl Figures {
    /// Microseconds that 99 of 100 answers took at the most.
    pub(super) fn tail(&self) -> u64 {
        self.latencies.value_at_quantile(TAIL)
    }
}

/// What turns leave for those after them.
#[derive(Default)]
pub(crate) struct Turns {
    count: u64,
    /// Of the charges that the stub knows, the first that no webhook told of.
    untold: usize,
    /// Webhooks that were taken in.
    told: usize,
}

/// What was spent until a moment.
struct Spent {
    gateway: Duration,
    database: Option<Duration>,
    at: Instant,
}

impl Spent {
    fn now(bench: &Bench<'_>) -> Result<Self, Trouble> {
        let database = match &bench.database {
            Some((cluster, _)) => Some(process::cpu_with_children(process::server_pid(cluster)?)?),
            None => None,
        };
        Ok(Self { gateway: process::cpu(bench.gateway.pid())?, database, at: Instant::now() })
    }

    fn since(self, bench: &Bench<'_>, outcome: Outcome) -> Result<Figures, Trouble> {
        let now = Self::now(bench)?;
        let count = outcome.done.saturating_add(outcome.refused);
        let database = now.database.zip(self.database).map(|(now, then)| each(now.saturating_sub(then), count));
        Ok(Figures {
            per_second: per_second(outcome.done, outcome.elapsed),
            refused: outcome.refused,
            latencies: outcome.latencies,
            gateway_cpu: each(now.gateway.saturating_sub(self.gateway), count),
            database_cpu: database,
        })
    }
}

impl Turns {
    /// Payments are asked for, each for an order of its own.
    pub(crate) async fn create(
        &mut self,
        bench: &Bench<'_>,
        connections: u32,
        length: Duration,
    ) -> Result<Figures, Trouble> {
        self.count = self.count.saturating_add(1);
        let turn = self.count;
        let gateway = Arc::clone(&bench.gateway);
        let script = move |number: u64| Some(gateway.create(&format!("TRX-{turn}-{number}")));
        measured(bench, connections, length, Arc::new(script)).await
    }

    /// Tills look at payments that wait for their money, at each in turn.
    pub(crate) async fn status(
        &mut self,
        bench: &Bench<'_>,
        connections: u32,
        length: Duration,
    ) -> Result<Figures, Trouble> {
        let (gateway, stub, count) = (Arc::clone(&bench.gateway), bench.stub.clone(), bench.stub.count().max(1));
        let script = move |number: u64| {
            let place = usize::try_from(number).ok()?.checked_rem(count)?;
            Some(gateway.status(&stub.charge(place)?))
        };
        measured(bench, connections, length, Arc::new(script)).await
    }

    /// Webhooks come in that nobody settles: of whatever they tell, which nobody looks up.
    pub(crate) async fn accept(
        &mut self,
        bench: &Bench<'_>,
        connections: u32,
        length: Duration,
    ) -> Result<Figures, Trouble> {
        self.count = self.count.saturating_add(1);
        let (turn, gateway, stub) = (self.count, Arc::clone(&bench.gateway), bench.stub.clone());
        let told = stub.charge(0).ok_or("nothing was sold")?;
        // Made out once: what the provider pays for its webhooks is not what is measured.
        let (webhook, named) = (stub.pay(&told), told.id.to_string());
        let script = move |number: u64| {
            Some(gateway.tell(&webhook.replace(&named, &Uuid::from_u64_pair(turn, number).to_string())))
        };
        measured(bench, connections, length, Arc::new(script)).await
    }

    /// Money is told of while what was told is being settled; then the rest is waited for.
    pub(crate) async fn webhook(
        &mut self,
        bench: &Bench<'_>,
        connections: u32,
        length: Duration,
    ) -> Result<Figures, Trouble> {
        let made_within = length.saturating_mul(MAKING_TURNS_MAX);
        let began = Instant::now();
        while bench.stub.count().saturating_sub(self.untold) < WEBHOOKS_MAX && began.elapsed() < made_within {
            self.create(bench, MAKERS, Duration::from_secs(1)).await?;
        }
        let first = self.untold;
        let (gateway, stub) = (Arc::clone(&bench.gateway), bench.stub.clone());
        let end = first.saturating_add(WEBHOOKS_MAX).min(bench.stub.count());
        let script = move |number: u64| {
            let place = first.saturating_add(usize::try_from(number).ok()?);
            if place >= end { None } else { Some(gateway.tell(&stub.pay(&stub.charge(place)?))) }
        };
        self.untold = end;
        let spent = Spent::now(bench)?;
        let outcome = load::run(address(bench), count(connections), length, Arc::new(script)).await?;
        self.told = self.told.saturating_add(usize::try_from(outcome.done)?);
        bench.await_settled(self.told).await?;
        let outcome = Outcome { elapsed: spent.at.elapsed(), ..outcome };
        spent.since(bench, outcome)
    }
}

async fn measured(
    bench: &Bench<'_>,
    connections: u32,
    length: Duration,
    script: Arc<Script>,
) -> Result<Figures, Trouble> {
    let spent = Spent::now(bench)?;
    let outcome = load::run(address(bench), count(connections), length, script).await?;
    spent.since(bench, outcome)
}

fn address(bench: &Bench<'_>) -> SocketAddr {
    bench.gateway.address
}

fn count(connections: u32) -> usize {
    usize::try_from(connections).unwrap_or(usize::MAX)
}
