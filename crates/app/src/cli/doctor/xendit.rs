//! What can be known of Xendit before the first customer comes, and of whether it tells us since.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt as _;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::memory::MemoryBudget;
use mstore_pay_domain::ports::{
    Clock, PaymentProvider as _, Period, ProviderError, ProviderErrorKind, Query, RateBudget,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_xendit::XenditConfig;

use super::known::{Known, is_main, name};
use super::tidings::{self, Told};
use super::{ANSWER_WITHIN, Check, because};
use crate::config::Config;
use crate::observed::causes;
use crate::readiness::GuardedXendit;
use crate::system::SystemClock;
use crate::wiring::guarded_xendit;

/// Accounts that are asked about at once.
const ACCOUNTS_AT_ONCE: usize = 8;
/// A payment request that nobody has: to be told so needs a key that is good.
const NOBODYS: &str = "pr-00000000-0000-4000-8000-000000000000";
const NOBODYS_REFERENCE: &str = "mstore-pay-doctor~aaaaaaaaa";
const TOLD: Told = Told { by: "its dashboard", secret: "XENDIT_WEBHOOK_TOKEN", nmid: "XENDIT_NMID" };

/// The key of each account, and what it may read, each by itself; then what came from it.
pub(super) async fn check(config: &Config, known: &Known) -> Vec<Check> {
    let Some(base_url) = &config.xendit.base_url else {
        return vec![(XenditConfig::ID.to_owned(), Ok("played by the sandbox that `serve` starts".to_owned()))];
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::REAL);
    let budget: Arc<dyn RateBudget> = Arc::new(MemoryBudget::new(Arc::clone(&clock), None));
    let xendit = match guarded_xendit(config, base_url, &clock, &budget) {
        Ok((xendit, _)) => xendit,
        Err(error) => return vec![(XenditConfig::ID.to_owned(), Err(because(&error)))],
    };
    let examine = async |account| {
        let mut checks = keys(&xendit, base_url, account, clock.now()).await;
        checks.extend(tidings::checks(config, known, account, &TOLD).await);
        checks
    };
    let each = known.at(XenditConfig::ID).map(examine);
    futures::stream::iter(each).buffered(ACCOUNTS_AT_ONCE).concat().await
}

/// Whether the key is good, and what it may read.
async fn keys(xendit: &GuardedXendit, base_url: &str, account: &ProviderAccount, now: Timestamp) -> Vec<Check> {
    if let Err(error) = key_is_good(xendit, account, now).await {
        return vec![(name(account), Err(error))];
    }
    let since = now.minus(Duration::from_secs(1));
    let listed = xendit.sweep(account, Period::since(since), ANSWER_WITHIN).await;
    let listed = listed.map(|_| "money is found by it".to_owned()).map_err(|error| no_listing(&error, account));
    vec![(name(account), Ok(format!("{base_url} answers"))), (format!("{}'s listing", name(account)), listed)]
}

async fn key_is_good(xendit: &GuardedXendit, account: &ProviderAccount, now: Timestamp) -> Result<(), String> {
    let charge_ref = Some(ProviderRef::parse(NOBODYS).map_err(|error| error.to_string())?);
    let our_reference = OurReference::parse(NOBODYS_REFERENCE).map_err(|error| error.to_string())?;
    let query = Query { charge_ref, payment_refs: Vec::new(), our_reference, created_at: now, was_paid: false };
    match xendit.inquire(account, &[query], ANSWER_WITHIN).await.into_iter().next() {
        Some(Err(error)) if error.kind == ProviderErrorKind::Unauthorized => Err(format!(
            "{}; {} must be a secret key of this account that may write money-in, and Xendit must let this machine's \
             address call, where it keeps a list",
            said(&error),
            key(account)
        )),
        Some(Err(error)) if error.kind != ProviderErrorKind::NotFound => Err(format!(
            "{}; see to XENDIT_BASE_URL, to the way out of this machine, and to Xendit's status page",
            said(&error)
        )),
        Some(_) | None => Ok(()),
    }
}

fn no_listing(error: &ProviderError, account: &ProviderAccount) -> String {
    let said = said(error);
    match error.kind {
        ProviderErrorKind::Unauthorized => format!(
            "{said}; give {} the permission to read transactions in Xendit's dashboard: until then money whose webhook \
             is lost is found by asking about each payment only",
            key(account)
        ),
        _ => said,
    }
}

/// What the account's key is called.
fn key(account: &ProviderAccount) -> &'static str {
    if is_main(account) { "XENDIT_SECRET_KEY" } else { "its credential (`mstore-pay account rotate`)" }
}

fn said(error: &ProviderError) -> String {
    format!("{error}: {:?} {} {}", error.kind, error.upstream.code.as_deref().unwrap_or_default(), causes(error))
}
