//! `reconcile`

use clap::Args;
use mstore_pay_domain::gateway::Reconciled;

use super::since::Since;
use super::{CliError, config_of, say};
use crate::config::{Config, Settings};
use crate::store::open_store;
use crate::system::SystemClock;
use crate::tasks::Tasks;
use crate::wiring::{Addresses, Wired, wire};

/// What `reconcile` is told.
#[derive(Debug, Args)]
pub(super) struct ReconcileArgs {
    #[command(flatten)]
    settings: Settings,
    /// From when on money is looked for, `2026-01-31T08:00:00+07:00`: some minutes before the trouble began.
    #[arg(long)]
    since: Since,
}

/// Accounts of which not everything was found out.
#[derive(Debug, thiserror::Error)]
#[error("{accounts} of the accounts are not reconciled: do it again")]
struct Unfinished {
    accounts: usize,
}

/// A provider that is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0} is played by the sandbox that `serve` starts, which is not here: name where it listens")]
struct OnlyPlayed(&'static str);

pub(super) async fn run(args: ReconcileArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let addresses = addresses(&config)?;
    let store = open_store(&config.database).await?;
    let clock = SystemClock::tied(config.clock);
    let tasks = Tasks::here();
    let Wired { gateway, .. } = wire(&config, addresses, store, clock, &tasks).await?;
    let mut unfinished = 0_usize;
    for account in gateway.ports().accounts.all().await? {
        let reconciled = gateway.reconcile(&account, args.since.0).await?;
        say(&format!("{} {}: {}", account.provider, account.id, sentence(&reconciled)))?;
        unfinished = unfinished.saturating_add(usize::from(!reconciled.is_done()));
    }
    if unfinished > 0 { Err(Unfinished { accounts: unfinished }.into()) } else { Ok(()) }
}

fn addresses(config: &Config) -> Result<Addresses, OnlyPlayed> {
    let xendit = config.xendit.base_url.clone().ok_or(OnlyPlayed("xendit"))?;
    let midtrans = match &config.midtrans {
        Some(midtrans) => Some(midtrans.addresses.clone().ok_or(OnlyPlayed("midtrans"))?),
        None => None,
    };
    Ok(Addresses { public: config.public_base_url.clone().unwrap_or_default(), xendit, midtrans })
}

fn sentence(reconciled: &Reconciled) -> String {
    let Reconciled { asked, agreed, corrected, unknown, unanswered, foreign, complete } = reconciled;
    let cut_short = if *complete { "" } else { "; the provider's list was not read to its end" };
    format!(
        "asked {asked}, agreed {agreed}, corrected {corrected}, unknown {unknown}, unanswered {unanswered}, \
         of others {foreign}{cut_short}"
    )
}
