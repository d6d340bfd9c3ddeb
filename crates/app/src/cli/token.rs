//! `token`

use std::time::Duration;

use clap::Args;
use mstore_pay_domain::ports::Clock;

use super::{CliError, config_of, say};
use crate::auth::TokenRequest;
use crate::config::Settings;
use crate::system::SystemClock;

/// What `token` is told.
#[derive(Debug, Args)]
pub(super) struct TokenArgs {
    #[command(flatten)]
    settings: Settings,
    /// Whose payments the bearer sees.
    #[arg(long)]
    merchant: String,
    /// One branch only.
    #[arg(long)]
    branch: Option<String>,
    /// Who the bearer is, for the record.
    #[arg(long, default_value = "1")]
    user: String,
    /// What the bearer may do: `L0_VIEWER`, `L0_CASHIER`, `L0_OWNER`, `SYSTEM_OPERATOR`.
    #[arg(long, default_value = "L0_CASHIER")]
    role: String,
    /// Seconds for which it is good.
    #[arg(long, default_value_t = 3600)]
    ttl: u64,
}

pub(super) fn run(args: TokenArgs) -> Result<(), CliError> {
    let config = config_of(args.settings)?;
    let request = TokenRequest {
        merchant: args.merchant,
        branch: args.branch,
        user: args.user,
        role: args.role,
        ttl: Duration::from_secs(args.ttl),
    };
    say(&config.jwt.mint(&request, SystemClock::REAL.now())?)
}
