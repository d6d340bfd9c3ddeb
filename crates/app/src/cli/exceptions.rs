//! `exceptions list`

use clap::{Args, Subcommand};
use mstore_pay_domain::exception::ExceptionState;
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::ExceptionFilter;

use super::{CliError, config_of, say};
use crate::config::Settings;
use crate::store::open_store_to_read;

/// What `exceptions` is told.
#[derive(Debug, Args)]
pub(super) struct ExceptionsArgs {
    #[command(subcommand)]
    command: ExceptionsCommand,
}

#[derive(Debug, Subcommand)]
enum ExceptionsCommand {
    /// List money that waits for a person, newest first. Gateways may go on working.
    List(Box<ListArgs>),
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    settings: Settings,
    /// A merchant's; without one: money that belongs to no merchant.
    #[arg(long)]
    merchant: Option<MerchantId>,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub(super) async fn run(args: ExceptionsArgs) -> Result<(), CliError> {
    let ExceptionsCommand::List(list) = args.command;
    let config = config_of(list.settings)?;
    let store = open_store_to_read(&config.database).await?;
    let filter = list.merchant.map_or(ExceptionFilter::Unmatched, ExceptionFilter::Merchant);
    for exception in store.exceptions(&filter, None, list.limit).await? {
        let state = match &exception.state {
            ExceptionState::Open => "open",
            ExceptionState::Resolved { .. } => "resolved",
        };
        let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
        say(&format!(
            "{} {} {} {} {} {}",
            exception.at,
            exception.id,
            exception.misfit.kind(),
            state,
            text(exception.payment.map(|payment| payment.to_string())),
            text(exception.misfit.amount().map(ToString::to_string)),
        ))?;
    }
    Ok(())
}
