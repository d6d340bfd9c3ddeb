//! `endpoint rotate`

use std::time::Duration;

use clap::{Args, value_parser};
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::endpoints::RotateSigning;
use mstore_pay_domain::reason::Reason;

use super::{NamedEndpoint, desk, say};
use crate::cli::CliError;
use crate::cli::reason::OperatorsReason;
use crate::config::Settings;
use crate::events::{PREVIOUS_SECONDS_DEFAULT, PREVIOUS_SECONDS_MAX, fresh_secret};

/// What `endpoint rotate` is told.
#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    endpoint: NamedEndpoint,
    /// Seconds for which events are signed with the secret before as well.
    #[arg(long, default_value_t = PREVIOUS_SECONDS_DEFAULT, value_parser = value_parser!(u64).range(0..=PREVIOUS_SECONDS_MAX))]
    previous_for: u64,
    /// Why. It is kept in the history of the endpoint.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

pub(super) async fn run(args: RotateArgs) -> Result<(), CliError> {
    let (_, desk) = desk(args.settings).await?;
    let secret = fresh_secret()?;
    let asked = RotateSigning {
        scope: args.endpoint.scope(),
        id: args.endpoint.endpoint,
        secret: secret.clone(),
        previous_for: Duration::from_secs(args.previous_for),
        actor: Actor::Operator,
        reason: args.reason,
    };
    let endpoint = desk.rotate(&asked).await?;
    let until = endpoint.signing.previous.map(|previous| format!("; the one before signs until {}", previous.until));
    say(&format!("{} has another secret{}; shown this once:", endpoint.id, until.unwrap_or_default()))?;
    say(secret.expose())
}
