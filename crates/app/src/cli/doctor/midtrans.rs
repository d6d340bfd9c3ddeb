//! What can be known of Midtrans before the first customer comes.

use std::sync::Arc;

use mstore_pay_domain::ids::OurReference;
use mstore_pay_domain::memory::MemoryBudget;
use mstore_pay_domain::ports::{Clock, PaymentProvider as _, ProviderErrorKind, Query, RateBudget};

use super::{ANSWER_WITHIN, Check};
use crate::config::{Config, MIDTRANS_LIVE_KEY_PREFIX, MidtransAddresses, MidtransSettings};
use crate::observed::causes;
use crate::system::SystemClock;
use crate::wiring::{guarded_midtrans, midtrans_account};

const WHAT: &str = "midtrans";
/// An order id that nobody has: to be told so needs a key that is good.
const NOBODYS: &str = "mstore-pay-doctor~aaaaaaaaa";
/// Hosts of Midtrans' test mode have this in their names.
const TEST_HOSTS: &str = ".sandbox.midtrans.com";
const HOSTS: &str = ".midtrans.com";

/// None where Midtrans takes no part.
pub(super) async fn check(config: &Config) -> Option<Check> {
    let midtrans = config.midtrans.as_ref()?;
    let Some(addresses) = &midtrans.addresses else {
        return Some((WHAT, Ok("played by the sandbox that `serve` starts".to_owned())));
    };
    let outcome = match of_one_mode(midtrans, addresses) {
        Ok(()) => key_is_good(config, midtrans, addresses).await,
        Err(wrong) => Err(wrong),
    };
    Some((WHAT, outcome.map(|fine| format!("{fine}; {}; {}", notified(config), qr_codes(midtrans)))))
}

/// Refuses a key of one mode for the hosts of the other.
fn of_one_mode(midtrans: &MidtransSettings, addresses: &MidtransAddresses) -> Result<(), String> {
    let is_live = midtrans.server_key.expose().starts_with(MIDTRANS_LIVE_KEY_PREFIX);
    for address in [&addresses.core, &addresses.snap] {
        let host = address.split('/').nth(2).unwrap_or_default();
        if host.ends_with(HOSTS) && host.ends_with(TEST_HOSTS) == is_live {
            let mode = if is_live { "live" } else { "test" };
            return Err(format!("MIDTRANS_SERVER_KEY is of {mode} mode, and {address} is not"));
        }
    }
    Ok(())
}

async fn key_is_good(
    config: &Config,
    midtrans: &MidtransSettings,
    addresses: &MidtransAddresses,
) -> Result<String, String> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::REAL);
    let budget: Arc<dyn RateBudget> = Arc::new(MemoryBudget::new(Arc::clone(&clock), None));
    let wired = guarded_midtrans(config, addresses, &clock, &budget)
        .and_then(|(provider, _)| midtrans_account(midtrans).map(|account| (provider, account)));
    let (provider, account) = wired.map_err(|error| format!("{error}: {}", causes(&error)))?;
    let our_reference = OurReference::parse(NOBODYS).map_err(|error| error.to_string())?;
    let query =
        Query { charge_ref: None, payment_refs: Vec::new(), our_reference, created_at: clock.now(), was_paid: false };
    let answers = provider.inquire(&account, &[query], ANSWER_WITHIN).await;
    match answers.into_iter().next() {
        Some(Err(error)) if error.kind != ProviderErrorKind::NotFound => {
            Err(format!("{error}: {:?} {}", error.kind, causes(&error)))
        }
        Some(_) | None => Ok(format!("{} answers, charges are opened through {}", addresses.core, midtrans.api.word())),
    }
}

fn notified(config: &Config) -> String {
    match &config.public_base_url {
        Some(url) => format!("notifications come to {}/api/v1/webhook/midtrans/main", url.trim_end_matches('/')),
        None => "notifications go where Midtrans' dashboard says, for PUBLIC_BASE_URL is not set".to_owned(),
    }
}

fn qr_codes(midtrans: &MidtransSettings) -> String {
    match &midtrans.nmid {
        Some(nmid) => format!("QR codes must carry {nmid}"),
        None => "whose QR codes come is not checked, for MIDTRANS_NMID is not set".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mstore_pay_midtrans::MidtransApi;

    #[track_caller]
    fn check(key: &str, core: &str, is_one: bool) {
        let midtrans = MidtransSettings {
            server_key: key.parse().unwrap(),
            server_key_previous: None,
            client_key: None,
            api: MidtransApi::Core,
            addresses: None,
            nmid: None,
            rate_limit: "off".parse().unwrap(),
        };
        assert_eq!(of_one_mode(&midtrans, &MidtransAddresses::below(core)).is_ok(), is_one, "{key} at {core}");
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
