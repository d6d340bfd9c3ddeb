//! `account disable`, `account enable`

use mstore_pay_domain::account::AccountState;
use mstore_pay_domain::accounts::SwitchAccount;
use mstore_pay_domain::audit::Actor;

use super::{WhichArgs, desk, say};
use crate::cli::CliError;

pub(super) async fn run(args: WhichArgs, state: AccountState) -> Result<(), CliError> {
    let (_, desk) = desk(args.settings).await?;
    let (scope, provider) = (args.account.scope(), args.account.provider.provider()?);
    let (id, actor, reason) = (args.account.account, Actor::Operator, args.reason);
    let asked = SwitchAccount { scope, provider, id, state, actor, reason };
    let account = desk.switch(&asked).await?;
    say(&format!("{}/{} is {}", account.provider, account.id, account.state.word()))
}
