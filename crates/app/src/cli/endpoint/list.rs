//! `endpoint list`

use clap::Args;
use mstore_pay_domain::endpoint::EventEndpoint;
use mstore_pay_domain::ids::MerchantId;

use super::{config_of, say};
use crate::cli::CliError;
use crate::config::Settings;
use crate::store::open_store_to_read;

/// Endpoints that are read at once.
const PAGE_ROWS: u32 = 500;

/// What `endpoint list` is told.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    #[command(flatten)]
    settings: Settings,
    /// A merchant's; without one: everybody's.
    #[arg(long)]
    merchant: Option<MerchantId>,
}

pub(super) async fn run(args: ListArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let store = open_store_to_read(&config.database).await?;
    if let Some(merchant) = &args.merchant {
        return store.endpoints_of(merchant).await?.iter().try_for_each(print);
    }
    let mut after = None;
    loop {
        let page = store.endpoints(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some(last.id);
        page.iter().try_for_each(print)?;
    }
}

/// A line: merchant, branch, name, state, since when nothing has reached it, the key its secrets are sealed under, where
/// it is.
fn print(endpoint: &EventEndpoint) -> Result<(), CliError> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    say(&format!(
        "{} {} {} {} {} {} {}",
        endpoint.merchant,
        text(endpoint.branch.as_ref().map(ToString::to_string)),
        endpoint.id,
        endpoint.state.word(),
        text(endpoint.failing_since.as_ref().map(ToString::to_string)),
        endpoint.signing.key,
        endpoint.url,
    ))
}
