//! Whether this machine's clock is right, by those of others.

use std::sync::Arc;
use std::time::Duration;

use chrono::DateTime;
use mstore_pay_domain::ports::Clock as _;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_midtrans::MidtransConfig;
use mstore_pay_outbound::HttpClient;
use mstore_pay_xendit::XenditConfig;
use url::Url;

use super::{ANSWER_WITHIN, Check, because};
use crate::config::Config;
use crate::store::Store;
use crate::system::SystemClock;

const WHAT: &str = "clock";
/// Two clocks that are so far apart do no harm; a `Date` header says whole seconds only.
const APART_MAX: Duration = Duration::from_secs(5);

/// Against the database's clock, where it may be another machine's.
pub(super) async fn of_database(store: &Arc<dyn Store>) -> Option<Check> {
    let asked = SystemClock::REAL.now();
    let outcome = match store.database_time().await {
        Ok(None) => return None,
        Ok(Some(theirs)) => held_against("the database's", asked, theirs, SystemClock::REAL.now()),
        Err(error) => Err(because(&error)),
    };
    Some((WHAT.to_owned(), outcome))
}

/// Against those of the providers that are reached.
pub(super) async fn of_providers(config: &Config) -> Vec<Check> {
    let midtrans = config.midtrans.as_ref().and_then(|midtrans| midtrans.addresses.as_ref());
    let reached = [
        (XenditConfig::ID, config.xendit.base_url.as_ref()),
        (MidtransConfig::ID, midtrans.map(|addresses| &addresses.core)),
    ];
    let mut checks = Vec::new();
    for (provider, base_url) in reached {
        if let Some(outcome) = of_provider(provider, base_url).await {
            checks.push((WHAT.to_owned(), outcome));
        }
    }
    checks
}

/// What is wrong with the provider itself is told elsewhere.
async fn of_provider(provider: &str, base_url: Option<&String>) -> Option<Result<String, String>> {
    let url: Url = base_url?.parse().ok()?;
    let asked = SystemClock::REAL.now();
    let date = HttpClient::new().ok()?.date(&url, ANSWER_WITHIN).await.ok()??;
    let theirs: Timestamp = DateTime::parse_from_rfc2822(&date).ok()?.to_utc().into();
    Some(held_against(&format!("{provider}'s"), asked, theirs, SystemClock::REAL.now()))
}

/// What they showed lies between what we showed before and after, if both are right.
fn held_against(whose: &str, asked: Timestamp, theirs: Timestamp, answered: Timestamp) -> Result<String, String> {
    let (behind, ahead) = (theirs.since(answered), asked.since(theirs));
    if behind <= APART_MAX && ahead <= APART_MAX {
        return Ok(format!("agrees with {whose}"));
    }
    let (apart, which) = if behind > ahead { (behind, "behind") } else { (ahead, "ahead of") };
    Err(format!(
        "is {} s {which} {whose}: keep it right by NTP, or tokens and webhooks are taken for old",
        apart.as_secs()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Holds a clock that shows noon against another, which was asked for two seconds.
    #[track_caller]
    fn check(theirs: &str, want: Result<&str, &str>) {
        let at = |text: &str| Timestamp::parse_rfc3339(&format!("2026-01-05T{text}Z")).unwrap();
        let outcome = held_against("its", at("12:00:00"), at(theirs), at("12:00:02"));
        let ((Ok(said), Ok(want)) | (Err(said), Err(want))) = (&outcome, want) else { panic!("{theirs}: {outcome:?}") };
        assert!(said.starts_with(want), "{theirs}: {said}");
    }

    #[test]
    fn clocks_that_are_apart_are_told_of() {
        check("12:00:01", Ok("agrees with its"));
        check("11:59:55", Ok("agrees with its"));
        check("12:00:07", Ok("agrees with its"));
        check("12:01:02", Err("is 60 s behind its"));
        check("11:58:00", Err("is 120 s ahead of its"));
    }
}
