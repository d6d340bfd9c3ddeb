//! `store copy`

use clap::{Args, Subcommand};
use mstore_pay_domain::audit_trail::AuditTrail;

use super::{CliError, audit, say};
use crate::config::{Database, LogFormat};
use crate::store::{copy, open_store};
use crate::telemetry;

/// What `store` is told.
#[derive(Debug, Args)]
pub(super) struct StoreArgs {
    #[command(subcommand)]
    command: StoreCommand,
}

#[derive(Debug, Subcommand)]
enum StoreCommand {
    /// Copy a store of SQLite into an empty database of PostgreSQL, whole or not at all, and check every audit chain
    /// there. No gateway may run on either.
    Copy(CopyArgs),
}

#[derive(Debug, Args)]
struct CopyArgs {
    /// The store to read, `sqlite://PATH`; it is left as it is.
    #[arg(long)]
    from: Database,
    /// The database to fill, `postgres://USER:PASSWORD@HOST/DATABASE`; its schema is made as needed.
    #[arg(long)]
    to: Database,
}

/// Stores that are not of the kinds that can be copied.
#[derive(Debug, thiserror::Error)]
#[error("can only copy from sqlite:// to postgres://")]
struct NotThisWay;

pub(super) async fn run(args: StoreArgs) -> Result<(), CliError> {
    telemetry::log_to_stderr(LogFormat::Pretty, "warn");
    let StoreCommand::Copy(args) = args.command;
    let (Database::Sqlite(from), Database::Postgres(to)) = (&args.from, &args.to) else {
        return Err(NotThisWay.into());
    };
    let copied = copy(from.clone(), to).await?;
    for (table, rows) in &copied {
        say(&format!("{table}: {rows} rows"))?;
    }
    let store = open_store(&args.to).await?;
    let tally = audit::verify(&AuditTrail::new(store.clone(), store), None).await?;
    say(&format!("{} chains of {} records in all: every one holds in {}", tally.chains, tally.records, args.to))
}
