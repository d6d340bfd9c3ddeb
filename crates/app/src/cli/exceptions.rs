//! `exceptions list`, `exceptions resolve`

mod list;
mod resolve;

use clap::{Args, Subcommand};

use super::{CliError, config_of, say};

/// What `exceptions` is told.
#[derive(Debug, Args)]
pub(super) struct ExceptionsArgs {
    #[command(subcommand)]
    command: ExceptionsCommand,
}

#[derive(Debug, Subcommand)]
enum ExceptionsCommand {
    /// List money that waits for a person, whoever's, newest first. Gateways may go on working.
    List(Box<list::ListArgs>),
    /// Say what became of money that does not fit, and why: a merchant's, or what belongs to no merchant. A store of
    /// SQLite must not be open elsewhere.
    Resolve(Box<resolve::ResolveArgs>),
}

pub(super) async fn run(args: ExceptionsArgs) -> Result<(), CliError> {
    match args.command {
        ExceptionsCommand::List(args) => list::run(*args).await,
        ExceptionsCommand::Resolve(args) => resolve::run(*args).await,
    }
}
