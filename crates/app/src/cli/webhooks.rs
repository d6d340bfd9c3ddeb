//! `webhooks replay`

use clap::{Args, Subcommand};
use mstore_pay_domain::ids::DeliveryId;
use mstore_pay_domain::reason::Reason;
use mstore_pay_domain::time::Timestamp;

use super::{CliError, config_of, say};
use crate::cli::reason::OperatorsReason;
use crate::config::Settings;
use crate::observed::causes;
use crate::store::open_store;
use crate::system::SystemClock;
use crate::tasks::Tasks;
use crate::wiring::{Addresses, Wired, wire};

/// Dead deliveries that one command takes up.
const DEAD_MAX: u32 = 10_000;

/// What `webhooks` is told.
#[derive(Debug, Args)]
pub(super) struct WebhooksArgs {
    #[command(subcommand)]
    command: WebhooksCommand,
}

#[derive(Debug, Subcommand)]
enum WebhooksCommand {
    /// Make parked or dead deliveries due again: those named, every dead one, or every parked one. A store of SQLite
    /// must not be open elsewhere; the deliveries are settled when the gateway starts.
    Replay(Box<ReplayArgs>),
}

#[derive(Debug, Args)]
struct ReplayArgs {
    #[command(flatten)]
    settings: Settings,
    /// Deliveries, `dlv_...`; none: every parked one.
    #[arg(requires = "reason", conflicts_with = "dead")]
    deliveries: Vec<DeliveryId>,
    /// Every dead one, the oldest ten thousand at the most.
    #[arg(long, requires = "reason")]
    dead: bool,
    /// Why: it is put on the record of each payment that a delivery is about.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

/// A reason that would be put on no record.
#[derive(Debug, thiserror::Error)]
#[error("a reason is for deliveries that are named, or for --dead: parked ones are looked at again without")]
struct NobodysReason;

/// Deliveries whose replay is not on record.
#[derive(Debug, thiserror::Error)]
#[error("the reason is not on record for {count} of the deliveries")]
struct Unnoted {
    count: usize,
}

pub(super) async fn run(args: WebhooksArgs) -> Result<(), CliError> {
    let WebhooksCommand::Replay(replay) = args.command;
    let config = config_of(replay.settings)?;
    let is_for_some = replay.dead || !replay.deliveries.is_empty();
    if replay.reason.is_some() && !is_for_some {
        return Err(NobodysReason.into());
    }
    let store = open_store(&config.database).await?;
    let Some(reason) = replay.reason else {
        let unparked = store.unpark(Timestamp::EPOCH, u32::MAX).await?;
        return say(&format!("{unparked} parked deliveries are due again"));
    };
    let tasks = Tasks::here();
    let clock = SystemClock::tied(config.clock);
    let Wired { gateway, .. } = wire(&config, Addresses::uncalled(&config), store, clock, &tasks).await?;
    let deliveries = if replay.dead { gateway.ports().inbox.dead(DEAD_MAX).await? } else { replay.deliveries };
    let mut unnoted = 0_usize;
    for delivery in &deliveries {
        match gateway.replay_webhook(delivery, &reason).await {
            Ok(true) => say(&format!("{delivery} is due again"))?,
            Ok(false) => say(&format!("{delivery} is neither parked nor dead"))?,
            Err(error) => {
                unnoted = unnoted.saturating_add(1);
                say(&format!(
                    "{delivery} may be due again, without the reason on record: {error}: {}",
                    causes(&error)
                ))?;
            }
        }
    }
    if replay.dead {
        say(&format!("{} dead deliveries", deliveries.len()))?;
    }
    if unnoted > 0 { Err(Unnoted { count: unnoted }.into()) } else { Ok(()) }
}
