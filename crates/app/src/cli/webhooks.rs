//! `webhooks replay`

use clap::{Args, Subcommand};
use mstore_pay_domain::ids::DeliveryId;

use super::{CliError, config_of, say};
use crate::config::{Config, MidtransAddresses, Settings};
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
    #[arg(long)]
    reason: Option<String>,
}

pub(super) async fn run(args: WebhooksArgs) -> Result<(), CliError> {
    let WebhooksCommand::Replay(replay) = args.command;
    let config = config_of(replay.settings)?;
    let store = open_store(&config.database).await?;
    let Some(reason) = replay.reason.filter(|_| replay.dead || !replay.deliveries.is_empty()) else {
        let unparked = store.unpark().await?;
        return say(&format!("{unparked} parked deliveries are due again"));
    };
    let tasks = Tasks::here();
    let clock = SystemClock::tied(config.clock);
    let Wired { gateway, .. } = wire(&config, addresses(&config), store, clock, &tasks).await?;
    let deliveries = if replay.dead { gateway.ports().inbox.dead(DEAD_MAX).await? } else { replay.deliveries };
    for delivery in &deliveries {
        let again = gateway.replay_webhook(delivery, &reason).await?;
        say(&format!("{delivery} {}", if again { "is due again" } else { "is neither parked nor dead" }))?;
    }
    if replay.dead { say(&format!("{} dead deliveries", deliveries.len())) } else { Ok(()) }
}

/// Where the providers are. Nobody is called: what a delivery says is read, no more.
fn addresses(config: &Config) -> Addresses {
    let nowhere = "http://127.0.0.1";
    let midtrans = config.midtrans.as_ref();
    Addresses {
        public: config.public_base_url.clone().unwrap_or_default(),
        xendit: config.xendit.base_url.clone().unwrap_or_else(|| nowhere.to_owned()),
        midtrans: midtrans.map(|known| known.addresses.clone().unwrap_or_else(|| MidtransAddresses::below(nowhere))),
    }
}
