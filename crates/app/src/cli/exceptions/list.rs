//! `exceptions list`

use clap::Args;
use mstore_pay_domain::exception::{ExceptionState, MoneyException};
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_domain::ports::ExceptionFilter;

use super::{config_of, say};
use crate::cli::CliError;
use crate::config::Settings;
use crate::store::open_store_to_read;

/// What `exceptions list` is told.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    settings: Settings,
    /// A merchant's, resolved ones too.
    #[arg(long)]
    merchant: Option<MerchantId>,
    /// Those that belong to no merchant, resolved ones too.
    #[arg(long, conflicts_with = "merchant")]
    nobody: bool,
    /// At most so many.
    #[arg(long, default_value_t = 100)]
    limit: u32,
}

pub(super) async fn run(args: ListArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let store = open_store_to_read(&config.database).await?;
    let filter = match args.merchant {
        Some(merchant) => ExceptionFilter::Merchant(merchant),
        None if args.nobody => ExceptionFilter::Unmatched,
        None => ExceptionFilter::Open,
    };
    store.exceptions(&filter, None, args.limit).await?.iter().try_for_each(print)
}

/// A line: when, name, kind, state, payment, amount, merchant.
fn print(exception: &MoneyException) -> Result<(), CliError> {
    let state = match &exception.state {
        ExceptionState::Open => "open",
        ExceptionState::Resolved { .. } => "resolved",
    };
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    say(&format!(
        "{} {} {} {} {} {} {}",
        exception.at,
        exception.id,
        exception.misfit.kind(),
        state,
        text(exception.payment.map(|payment| payment.to_string())),
        text(exception.misfit.amount().map(ToString::to_string)),
        text(exception.merchant.as_ref().map(ToString::to_string)),
    ))
}
