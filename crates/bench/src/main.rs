#![doc = include_str!("../README.md")]
#![expect(clippy::disallowed_methods, reason = "what is measured here is this machine's time")]

mod django;
mod gateway;
mod load;
mod peer;
mod process;
mod report;
mod run;
mod stub;

use std::error::Error;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use crate::run::Plan;

/// Whatever stops a measurement.
type Trouble = Box<dyn Error + Send + Sync>;

/// Measures the gateway beside the database alone, both in turn, and prints medians.
#[derive(Debug, Parser)]
struct Arguments {
    /// The gateway; without it, the one beside this program.
    #[arg(long)]
    binary: Option<PathBuf>,
    /// What is measured: `create`, `status`, `accept`, `webhook`.
    #[arg(long, value_delimiter = ',', default_value = "create,status,accept,webhook")]
    scenarios: Vec<run::Scenario>,
    /// On which store: `postgres`, `sqlite`.
    #[arg(long, value_delimiter = ',', default_value = "postgres,sqlite")]
    stores: Vec<run::Store>,
    /// Connections that ask at once.
    #[arg(long, value_delimiter = ',', default_value = "1,16,64")]
    connections: Vec<u32>,
    /// Times that the gateway and the database alone take turns.
    #[arg(long, default_value_t = 5)]
    alternations: u32,
    /// Seconds of each turn.
    #[arg(long, default_value_t = 3)]
    seconds: u64,
    /// Creates and looks alone, over stores where so many payments were made before, all in turn.
    #[arg(long, value_delimiter = ',', conflicts_with_all = ["statements", "django"])]
    payments: Vec<u64>,
    /// All but `accept`, on PostgreSQL, in turn with django-payment-midtrans, by that Python, which has what
    /// `django/requirements.txt` names.
    #[arg(long, conflicts_with_all = ["stores", "statements"])]
    django: Option<PathBuf>,
    /// Say what PostgreSQL spent its time on as well, as `pg_stat_statements` counted it, which costs something.
    #[arg(long)]
    statements: bool,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let done = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Trouble::from);
    match done.and_then(|runtime| runtime.block_on(until_ended(measure(arguments)))) {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            report::say(&format!("could not measure: {trouble}"));
            ExitCode::FAILURE
        }
    }
}

/// Does it unless this process is told to end: then what it started ends as well.
async fn until_ended(done: impl Future<Output = Result<(), Trouble>>) -> Result<(), Trouble> {
    let mut terminated = signal(SignalKind::terminate())?;
    tokio::select! {
        done = done => done,
        _ = terminated.recv() => Err("it was told to end".into()),
        _ = tokio::signal::ctrl_c() => Err("it was interrupted".into()),
    }
}

async fn measure(arguments: Arguments) -> Result<(), Trouble> {
    let plan = Plan {
        binary: arguments.binary.map_or_else(gateway::beside_us, Ok)?.canonicalize()?,
        scenarios: arguments.scenarios,
        connections: arguments.connections,
        alternations: arguments.alternations,
        length: Duration::from_secs(arguments.seconds),
        statements: arguments.statements,
    };
    if let Some(python) = arguments.django {
        return plan.beside_django(&python).await;
    }
    for store in arguments.stores {
        if arguments.payments.is_empty() {
            plan.measure(store).await?;
        } else {
            plan.growth(store, &arguments.payments).await?;
        }
    }
    Ok(())
}
