//! The command line.

mod account;
mod audit;
mod backup;
mod doctor;
mod endpoint;
mod exceptions;
mod memory;
mod migrate;
mod reason;
mod reconcile;
mod sandbox;
mod serve;
mod since;
#[cfg(all(feature = "sqlite", feature = "postgres"))]
mod store;
mod token;
mod webhooks;

use std::error::Error;
use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::{Config, LogFormat, Settings};
use crate::observed::causes;
use crate::telemetry;

/// A payment gateway for tills in Indonesia. Without a command: `serve`.
#[derive(Debug, Parser)]
// The last of a repeated flag wins, so that scripts can append to a given command line.
#[command(name = "mstore-pay", version, about, args_conflicts_with_subcommands = true, args_override_self = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    serve: serve::ServeArgs,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve tills, customers and providers.
    Serve(Box<serve::ServeArgs>),
    /// Play the providers, for development and tests.
    Sandbox(Box<mstore_pay_sandbox::SandboxArgs>),
    /// Make the store, or bring it up to date.
    Migrate(Box<Settings>),
    /// Print a token signed with the secret in force.
    Token(Box<token::TokenArgs>),
    /// Look whether the configuration, the store and the provider are in order.
    Doctor(Box<Settings>),
    /// Accounts of merchants' own at providers.
    Account(Box<account::AccountArgs>),
    /// Endpoints of merchants' back ends, which hear of events.
    Endpoint(Box<endpoint::EndpointArgs>),
    /// Webhooks that were taken in.
    Webhooks(Box<webhooks::WebhooksArgs>),
    /// Hold what the providers know against what is on record: money that was missed is recorded, and money of which
    /// nothing is on record is put before a person. Doing it twice has one effect. A store of SQLite must not be open
    /// elsewhere.
    Reconcile(Box<reconcile::ReconcileArgs>),
    /// The audit trail.
    Audit(Box<audit::AuditArgs>),
    /// Copy the store to a file, while gateways go on working.
    Backup(Box<backup::BackupArgs>),
    /// Stores.
    #[cfg(all(feature = "sqlite", feature = "postgres"))]
    Store(Box<store::StoreArgs>),
    /// Money that waits for a person.
    Exceptions(Box<exceptions::ExceptionsArgs>),
}

type CliError = Box<dyn Error + Send + Sync>;

/// Runs the command that the process was started with.
#[must_use]
pub fn run() -> ExitCode {
    if let Err(error) = memory::leave_no_dump() {
        return failed(&error);
    }
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    let command = cli.command.unwrap_or_else(|| Command::Serve(Box::new(cli.serve)));
    let outcome = runtime.block_on(Box::pin(async move {
        match command {
            Command::Serve(args) => serve::run(*args).await,
            Command::Sandbox(args) => sandbox::run(*args).await,
            Command::Migrate(settings) => migrate::run(*settings).await,
            Command::Token(args) => token::run(*args),
            Command::Doctor(settings) => doctor::run(*settings).await,
            Command::Account(args) => account::run(*args).await,
            Command::Endpoint(args) => endpoint::run(*args).await,
            Command::Webhooks(args) => webhooks::run(*args).await,
            Command::Reconcile(args) => reconcile::run(*args).await,
            Command::Audit(args) => audit::run(*args).await,
            Command::Backup(args) => backup::run(*args).await,
            #[cfg(all(feature = "sqlite", feature = "postgres"))]
            Command::Store(args) => store::run(*args).await,
            Command::Exceptions(args) => exceptions::run(*args).await,
        }
    }));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(error.as_ref()),
    }
}

fn failed(error: &(dyn Error + 'static)) -> ExitCode {
    let because = causes(error);
    let line = if because.is_empty() { format!("{error}\n") } else { format!("{error}: {because}\n") };
    // Where standard error is closed there is nobody to tell.
    let _told = std::io::stderr().write_all(line.as_bytes());
    ExitCode::FAILURE
}

/// Prints to the standard output, where commands are read by people and scripts.
fn say(text: &str) -> Result<(), CliError> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{text}")?;
    out.flush()?;
    Ok(())
}

/// What is in force, for a command that ends: it logs only what is wrong.
fn config_of(settings: Settings) -> Result<Config, CliError> {
    let config = settings.resolve()?;
    memory::close_in_production(&config)?;
    telemetry::log_to_stderr(LogFormat::Pretty, "warn");
    Ok(config)
}
