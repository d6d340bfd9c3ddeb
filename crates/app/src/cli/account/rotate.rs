//! `account rotate`

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, value_parser};
use mstore_pay_domain::accounts::RotateSecrets;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::reason::Reason;

use super::secrets::Secrets;
use super::{NamedAccount, desk, say};
use crate::account_host::{PREVIOUS_SECONDS_MAX, UnfitSecret};
use crate::cli::CliError;
use crate::cli::reason::OperatorsReason;
use crate::config::Settings;

/// What `account rotate` is told.
#[derive(Debug, Args)]
pub(super) struct RotateArgs {
    #[command(flatten)]
    settings: Settings,
    #[command(flatten)]
    account: NamedAccount,
    /// File with the new key of API calls; `-`: a line of the standard input.
    #[arg(long, required_unless_present = "webhook_secret_file")]
    credential_file: Option<PathBuf>,
    /// File with what webhooks are verified with from now on; `-`: a line of the standard input, behind the credential.
    #[arg(long)]
    webhook_secret_file: Option<PathBuf>,
    /// Seconds for which webhooks with the secret before are still taken.
    #[arg(long, default_value_t = 24 * 60 * 60, value_parser = value_parser!(u64).range(0..=PREVIOUS_SECONDS_MAX))]
    previous_for: u64,
    /// Why. It is kept in the history of the account.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

/// Why the secrets are not those of this account.
#[derive(Debug, thiserror::Error)]
#[error("the new secret {0}")]
struct Unfit(UnfitSecret);

pub(super) async fn run(args: RotateArgs) -> Result<(), CliError> {
    let (config, desk) = desk(args.settings).await?;
    let (scope, host, id) = (args.account.scope(), args.account.provider, args.account.account);
    let provider = host.provider()?;
    let (account, _) = desk.read(&scope, &provider, &id).await?;
    let mut secrets = Secrets::reader();
    let credential = match args.credential_file {
        Some(file) => Some(secrets.read("credential", &file)?),
        None => None,
    };
    let webhook_secret = match args.webhook_secret_file {
        Some(_) if host.signs_with_credential() => return Err(Unfit(UnfitSecret::SignedWithCredential).into()),
        Some(file) => Some(secrets.read("webhook secret", &file)?),
        None => None,
    };
    if let Some(credential) = &credential
        && host.mode(credential.expose(), config.env).map_err(Unfit)? != account.mode
    {
        return Err(Unfit(UnfitSecret::OtherMode).into());
    }
    let previous_for = Duration::from_secs(args.previous_for);
    let (actor, reason) = (Actor::Operator, args.reason);
    let asked = RotateSecrets { scope, provider, id, credential, webhook_secret, previous_for, actor, reason };
    let account = desk.rotate(&asked).await?;
    let until = account.secrets.webhook_previous.map(|previous| format!("; the one before until {}", previous.until));
    say(&format!("{}/{} has its new secrets{}", account.provider, account.id, until.unwrap_or_default()))
}
