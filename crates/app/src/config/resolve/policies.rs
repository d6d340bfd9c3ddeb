//! Settings of few words.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::NonZeroUsize;
use std::time::Duration;

use mstore_pay_domain::gateway::{ConfirmWebhooks, FailoverOnUnknown, ProviderOrder, RetentionPolicy};
use mstore_pay_domain::ids::{MerchantId, ProviderId};
use mstore_pay_domain::method::Method;
use mstore_pay_midtrans::MidtransConfig;
use mstore_pay_outbound::Reach;
use mstore_pay_sandbox::ClockAnchor;
use mstore_pay_xendit::XenditConfig;
use url::Url;

use crate::auth::Role;
use crate::config::{
    Database, EventArgs, HttpLimits, LimitArgs, RetentionArgs, TimeArgs, TraceArgs, TraceSettings, WorkersHere,
};
use crate::proxies::TrustedProxy;

const DAY: Duration = Duration::from_hours(24);

pub(super) fn confirm_webhooks(word: &str) -> Result<ConfirmWebhooks, String> {
    match word {
        "always" => Ok(ConfirmWebhooks::Always),
        "never" => Ok(ConfirmWebhooks::Never),
        _ => Err("CONFIRM_WEBHOOKS is neither always nor never".to_owned()),
    }
}

pub(super) fn failover(word: &str) -> Result<FailoverOnUnknown, String> {
    match word {
        "displayed" => Ok(FailoverOnUnknown::Displayed),
        "never" => Ok(FailoverOnUnknown::Never),
        _ => Err("FAILOVER_ON_UNKNOWN is neither displayed nor never".to_owned()),
    }
}

/// A store of SQLite has one process: with real money, nobody else would settle anything.
pub(super) fn workers(
    asked: WorkersHere,
    database: Option<&Database>,
    production: bool,
) -> Result<WorkersHere, String> {
    match (asked, database) {
        (WorkersHere::Off, Some(Database::Sqlite(_))) if production => {
            Err("WORKERS=off needs PostgreSQL: no other process shares a store of SQLite".to_owned())
        }
        (WorkersHere::On | WorkersHere::Off, Some(Database::Sqlite(_) | Database::Postgres(_)) | None) => Ok(asked),
    }
}

pub(super) fn merchants(given: &[String]) -> Result<Vec<MerchantId>, String> {
    let parse = |id: &String| MerchantId::parse(id.trim()).map_err(|error| format!("MAIN_ACCOUNT_MERCHANTS: {error}"));
    given.iter().filter(|id| !id.trim().is_empty()).map(parse).collect()
}

/// One thread for each core that is there, unless told otherwise.
pub(super) fn http_limits(args: &LimitArgs) -> HttpLimits {
    let cores = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
    HttpLimits {
        merchant_rate_limit: args.merchant_rate_limit,
        create_rate_limit: args.create_rate_limit,
        till_rate_limit: args.till_rate_limit,
        webhook_failure_limit: args.webhook_failure_limit,
        connections_max: args.http_connections_max,
        threads: args.http_threads.unwrap_or(cores),
    }
}

pub(super) fn trusted_proxies(given: &[String]) -> Result<Vec<TrustedProxy>, String> {
    let given = given.iter().map(|text| text.trim()).filter(|text| !text.is_empty());
    given.map(|text| text.parse().map_err(|error| format!("TRUSTED_PROXIES: {text:?} {error}"))).collect()
}

/// `xendit,midtrans`, or `qris=midtrans,xendit;gopay=xendit`; a part without a method is for all others. Each list must
/// name one that has a key.
pub(super) fn provider_order(text: &str, has_midtrans: bool) -> Result<ProviderOrder, String> {
    let parse = |id: &str| match id.trim() {
        known @ (XenditConfig::ID | MidtransConfig::ID) => {
            ProviderId::parse(known).map_err(|error| format!("PROVIDER_ORDER: {error}"))
        }
        unknown => Err(format!("PROVIDER_ORDER: {unknown:?} is no provider (xendit, midtrans)")),
    };
    let providers = |list: &str| -> Result<Vec<ProviderId>, String> {
        let named: Vec<ProviderId> = list.split(',').map(parse).collect::<Result<_, _>>()?;
        if has_midtrans || named.iter().any(|id| id.as_str() != MidtransConfig::ID) {
            Ok(named)
        } else {
            Err(format!("PROVIDER_ORDER: none of {list:?} has a key"))
        }
    };
    let mut order = ProviderOrder::default();
    for part in text.split(';').filter(|part| !part.trim().is_empty()) {
        match part.split_once('=') {
            Some((method, list)) => {
                let method: Method =
                    method.trim().parse().map_err(|error| format!("PROVIDER_ORDER: {error}: {method:?}"))?;
                order.by_method.insert(method, providers(list)?);
            }
            None => order.default = providers(part)?,
        }
    }
    Ok(order)
}

pub(super) fn role_map(text: &str) -> Result<BTreeMap<String, Role>, String> {
    let parse = |part: &str| {
        let (name, role) = part.split_once('=').ok_or_else(|| format!("ROLE_MAP: {part:?} is not NAME=ROLE"))?;
        let role = Role::parse(role.trim()).ok_or_else(|| format!("ROLE_MAP: {role:?} is no role"))?;
        Ok((name.trim().to_owned(), role))
    };
    text.split(',').filter(|part| !part.trim().is_empty()).map(parse).collect()
}

pub(super) fn retention(args: RetentionArgs) -> RetentionPolicy {
    let days = |days: u32| DAY.saturating_mul(days);
    RetentionPolicy {
        bodies: args.audit_retention_days.0.map(|kept| days(kept.get())),
        customers: days(args.customer_retention_days),
        settled: days(args.settled_retention_days),
    }
}

pub(super) const fn event_reach(args: EventArgs) -> Reach {
    if args.events_allow_loopback { Reach::PublicAndLoopback } else { Reach::Public }
}

/// The calendar of a process that plays no provider: the world's unless told otherwise.
pub(super) fn clock(time: TimeArgs) -> Result<Option<ClockAnchor>, String> {
    match (time.time_scale.get(), time.time_origin) {
        (1, _) => Ok(None),
        (scale, Some(origin)) => Ok(Some(ClockAnchor::at(origin, scale))),
        (_, None) => Err("TIME_SCALE needs TIME_ORIGIN where the provider is not played in this process".to_owned()),
    }
}

/// Where metrics and health answer, if apart from all else. Port 0 takes a free one, another each time.
pub(super) fn operations(listen: SocketAddr, given: Option<SocketAddr>) -> Result<Option<SocketAddr>, String> {
    if given == Some(listen) && listen.port() != 0 {
        return Err("OPERATIONS_LISTEN_ADDR is LISTEN_ADDR: leave it out to have metrics and health there".to_owned());
    }
    Ok(given)
}

/// Where traces go. What proves us to the collector goes in headers, not into its address, which is shown.
pub(super) fn traces(args: TraceArgs) -> Result<Option<TraceSettings>, String> {
    let Some(endpoint) = args.otel_exporter_otlp_endpoint.filter(|url| !url.trim().is_empty()) else {
        return Ok(None);
    };
    let not_one = "OTEL_EXPORTER_OTLP_ENDPOINT is no http or https URL without credentials and query";
    let url: Url = endpoint.trim().parse().map_err(|error| format!("{not_one}: {error}"))?;
    let is_bare =
        url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    if !is_bare || !url.has_host() || !["http", "https"].contains(&url.scheme()) {
        return Err(not_one.to_owned());
    }
    Ok(Some(TraceSettings { endpoint: url, service_name: args.otel_service_name }))
}

/// An address that links can start with, without its last slash.
pub(super) fn base_url(given: Option<&str>) -> Result<Option<String>, String> {
    let Some(text) = given.filter(|text| !text.trim().is_empty()) else { return Ok(None) };
    let url = mstore_pay_outbound::base_url(text).map_err(|error| format!("PUBLIC_BASE_URL is {error}"))?;
    Ok(Some(url.as_str().trim_end_matches('/').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_of_providers_may_differ_by_method() {
        let order = provider_order("xendit,midtrans;qris=midtrans,xendit", false).unwrap();
        let words = |ids: &[ProviderId]| ids.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(words(&order.default), ["xendit", "midtrans"]);
        assert_eq!(words(&order.by_method[&Method::Qris]), ["midtrans", "xendit"]);
        for wrong in ["cash=xendit", "xen dit", "midtrasn,xendit", "xendit;qris=midtrans"] {
            assert!(provider_order(wrong, false).is_err(), "{wrong}");
        }
        assert!(provider_order("midtrans", true).is_ok());
    }

    #[test]
    fn a_base_url_loses_its_last_slash_and_carries_no_secrets() {
        assert_eq!(base_url(Some("https://pay.example.com/")), Ok(Some("https://pay.example.com".to_owned())));
        assert_eq!(base_url(None), Ok(None));
        for text in ["pay.example.com", "ftp://x", "https://user@host", "https://host/?a"] {
            assert!(base_url(Some(text)).is_err(), "{text}");
        }
    }

    #[test]
    fn roles_get_other_names() {
        assert_eq!(role_map("BOSS=L0_OWNER").unwrap()["BOSS"], Role::Owner);
        assert!(role_map("BOSS").is_err());
        assert!(role_map("BOSS=KING").is_err());
    }
}
