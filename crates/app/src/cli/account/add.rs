//! `account add`

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::str::FromStr;

use clap::Args;
use mstore_pay_domain::account::{AccountTerms, AmountLimits};
use mstore_pay_domain::accounts::AddAccount;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{AccountId, BranchId, MerchantId, ProviderRef};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::reason::Reason;

use super::secrets::{STDIN, Secrets};
use super::{desk, say};
use crate::account_host::{AccountHost, UnfitSecret, fresh_account_id};
use crate::cli::CliError;
use crate::cli::reason::OperatorsReason;
use crate::config::Settings;
use crate::system::TimedIds;

/// What `account add` is told.
#[derive(Debug, Args)]
pub(super) struct AddArgs {
    #[command(flatten)]
    settings: Settings,
    /// Whose account it is.
    #[arg(long)]
    merchant: MerchantId,
    /// Of that branch only; without one: of every branch that has none of its own.
    #[arg(long)]
    branch: Option<BranchId>,
    /// At which provider: `xendit` or `midtrans`.
    #[arg(long)]
    provider: AccountHost,
    /// Our name for it, the last part of the address of its webhooks. Default: one that is made up.
    #[arg(long)]
    account: Option<AccountId>,
    /// File with the key of API calls; `-`: a line of the standard input.
    #[arg(long, env = "ACCOUNT_CREDENTIAL_FILE", default_value = STDIN)]
    credential_file: PathBuf,
    /// File with what webhooks are verified with (Xendit's callback token; Midtrans signs with the key); `-`: a line of
    /// the standard input, behind the credential where that is read there too. Default: `-` for xendit.
    #[arg(long, env = "ACCOUNT_WEBHOOK_SECRET_FILE")]
    webhook_secret_file: Option<PathBuf>,
    /// The Xendit sub-account for which the key acts.
    #[arg(long)]
    for_user_id: Option<ProviderRef>,
    /// The provider's name for the account: Xendit's `business_id`, Midtrans' `merchant_id`. Default: the sub-account's.
    #[arg(long)]
    provider_merchant_id: Option<ProviderRef>,
    /// The national merchant id that its QR codes must carry; absent: not checked.
    #[arg(long)]
    nmid: Option<ProviderRef>,
    /// The methods that are open to it, by commas; absent: all that the provider offers.
    #[arg(long, value_delimiter = ',')]
    methods: Vec<Method>,
    /// Narrower limits of a method in rupiah, `qris=1500-500000`; may be repeated.
    #[arg(long = "limit", value_name = "METHOD=MIN-MAX")]
    limits: Vec<MethodLimits>,
    /// Why. It is kept in the history of the account.
    #[arg(long, value_parser = OperatorsReason)]
    reason: Option<Reason>,
}

#[derive(Debug, Clone)]
struct MethodLimits {
    method: Method,
    limits: AmountLimits,
}

#[derive(Debug, thiserror::Error)]
#[error("is not METHOD=MIN-MAX in whole rupiah")]
struct NotLimits;

/// A secret that the account cannot have.
#[derive(Debug, thiserror::Error)]
#[error("the {what} {unfit}")]
struct Unfit {
    what: &'static str,
    unfit: UnfitSecret,
}

/// A sub-account where there are none.
#[derive(Debug, thiserror::Error)]
#[error("--for-user-id is for xendit")]
struct NoSubAccounts;

impl FromStr for MethodLimits {
    type Err = NotLimits;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (method, (min, max)) =
            text.split_once('=').and_then(|(method, range)| Some((method, range.split_once('-')?))).ok_or(NotLimits)?;
        let amount = |text: &str| Money::parse(text).and_then(Money::payable).map_err(|_no_amount| NotLimits);
        let limits = AmountLimits { min: amount(min)?, max: amount(max)? };
        let method = method.parse().map_err(|_unknown| NotLimits)?;
        if limits.min > limits.max { Err(NotLimits) } else { Ok(Self { method, limits }) }
    }
}

pub(super) async fn run(args: AddArgs) -> Result<(), CliError> {
    let (config, desk) = desk(args.settings).await?;
    let host = args.provider;
    if args.for_user_id.is_some() && host == AccountHost::Midtrans {
        return Err(NoSubAccounts.into());
    }
    let mut secrets = Secrets::reader();
    let credential = secrets.read("credential", &args.credential_file)?;
    let by_default = (!host.signs_with_credential()).then(|| PathBuf::from(STDIN));
    let webhook_secret = match args.webhook_secret_file.or(by_default) {
        Some(file) => Some(secrets.read("webhook secret", &file)?),
        None => None,
    };
    let mode = host.mode(credential.expose(), config.env).map_err(|unfit| Unfit { what: "credential", unfit })?;
    let fits = host.check_webhook_secret(webhook_secret.is_some());
    fits.map_err(|unfit| Unfit { what: "webhook secret", unfit })?;
    let id = match args.account {
        Some(id) => id,
        None => fresh_account_id(&TimedIds::REAL)?,
    };
    let limits: BTreeMap<_, _> = args.limits.into_iter().map(|of| (of.method, of.limits)).collect();
    let methods = BTreeSet::from_iter(args.methods);
    let asked = AddAccount {
        scope: Scope { merchant: args.merchant, branch: args.branch },
        provider: host.provider()?,
        id,
        mode,
        credential,
        webhook_secret,
        for_user_id: args.for_user_id,
        provider_merchant_id: args.provider_merchant_id,
        nmid: args.nmid.map(|nmid| nmid.to_string()),
        terms: AccountTerms { methods: (!methods.is_empty()).then_some(methods), limits },
        actor: Actor::Operator,
        reason: args.reason,
    };
    let account = desk.add(asked).await?;
    say(&format!(
        "{}/{} of {} is known and enabled; its webhooks go to /api/v1/webhook/{}/{}",
        account.provider, account.id, account.merchant, account.provider, account.id
    ))
}
