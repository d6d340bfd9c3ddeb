//! `webhooks replay`

use clap::{Args, Subcommand};
use mstore_pay_domain::ids::DeliveryId;

use super::{CliError, config_of, say};
use crate::config::Settings;
use crate::store::open_store;

/// What `webhooks` is told.
#[derive(Debug, Args)]
pub(super) struct WebhooksArgs {
    #[command(subcommand)]
    command: WebhooksCommand,
}

#[derive(Debug, Subcommand)]
enum WebhooksCommand {
    /// Make parked or dead deliveries due again: those named, or every parked one. A store of SQLite
    /// must not be open elsewhere; the deliveries are settled when the gateway starts.
    Replay(Box<ReplayArgs>),
}

#[derive(Debug, Args)]
struct ReplayArgs {
    #[command(flatten)]
    settings: Settings,
    /// Deliveries, `dlv_...`; none: every parked one.
    deliveries: Vec<DeliveryId>,
}

pub(super) async fn run(args: WebhooksArgs) -> Result<(), CliError> {
    let WebhooksCommand::Replay(replay) = args.command;
    let config = config_of(replay.settings)?;
    let store = open_store(&config.database).await?;
    if replay.deliveries.is_empty() {
        let unparked = store.unpark().await?;
        return say(&format!("{unparked} parked deliveries are due again"));
    }
    for delivery in replay.deliveries {
        let again = store.replay(&delivery).await?;
        say(&format!("{delivery} {}", if again { "is due again" } else { "is neither parked nor dead" }))?;
    }
    Ok(())
}
