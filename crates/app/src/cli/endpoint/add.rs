//! `endpoint add`

use clap::Args;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::endpoints::AddEndpoint;
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{BranchId, EndpointId, MerchantId};
use mstore_pay_domain::ports::IdGenerator;
use mstore_pay_domain::reason::Reason;

use super::{desk, say};
use crate::cli::CliError;
use crate::cli::reason::OperatorsReason;
use crate::config::Settings;
use crate::events::{address, fresh_secret};
use crate::system::TimedIds;

/// What `endpoint add` is told.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    settings: Settings,
    /// Whose endpoint it is.
    #[arg(long)]
    merchant: MerchantId,
    /// It hears of that branch only; without one: of every branch.
    #[arg(long)]
    branch: Option<BranchId>,
    /// Where it is: https on a public host.
    #[arg(long)]
    url: String,
    /// Why. It is kept in the history of the endpoint.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

pub(super) async fn run(args: AddArgs) -> Result<(), CliError> {
    let (config, desk) = desk(args.settings).await?;
    let secret = fresh_secret()?;
    let asked = AddEndpoint {
        scope: Scope { merchant: args.merchant, branch: args.branch },
        id: EndpointId::new(TimedIds::REAL.uuid()),
        url: address(&args.url, config.event_reach)?,
        secret: secret.clone(),
        actor: Actor::Operator,
        reason: args.reason,
    };
    let endpoint = desk.add(asked).await?;
    say(&format!(
        "{} of {} hears of what happens from now on; its secret, shown this once:",
        endpoint.id, endpoint.merchant
    ))?;
    say(secret.expose())
}
