//! `endpoint add`, `endpoint list`, `endpoint rotate`, `endpoint disable`, `endpoint enable`

mod add;
mod list;
mod rotate;

use std::sync::Arc;

use clap::{Args, Subcommand};
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::endpoint::EndpointState;
use mstore_pay_domain::endpoints::{EndpointDesk, SwitchEndpoint};
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{EndpointId, MerchantId};
use mstore_pay_domain::reason::Reason;

use super::{CliError, config_of, say};
use crate::cli::reason::OperatorsReason;
use crate::config::{Config, Settings};
use crate::store::{Store, open_store};
use crate::system::SystemClock;
use crate::vault::AesVault;

/// What `endpoint` is told.
#[derive(Debug, Args)]
pub(super) struct EndpointArgs {
    #[command(subcommand)]
    command: EndpointCommand,
}

#[derive(Debug, Subcommand)]
enum EndpointCommand {
    /// Make an endpoint of a merchant known: it hears of what happens from then on. Its secret is printed, once. A store
    /// of SQLite must not be open elsewhere.
    Add(Box<add::AddArgs>),
    /// List endpoints, without their secrets. Gateways may go on working.
    List(Box<list::ListArgs>),
    /// Give an endpoint another secret, which is printed, once; events are signed with the one before as well for a
    /// while.
    Rotate(Box<rotate::RotateArgs>),
    /// Tell an endpoint nothing.
    Disable(Box<WhichArgs>),
    /// Tell an endpoint again, and first what it missed.
    Enable(Box<WhichArgs>),
}

/// Which endpoint.
#[derive(Debug, Args)]
struct WhichArgs {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    endpoint: NamedEndpoint,
    /// Why. It is kept in the history of the endpoint.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

#[derive(Debug, Args)]
struct NamedEndpoint {
    /// Whose endpoint it is.
    #[arg(long)]
    merchant: MerchantId,
    /// Our name for it.
    #[arg(long)]
    endpoint: EndpointId,
}

pub(super) async fn run(args: EndpointArgs) -> Result<(), CliError> {
    match args.command {
        EndpointCommand::Add(args) => add::run(*args).await,
        EndpointCommand::List(args) => list::run(*args).await,
        EndpointCommand::Rotate(args) => rotate::run(*args).await,
        EndpointCommand::Disable(args) => switch(*args, EndpointState::Disabled).await,
        EndpointCommand::Enable(args) => switch(*args, EndpointState::Enabled).await,
    }
}

async fn switch(args: WhichArgs, state: EndpointState) -> Result<(), CliError> {
    let (_, desk) = desk(args.settings).await?;
    let (scope, id) = (args.endpoint.scope(), args.endpoint.endpoint);
    let (actor, reason) = (Actor::Operator, args.reason);
    let endpoint = desk.switch(&SwitchEndpoint { scope, id, state, actor, reason }).await?;
    say(&format!("{} is {}", endpoint.id, endpoint.state.word()))
}

impl NamedEndpoint {
    fn scope(&self) -> Scope {
        Scope { merchant: self.merchant.clone(), branch: None }
    }
}

/// Where endpoints are looked after, over the store that the settings name.
async fn desk(settings: Settings) -> Result<(Config, EndpointDesk), CliError> {
    let config = config_of(settings)?;
    let store = open_store(&config.database).await?;
    let desk = desk_over(&config, store);
    Ok((config, desk))
}

pub(super) fn desk_over(config: &Config, store: Arc<dyn Store>) -> EndpointDesk {
    let vault = AesVault::new(config.account_keys.clone());
    EndpointDesk::new(store.clone(), store, Arc::new(vault), Arc::new(SystemClock::REAL))
}
