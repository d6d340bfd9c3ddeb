//! What can be known of Xendit before the first customer comes.

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::memory::MemoryBudget;
use mstore_pay_domain::ports::{
    Clock, PaymentProvider as _, Period, ProviderError, ProviderErrorKind, Query, RateBudget,
};

use super::{ANSWER_WITHIN, Check};
use crate::config::Config;
use crate::observed::causes;
use crate::readiness::GuardedXendit;
use crate::system::SystemClock;
use crate::wiring::{guarded_xendit, main_account};

const WHAT: &str = "xendit";
/// A payment request that nobody has: to be told so needs a key that is good.
const NOBODYS: &str = "pr-00000000-0000-4000-8000-000000000000";
const NOBODYS_REFERENCE: &str = "mstore-pay-doctor~aaaaaaaaa";

/// The key, and what it may read, each by itself.
pub(super) async fn check(config: &Config) -> Vec<Check> {
    let Some(base_url) = &config.xendit.base_url else {
        return vec![(WHAT, Ok("played by the sandbox that `serve` starts".to_owned()))];
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::REAL);
    let budget: Arc<dyn RateBudget> = Arc::new(MemoryBudget::new(Arc::clone(&clock), None));
    let wired = guarded_xendit(config, base_url, &clock, &budget)
        .and_then(|(xendit, _)| main_account(config).map(|account| (xendit, account)));
    let (xendit, account) = match wired {
        Ok(wired) => wired,
        Err(error) => return vec![(WHAT, Err(format!("{error}: {}", causes(&error))))],
    };
    let key = key_is_good(&xendit, &account, clock.now()).await.map(|()| format!("{base_url} answers"));
    let is_good = key.is_ok();
    let mut checks = vec![(WHAT, key)];
    if is_good {
        let since = clock.now().minus(Duration::from_secs(1));
        let listed = xendit.sweep(&account, Period::since(since), ANSWER_WITHIN).await;
        checks.push((
            "xendit's listing",
            listed.map(|_| "money is found by it".to_owned()).map_err(|error| no_listing(&error)),
        ));
        checks.push(("xendit's webhooks", Ok(notified(config))));
        checks.push(("xendit's QR codes", Ok(qr_codes(config))));
    }
    checks
}

async fn key_is_good(
    xendit: &GuardedXendit,
    account: &ProviderAccount,
    now: mstore_pay_domain::time::Timestamp,
) -> Result<(), String> {
    let charge_ref = Some(ProviderRef::parse(NOBODYS).map_err(|error| error.to_string())?);
    let our_reference = OurReference::parse(NOBODYS_REFERENCE).map_err(|error| error.to_string())?;
    let query = Query { charge_ref, payment_refs: Vec::new(), our_reference, created_at: now, was_paid: false };
    match xendit.inquire(account, &[query], ANSWER_WITHIN).await.into_iter().next() {
        Some(Err(error)) if error.kind == ProviderErrorKind::Unauthorized => Err(format!(
            "{}; XENDIT_SECRET_KEY must be a secret key of this account that may write money-in, and Xendit must let \
             this machine's address call, where it keeps a list",
            said(&error)
        )),
        Some(Err(error)) if error.kind != ProviderErrorKind::NotFound => Err(said(&error)),
        Some(_) | None => Ok(()),
    }
}

fn no_listing(error: &ProviderError) -> String {
    let said = said(error);
    match error.kind {
        ProviderErrorKind::Unauthorized => format!(
            "{said}; give XENDIT_SECRET_KEY the permission to read transactions in Xendit's dashboard: until then money \
             whose webhook is lost is found by asking about each payment only"
        ),
        _ => said,
    }
}

fn said(error: &ProviderError) -> String {
    format!("{error}: {:?} {} {}", error.kind, error.upstream.code.as_deref().unwrap_or_default(), causes(error))
}

/// Xendit tells nobody where it sends: it is to be looked at.
fn notified(config: &Config) -> String {
    match &config.public_base_url {
        Some(url) => format!(
            "its dashboard must name {}/api/v1/webhook/xendit, and its token be XENDIT_WEBHOOK_TOKEN: see that it does",
            url.trim_end_matches('/')
        ),
        None => "none come from Xendit itself, for PUBLIC_BASE_URL is not set: money is found by asking".to_owned(),
    }
}

fn qr_codes(config: &Config) -> String {
    match &config.xendit.nmid {
        Some(nmid) => format!("must carry {nmid}"),
        None => "whose they are is not checked: set XENDIT_NMID to the shop's national merchant id".to_owned(),
    }
}
