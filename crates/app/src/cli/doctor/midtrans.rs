//! What can be known of Midtrans before the first customer comes, and of whether it tells us since.

use std::sync::Arc;

use futures::StreamExt as _;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::OurReference;
use mstore_pay_domain::memory::MemoryBudget;
use mstore_pay_domain::ports::{Clock, PaymentProvider as _, ProviderError, ProviderErrorKind, Query, RateBudget};
use mstore_pay_midtrans::MidtransConfig;

use super::known::{Known, is_main, name};
use super::tidings::{self, Told};
use super::{ANSWER_WITHIN, Check, because};
use crate::config::{Config, MIDTRANS_LIVE_KEY_PREFIX, MidtransAddresses, MidtransSettings};
use crate::observed::causes;
use crate::readiness::GuardedMidtrans;
use crate::system::SystemClock;
use crate::wiring::guarded_midtrans;

/// Accounts that are asked about at once.
const ACCOUNTS_AT_ONCE: usize = 8;
/// An order id that nobody has: to be told so needs a key that is good.
const NOBODYS: &str = "mstore-pay-doctor~aaaaaaaaa";
/// Hosts of Midtrans' test mode have this in their names.
const TEST_HOSTS: &str = ".sandbox.midtrans.com";
const HOSTS: &str = ".midtrans.com";
const TOLD: Told = Told {
    by: "each charge, and for what was opened elsewhere its dashboard,",
    secret: "MIDTRANS_SERVER_KEY",
    nmid: "MIDTRANS_NMID",
};

/// Nothing where Midtrans takes no part.
pub(super) async fn check(config: &Config, known: &Known) -> Vec<Check> {
    let Some(midtrans) = &config.midtrans else { return Vec::new() };
    let Some(addresses) = &midtrans.addresses else {
        return vec![(MidtransConfig::ID.to_owned(), Ok("played by the sandbox that `serve` starts".to_owned()))];
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::REAL);
    let budget: Arc<dyn RateBudget> = Arc::new(MemoryBudget::new(Arc::clone(&clock), None));
    let provider = match guarded_midtrans(config, addresses, &clock, &budget) {
        Ok((provider, _)) => provider,
        Err(error) => return vec![(MidtransConfig::ID.to_owned(), Err(because(&error)))],
    };
    let examine = async |account| {
        let answers = answers(&provider, midtrans, addresses, account, &*clock).await;
        let mut checks = vec![(name(account), answers)];
        checks.extend(tidings::checks(config, known, account, &TOLD).await);
        checks
    };
    let each = known.at(MidtransConfig::ID).map(examine);
    futures::stream::iter(each).buffered(ACCOUNTS_AT_ONCE).concat().await
}

/// Refuses a key of one mode for the hosts of the other.
fn of_one_mode(key: &str, named: &str, addresses: &MidtransAddresses) -> Result<(), String> {
    let is_live = key.starts_with(MIDTRANS_LIVE_KEY_PREFIX);
    for address in [&addresses.core, &addresses.snap] {
        let host = address.split('/').nth(2).unwrap_or_default();
        if host.ends_with(HOSTS) && host.ends_with(TEST_HOSTS) == is_live {
            let mode = if is_live { "live" } else { "test" };
            return Err(format!("{named} is of {mode} mode, and {address} is not: give the key of the other mode"));
        }
    }
    Ok(())
}

async fn answers(
    provider: &GuardedMidtrans,
    midtrans: &MidtransSettings,
    addresses: &MidtransAddresses,
    account: &ProviderAccount,
    clock: &dyn Clock,
) -> Result<String, String> {
    of_one_mode(account.credential.expose(), key(account), addresses)?;
    let our_reference = OurReference::parse(NOBODYS).map_err(|error| error.to_string())?;
    let query =
        Query { charge_ref: None, payment_refs: Vec::new(), our_reference, created_at: clock.now(), was_paid: false };
    match provider.inquire(account, &[query], ANSWER_WITHIN).await.into_iter().next() {
        Some(Err(error)) if error.kind != ProviderErrorKind::NotFound => Err(refused(&error, account)),
        Some(_) | None => Ok(format!("{} answers, charges are opened through {}", addresses.core, midtrans.api.word())),
    }
}

fn refused(error: &ProviderError, account: &ProviderAccount) -> String {
    let mend = match error.kind {
        ProviderErrorKind::Unauthorized => {
            format!("{} must be the server key of this account, of the mode of these addresses", key(account))
        }
        _ => "see to MIDTRANS_CORE_BASE_URL, to the way out of this machine, and to Midtrans' status page".to_owned(),
    };
    format!("{error}: {:?} {}; {mend}", error.kind, causes(error))
}

/// What the account's key is called.
fn key(account: &ProviderAccount) -> &'static str {
    if is_main(account) { "MIDTRANS_SERVER_KEY" } else { "its credential (`mstore-pay account rotate`)" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(key: &str, core: &str, is_one: bool) {
        let outcome = of_one_mode(key, "MIDTRANS_SERVER_KEY", &MidtransAddresses::below(core));
        assert_eq!(outcome.is_ok(), is_one, "{key} at {core}");
    }

    #[test]
    fn a_key_is_for_the_hosts_of_its_mode() {
        check("SB-Mid-server-x", "https://api.sandbox.midtrans.com", true);
        check("SB-Mid-server-x", "https://api.midtrans.com", false);
        check("Mid-server-x", "https://api.midtrans.com", true);
        check("Mid-server-x", "https://api.sandbox.midtrans.com", false);
        check("SB-Mid-server-x", "http://127.0.0.1:8081/midtrans", true);
    }
}
