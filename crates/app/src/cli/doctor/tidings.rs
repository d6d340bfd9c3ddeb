//! What came of late from an account: whether its webhooks do, and whose its QR codes are. No provider tells where it
//! sends its webhooks; money without any says that they do not come.

use std::time::Duration;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{Clock as _, Tidings};
use mstore_pay_domain::qr::PaymentQr;

use super::known::{Known, is_main, name};
use super::{Check, Config, because};

/// How far back is looked for money without a webhook.
const LOOKED_BACK: Duration = Duration::from_hours(24);
/// For so long a webhook may be on its way.
const UNDER_WAY: Duration = Duration::from_mins(1);

/// How a provider comes to tell us, and what it signs with, for an account of the environment.
pub(super) struct Told {
    /// What the address must be named by.
    pub(super) by: &'static str,
    /// The setting with what its webhooks prove themselves by.
    pub(super) secret: &'static str,
    /// The setting with the shop's national merchant id.
    pub(super) nmid: &'static str,
}

/// Nothing where there is no store to look into.
pub(super) async fn checks(config: &Config, known: &Known, account: &ProviderAccount, told: &Told) -> Vec<Check> {
    let Some(store) = &known.store else { return Vec::new() };
    let now = known.clock.now();
    let (since, until) = (now.minus(LOOKED_BACK), now.minus(UNDER_WAY));
    let names = ["webhooks", "QR codes"].map(|what| format!("{}'s {what}", name(account)));
    let [of_webhooks, of_codes] = names;
    match store.tidings(&account.provider, &account.id, since, until).await {
        Ok(tidings) => vec![
            (of_webhooks, webhooks(&tidings, &registration(config, account, told))),
            (of_codes, qr_codes(&tidings, account, told)),
        ],
        Err(error) => vec![(of_webhooks, Err(because(&error)))],
    }
}

/// What must be so for webhooks to come.
fn registration(config: &Config, account: &ProviderAccount, told: &Told) -> String {
    let own = if is_main(account) { String::new() } else { format!("/{}", account.id) };
    let path = format!("/api/v1/webhook/{}{own}", account.provider);
    let address = match &config.public_base_url {
        Some(url) => format!("{}{path}", url.trim_end_matches('/')),
        None => format!("how the outside reaches us (PUBLIC_BASE_URL is not set) and {path}"),
    };
    let secret = if is_main(account) { told.secret } else { "the account's webhook secret" };
    format!("{} must name {address}, and what it signs with be {secret}: see that it is so", told.by)
}

fn webhooks(tidings: &Tidings, registration: &str) -> Result<String, String> {
    match (tidings.paid_unheard, tidings.last_webhook) {
        (0, None) => Ok(format!("none came yet; {registration}")),
        (0, Some(at)) => Ok(format!("the last came at {at}")),
        (paid, None) => Err(format!("none ever came, and {} brought money; {registration}", payments(paid))),
        (paid, Some(at)) => {
            Err(format!("the last came at {at}, and {} brought money after it; {registration}", payments(paid)))
        }
    }
}

fn payments(count: u64) -> String {
    if count == 1 { "1 payment".to_owned() } else { format!("{count} payments") }
}

fn qr_codes(tidings: &Tidings, account: &ProviderAccount, told: &Told) -> Result<String, String> {
    // What is no QR code of the standard, as test accounts answer, is nobody's.
    let last = tidings.last_qr.as_deref().and_then(|text| PaymentQr::parse(text).ok()).map(|qr| qr.nmids);
    let setting = if is_main(account) { told.nmid } else { "the account's nmid" };
    match (&account.nmid, last) {
        (Some(nmid), Some(theirs)) if !theirs.contains(nmid) => Err(format!(
            "must carry {nmid}, and the last one carries {}: none like it is shown. Have {setting} name the shop's national \
             merchant id, as the provider has it",
            theirs.join(" and ")
        )),
        (Some(nmid), Some(_)) => Ok(format!("must carry {nmid}, as the last one does")),
        (Some(nmid), None) => Ok(format!("must carry {nmid}")),
        (None, Some(theirs)) => Ok(format!(
            "whose they are is not checked: set {setting} to the shop's national merchant id (the last one carries {})",
            theirs.join(" and ")
        )),
        (None, None) => Ok(format!("whose they are is not checked: set {setting} to the shop's national merchant id")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mstore_pay_domain::time::Timestamp;

    /// What is said of webhooks, where so many payments brought money after the last one.
    #[track_caller]
    fn check(paid_unheard: u64, last_webhook: Option<Timestamp>, want: Result<&str, &str>) {
        let tidings = Tidings { last_webhook, paid_unheard, last_qr: None };
        let said = webhooks(&tidings, "it must be told");
        assert_eq!(said.as_deref().map_err(String::as_str), want);
    }

    #[test]
    fn money_without_a_webhook_says_that_none_come() {
        let at = Timestamp::parse_rfc3339("2026-01-05T12:00:00Z").unwrap();
        check(0, None, Ok("none came yet; it must be told"));
        check(0, Some(at), Ok("the last came at 2026-01-05T12:00:00Z"));
        check(3, None, Err("none ever came, and 3 payments brought money; it must be told"));
        check(
            2,
            Some(at),
            Err("the last came at 2026-01-05T12:00:00Z, and 2 payments brought money after it; it must be told"),
        );
    }
}
