//! `exceptions resolve`

use clap::Args;
use mstore_pay_domain::gateway::{ExceptionReach, ResolveException};
use mstore_pay_domain::ids::{ExceptionId, UserId};
use mstore_pay_domain::reason::{Reason, ResolutionWord};

use super::{config_of, say};
use crate::cli::CliError;
use crate::cli::reason::OperatorsReason;
use crate::config::Settings;
use crate::store::open_store;
use crate::system::SystemClock;
use crate::tasks::Tasks;
use crate::wiring::{Addresses, Wired, wire};

/// What `exceptions resolve` is told.
#[derive(Debug, Args)]
pub(super) struct ResolveArgs {
    #[command(flatten)]
    settings: Settings,
    /// Which, `exc_...`.
    exception: ExceptionId,
    /// What became of the money, in a word: `accept`, `refund`, `ignore`, ...
    #[arg(long)]
    resolution: ResolutionWord,
    /// Why. It is kept with the exception, and on the records of its merchant and its payment where it has them.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Reason,
    /// Who says so.
    #[arg(long, default_value = "operator")]
    by: UserId,
}

pub(super) async fn run(args: ResolveArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let store = open_store(&config.database).await?;
    let tasks = Tasks::here();
    let clock = SystemClock::tied(config.clock);
    let Wired { gateway, .. } = wire(&config, Addresses::uncalled(&config), store, clock, &tasks).await?;
    let asked = ResolveException {
        user: args.by,
        reach: ExceptionReach::Any,
        exception: args.exception,
        resolution: args.resolution,
        reason: args.reason,
    };
    let resolved = gateway.resolve_exception(&asked).await?;
    say(&format!("{} is resolved: {}", resolved.id, asked.resolution))
}
