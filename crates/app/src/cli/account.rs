//! `account add|list|rotate|disable|enable|reseal`

mod add;
mod list;
mod rotate;
mod secrets;
mod switch;

use std::sync::Arc;

use clap::{Args, Subcommand};
use mstore_pay_domain::account::AccountState;
use mstore_pay_domain::accounts::AccountDesk;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{AccountId, MerchantId};
use mstore_pay_domain::reason::Reason;

use super::{CliError, config_of, say};
use crate::account_host::AccountHost;
use crate::cli::reason::OperatorsReason;
use crate::config::{Config, Settings};
use crate::store::{Store, open_store};
use crate::system::SystemClock;
use crate::vault::AesVault;

/// What `account` is told.
#[derive(Debug, Args)]
pub(super) struct AccountArgs {
    #[command(subcommand)]
    command: AccountCommand,
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Make an account of a merchant known: its payments go there from then on. Secrets are read from files or the
    /// standard input. A store of SQLite must not be open elsewhere.
    Add(Box<add::AddArgs>),
    /// List accounts, without their secrets. Gateways may go on working.
    List(Box<list::ListArgs>),
    /// Give an account other secrets; webhooks with the one before are taken for a while.
    Rotate(Box<rotate::RotateArgs>),
    /// Open no new payments under an account. What it has is followed to its end.
    Disable(Box<WhichArgs>),
    /// Open new payments under an account again.
    Enable(Box<WhichArgs>),
    /// Seal all secrets under `ACCOUNT_KEY`, those under `ACCOUNT_KEY_PREVIOUS` anew: afterwards that one can go.
    Reseal(Box<ResealArgs>),
}

/// Which account.
#[derive(Debug, Args)]
struct WhichArgs {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    account: NamedAccount,
    /// Why. It is kept in the history of the account.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

/// What `account reseal` is told.
#[derive(Debug, Args)]
struct ResealArgs {
    #[command(flatten)]
    settings: Settings,
    /// Why. It is kept in the history of each that is sealed anew.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

#[derive(Debug, Args)]
struct NamedAccount {
    /// Whose account it is.
    #[arg(long)]
    merchant: MerchantId,
    /// At which provider: `xendit` or `midtrans`.
    #[arg(long)]
    provider: AccountHost,
    /// Our name for it.
    #[arg(long)]
    account: AccountId,
}

pub(super) async fn run(args: AccountArgs) -> Result<(), CliError> {
    match args.command {
        AccountCommand::Add(args) => add::run(*args).await,
        AccountCommand::List(args) => list::run(*args).await,
        AccountCommand::Rotate(args) => rotate::run(*args).await,
        AccountCommand::Disable(args) => switch::run(*args, AccountState::Disabled).await,
        AccountCommand::Enable(args) => switch::run(*args, AccountState::Enabled).await,
        AccountCommand::Reseal(args) => reseal(*args).await,
    }
}

async fn reseal(args: ResealArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let store = open_store(&config.database).await?;
    let reason = args.reason.as_ref();
    let endpoints = super::endpoint::desk_over(&config, Arc::clone(&store));
    let accounts = desk_over(&config, store).reseal(&Actor::Operator, reason).await?;
    let endpoints = endpoints.reseal(&Actor::Operator, reason).await?;
    say(&format!("{accounts} accounts and {endpoints} endpoints are sealed anew"))
}

impl NamedAccount {
    fn scope(&self) -> Scope {
        Scope { merchant: self.merchant.clone(), branch: None }
    }
}

/// Where accounts are looked after, over the store that the settings name.
async fn desk(settings: Settings) -> Result<(Config, AccountDesk), CliError> {
    let config = config_of(settings)?;
    let store = open_store(&config.database).await?;
    let desk = desk_over(&config, store);
    Ok((config, desk))
}

fn desk_over(config: &Config, store: Arc<dyn Store>) -> AccountDesk {
    let vault = AesVault::new(config.account_keys.clone());
    AccountDesk::new(store, Arc::new(vault), Arc::new(SystemClock::REAL))
}
