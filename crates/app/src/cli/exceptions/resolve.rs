//! `exceptions resolve`

use std::str::FromStr;

use clap::Args;
use mstore_pay_domain::gateway::{ExceptionReach, ResolveException};
use mstore_pay_domain::ids::{ExceptionId, UserId};

use super::{config_of, say};
use crate::cli::CliError;
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
    resolution: Word,
    /// Why. It is kept with the exception, and on the records of its merchant and its payment where it has them.
    #[arg(long)]
    reason: Reason,
    /// Who says so.
    #[arg(long, default_value = "operator")]
    by: UserId,
}

/// What became of money, as the HTTP API takes it.
#[derive(Debug, Clone)]
struct Word(String);

/// Why, as the HTTP API takes it.
#[derive(Debug, Clone)]
struct Reason(String);

/// A text that is no word.
#[derive(Debug, thiserror::Error)]
#[error("not a word of a to z and _, {max} letters at the most", max = ResolveException::RESOLUTION_CHARS_MAX)]
struct NoWord;

/// A text that is no reason.
#[derive(Debug, thiserror::Error)]
#[error("not a line of {max} characters at the most", max = ResolveException::REASON_CHARS_MAX)]
struct NoReason;

impl FromStr for Word {
    type Err = NoWord;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = (1..=ResolveException::RESOLUTION_CHARS_MAX).contains(&text.len());
        let is_word = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        if fits && is_word { Ok(Self(text.to_owned())) } else { Err(NoWord) }
    }
}

impl FromStr for Reason {
    type Err = NoReason;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let fits = text.chars().count() <= ResolveException::REASON_CHARS_MAX;
        let is_line = !text.trim().is_empty() && !text.chars().any(char::is_control);
        if fits && is_line { Ok(Self(text.to_owned())) } else { Err(NoReason) }
    }
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
        resolution: args.resolution.0,
        reason: args.reason.0,
    };
    let resolved = gateway.resolve_exception(&asked).await?;
    say(&format!("{} is resolved: {}", resolved.id, asked.resolution))
}
