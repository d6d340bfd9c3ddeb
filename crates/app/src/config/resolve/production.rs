//! What production insists on.

use std::net::Ipv4Addr;

use mstore_pay_sandbox::XENDIT_CALLBACK_TOKEN_DEFAULT;
use url::{Host, Url};

use super::{Faults, JWT_SECRET_DEVELOPMENT, LINK_SECRET_DEVELOPMENT, SECRET_BYTES_MIN, Secrets};
use crate::config::{SecretText, Settings};

/// Xendit's keys for real money start so, whatever environment they are used in.
pub(crate) const LIVE_KEY_PREFIX: &str = "xnd_production_";

/// Midtrans' keys for real money start so; those for tests have `SB-` before it.
pub(crate) const MIDTRANS_LIVE_KEY_PREFIX: &str = "Mid-server-";

/// The same of the keys for customers' browsers.
pub(super) const MIDTRANS_LIVE_CLIENT_KEY_PREFIX: &str = "Mid-client-";

/// Xendit's own have 32 characters or more; what is shorter than this was made up by hand.
const WEBHOOK_TOKEN_BYTES_MIN: usize = 16;

pub(super) fn check(settings: &Settings, secrets: &Secrets, faults: &mut Faults) {
    signing_secret("LINK_SECRET", secrets.link.as_ref(), LINK_SECRET_DEVELOPMENT, faults);
    if secrets.jwt_keys.is_none() || secrets.jwt.is_some() {
        signing_secret("SYSTEM_JWT_SECRET", secrets.jwt.as_ref(), JWT_SECRET_DEVELOPMENT, faults);
    }
    match &secrets.xendit_key {
        None => faults.add("XENDIT_SECRET_KEY is missing"),
        Some(key) if !key.expose().starts_with(LIVE_KEY_PREFIX) => {
            faults.add("XENDIT_SECRET_KEY is no live key (xnd_production_...)");
        }
        Some(_) => {}
    }
    webhook_token("XENDIT_WEBHOOK_TOKEN", secrets.xendit_token.as_ref(), faults);
    if secrets.xendit_token.is_none() {
        faults.add("XENDIT_WEBHOOK_TOKEN is missing");
    }
    webhook_token("XENDIT_WEBHOOK_TOKEN_PREVIOUS", secrets.xendit_token_previous.as_ref(), faults);
    if is_blank(settings.access.jwt_issuer.as_deref()) {
        faults.add("JWT_ISSUER is missing (`none` if tokens name no issuer)");
    }
    if is_blank(settings.access.jwt_audience.as_deref()) {
        faults.add("JWT_AUDIENCE is missing (`none` if tokens name no audience)");
    }
    match settings.public_base_url.as_deref() {
        None => faults.add("PUBLIC_BASE_URL is missing"),
        Some(url) if !is_public_https(url) => faults.add("PUBLIC_BASE_URL is not https on a public host"),
        Some(_) => {}
    }
    if settings.xendit.main_account_merchants.iter().all(|id| id.trim().is_empty()) {
        faults.add("MAIN_ACCOUNT_MERCHANTS is missing: the merchants whose money goes to the environment's account");
    }
    if settings.xendit.xendit_base_url.as_deref().is_some_and(|url| !is_public_https(url)) {
        faults.add("XENDIT_BASE_URL is not https on a public host");
    }
    if secrets.midtrans_key.as_ref().is_some_and(|key| !key.expose().starts_with(MIDTRANS_LIVE_KEY_PREFIX)) {
        faults.add("MIDTRANS_SERVER_KEY is no live key (Mid-server-...)");
    }
    if secrets.midtrans_key_previous.as_ref().is_some_and(|key| !key.expose().starts_with(MIDTRANS_LIVE_KEY_PREFIX)) {
        faults.add("MIDTRANS_SERVER_KEY_PREVIOUS is no live key (Mid-server-...)");
    }
    let client_key = settings.midtrans.midtrans_client_key.as_deref().filter(|key| !key.is_empty());
    if client_key.is_some_and(|key| !key.starts_with(MIDTRANS_LIVE_CLIENT_KEY_PREFIX)) {
        faults.add("MIDTRANS_CLIENT_KEY is no live key (Mid-client-...)");
    }
    if secrets.midtrans_key.is_some() && settings.policy.confirm_webhooks.trim() != "always" {
        faults.add("CONFIRM_WEBHOOKS must be `always` with Midtrans, whose signature leaves the status out");
    }
    if settings.midtrans.midtrans_core_base_url.as_deref().is_some_and(|url| !is_public_https(url)) {
        faults.add("MIDTRANS_CORE_BASE_URL is not https on a public host");
    }
    if settings.midtrans.midtrans_snap_base_url.as_deref().is_some_and(|url| !is_public_https(url)) {
        faults.add("MIDTRANS_SNAP_BASE_URL is not https on a public host");
    }
    if let Some(url) = settings.ledger.ledger_base_url.as_deref() {
        // It may well be a neighbour: the shop's own network is no fault here.
        if !url.starts_with("https://") {
            faults.add("LEDGER_BASE_URL is not https");
        }
        if secrets.ledger_token.is_none() {
            faults.add("LEDGER_TOKEN is missing: anybody could ask the ledger");
        }
    }
    if settings.time.time_scale.get() > 1 || settings.time.time_origin.is_some() {
        faults.add("TIME_SCALE and TIME_ORIGIN are for tests only: payments with real money age in real time");
    }
    if settings.events.events_allow_loopback {
        faults.add("EVENTS_ALLOW_LOOPBACK is for development and tests only: endpoints are whoever's");
    }
    if settings.failpoints.is_some() {
        faults.add("FAILPOINTS are for tests only");
    }
}

fn signing_secret(name: &str, given: Option<&SecretText>, development: &str, faults: &mut Faults) {
    match given.map(SecretText::expose) {
        None => faults.add(format!("{name} is missing")),
        Some(secret) if secret == development => faults.add(format!("{name} is the development secret")),
        Some(secret) if secret.len() < SECRET_BYTES_MIN => {
            faults.add(format!("{name} is shorter than {SECRET_BYTES_MIN} bytes"));
        }
        Some(_) => {}
    }
}

fn webhook_token(name: &str, given: Option<&SecretText>, faults: &mut Faults) {
    match given.map(SecretText::expose) {
        Some(token) if token == XENDIT_CALLBACK_TOKEN_DEFAULT => faults.add(format!("{name} is the sandbox's")),
        Some(token) if token.len() < WEBHOOK_TOKEN_BYTES_MIN => {
            faults.add(format!("{name} is shorter than {WEBHOOK_TOKEN_BYTES_MIN} bytes"));
        }
        Some(_) | None => {}
    }
}

fn is_blank(given: Option<&str>) -> bool {
    given.is_none_or(|text| text.trim().is_empty())
}

/// https, and a name or an address that is public: not this machine's, nor one of its network's.
fn is_public_https(text: &str) -> bool {
    let Ok(url) = text.parse::<Url>() else { return false };
    let public = match url.host() {
        Some(Host::Domain(name)) => name.contains('.') && !name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => is_public(address),
        Some(Host::Ipv6(address)) => address.to_ipv4_mapped().map_or_else(
            || {
                let inward = address.is_loopback() || address.is_unspecified();
                !inward && !address.is_unique_local() && !address.is_unicast_link_local()
            },
            is_public,
        ),
        None => false,
    };
    url.scheme() == "https" && public
}

fn is_public(address: Ipv4Addr) -> bool {
    let inward = address.is_loopback() || address.is_unspecified() || address.is_private();
    !inward && !address.is_link_local()
}
