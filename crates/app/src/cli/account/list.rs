//! `account list`

use clap::Args;
use mstore_pay_domain::account::StoredAccount;
use mstore_pay_domain::ids::MerchantId;

use super::{config_of, say};
use crate::cli::CliError;
use crate::config::Settings;
use crate::store::open_store_to_read;

/// Accounts that are read at once.
const PAGE_ROWS: u32 = 500;

/// What `account list` is told.
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
        return store.accounts_of(merchant).await?.iter().try_for_each(print);
    }
    let mut after = None;
    loop {
        let page = store.accounts(after, PAGE_ROWS).await?;
        let Some(last) = page.last() else { return Ok(()) };
        after = Some((last.provider.clone(), last.id.clone()));
        page.iter().try_for_each(print)?;
    }
}

/// A line: merchant, branch, provider, name, mode, state, the provider's name, the sub-account, the key it is sealed
/// under.
fn print(account: &StoredAccount) -> Result<(), CliError> {
    let text = |value: Option<String>| value.unwrap_or_else(|| "-".to_owned());
    say(&format!(
        "{} {} {} {} {} {} {} {} {}",
        account.merchant,
        text(account.branch.as_ref().map(ToString::to_string)),
        account.provider,
        account.id,
        account.mode.word(),
        account.state.word(),
        text(account.provider_merchant_id.as_ref().map(ToString::to_string)),
        text(account.for_user_id.as_ref().map(ToString::to_string)),
        account.secrets.key,
    ))
}
