//! `--print-config`: the effective values, with secrets masked.

use std::fmt::Display;
use std::time::Duration;

use mstore_pay_outbound::Reach;
use mstore_pay_sandbox::RateLimit;

use super::{Config, MidtransAddresses, MidtransSettings, SecretText};

/// What stands for the address of a provider that is played here.
const OF_SANDBOX: &str = "(the sandbox in this process)";
const SECONDS_PER_DAY: u64 = 24 * 60 * 60;

impl Config {
    /// The values in force, one `NAME=value` a line; of secrets only whether they are set.
    #[must_use]
    pub fn describe(&self) -> String {
        let secret = |set: bool| if set { "****" } else { "" }.to_owned();
        let midtrans = self.midtrans.as_ref();
        let lines = [
            ("APP_ENV", self.env.word().to_owned()),
            ("LISTEN_ADDR", self.listen.to_string()),
            ("OPERATIONS_LISTEN_ADDR", self.operations_listen.map(|address| address.to_string()).unwrap_or_default()),
            ("DATABASE_URL", self.database.to_string()),
            ("DATABASE_CONNECTIONS", self.database_connections.to_string()),
            ("WORKERS", self.workers.word().to_owned()),
            ("PUBLIC_BASE_URL", self.public_base_url.clone().unwrap_or_default()),
            ("LINK_SECRET", secret(true)),
            ("SYSTEM_JWT_SECRET", secret(self.jwt.system_secret.as_ref().map(SecretText::expose).is_some())),
            ("JWT_KEYS", list(self.jwt.keys.iter().map(|key| &key.kid))),
            ("JWT_ISSUER", self.jwt.issuer.clone().unwrap_or_else(|| "none".to_owned())),
            ("JWT_AUDIENCE", self.jwt.audience.clone().unwrap_or_else(|| "none".to_owned())),
            (
                "ROLE_MAP",
                self.role_map
                    .iter()
                    .map(|(name, role)| format!("{name}={}", role.name()))
                    .collect::<Vec<_>>()
                    .join(","),
            ),
            ("XENDIT_SECRET_KEY", secret(true)),
            ("XENDIT_WEBHOOK_TOKEN", secret(true)),
            ("XENDIT_WEBHOOK_TOKEN_PREVIOUS", secret(self.xendit.webhook_token_previous.is_some())),
            ("XENDIT_API", self.xendit.api.word().to_owned()),
            ("XENDIT_BASE_URL", self.xendit.base_url.clone().unwrap_or_else(|| OF_SANDBOX.to_owned())),
            ("XENDIT_WEBHOOK_VERIFICATION", self.xendit.verification_word().to_owned()),
            ("XENDIT_RATE_LIMIT", self.xendit.rate_limit.to_string()),
            ("XENDIT_NMID", self.xendit.nmid.clone().unwrap_or_default()),
            ("MIDTRANS_SERVER_KEY", secret(midtrans.is_some())),
            ("MIDTRANS_SERVER_KEY_PREVIOUS", secret(midtrans.is_some_and(|of| of.server_key_previous.is_some()))),
            ("MIDTRANS_CLIENT_KEY", midtrans.and_then(|of| of.client_key.clone()).unwrap_or_default()),
            ("MIDTRANS_API", midtrans.map(|of| of.api.word().to_owned()).unwrap_or_default()),
            ("MIDTRANS_CORE_BASE_URL", self.midtrans_address(|of| &of.core)),
            ("MIDTRANS_SNAP_BASE_URL", self.midtrans_address(|of| &of.snap)),
            ("MIDTRANS_RATE_LIMIT", midtrans.map(|of| of.rate_limit.to_string()).unwrap_or_default()),
            ("MIDTRANS_NMID", midtrans.and_then(|of| of.nmid.clone()).unwrap_or_default()),
            ("LEDGER_BASE_URL", self.ledger.as_ref().map(|ledger| ledger.base_url.clone()).unwrap_or_default()),
            ("LEDGER_TOKEN", secret(self.ledger.as_ref().is_some_and(|ledger| ledger.token.is_some()))),
            ("ACCOUNT_KEY", secret(self.account_keys.is_some())),
            ("ACCOUNT_KEY_PREVIOUS", secret(self.account_keys.as_ref().is_some_and(|keys| keys.previous.is_some()))),
            ("EVENTS_ALLOW_LOOPBACK", (self.event_reach == Reach::PublicAndLoopback).to_string()),
            ("MAIN_ACCOUNT_MERCHANTS", list(&self.main_account_merchants)),
            ("CONFIRM_WEBHOOKS", self.confirm_webhooks_word().to_owned()),
            ("FAILOVER_ON_UNKNOWN", self.failover_word().to_owned()),
            ("PROVIDER_ORDER", self.provider_order_text.clone()),
            ("CORS_ALLOWED_ORIGINS", list(&self.cors_allowed_origins)),
            ("TRUSTED_PROXIES", list(&self.trusted_proxies)),
            ("LOG_FORMAT", self.log_format.word().to_owned()),
            ("LOG_FILTER", self.log_filter.clone()),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", self.traces.as_ref().map(|of| of.endpoint.to_string()).unwrap_or_default()),
            ("OTEL_SERVICE_NAME", self.traces.as_ref().map(|of| of.service_name.clone()).unwrap_or_default()),
            ("MERCHANT_RATE_LIMIT", self.http.merchant_rate_limit.to_string()),
            ("CREATE_RATE_LIMIT", self.http.create_rate_limit.to_string()),
            ("TILL_RATE_LIMIT", self.http.till_rate_limit.to_string()),
            ("WEBHOOK_FAILURE_LIMIT", self.http.webhook_failure_limit.to_string()),
            ("HTTP_CONNECTIONS_MAX", self.http.connections_max.to_string()),
            ("HTTP_THREADS", self.http.threads.to_string()),
            ("AUDIT_RETENTION_DAYS", self.retention.bodies.map_or_else(|| "off".to_owned(), days)),
            ("CUSTOMER_RETENTION_DAYS", days(self.retention.customers)),
            ("SETTLED_RETENTION_DAYS", days(self.retention.settled)),
            ("TIME_SCALE", self.time_scale().to_string()),
            ("FAILPOINTS", self.failpoints.clone().unwrap_or_default()),
        ];
        let lines = lines.into_iter().chain(self.describe_sandbox());
        lines.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("\n")
    }

    /// What the providers that are played in this process are told.
    fn describe_sandbox(&self) -> [(&'static str, String); 4] {
        let sandbox = self.sandbox.as_ref();
        let state = sandbox.and_then(|of| of.state.as_ref()).map(|of| of.display().to_string());
        [
            ("SANDBOX_LISTEN_ADDR", sandbox.map(|of| of.listen.to_string()).unwrap_or_default()),
            ("SANDBOX_STATE", state.unwrap_or_default()),
            ("SANDBOX_RATE_LIMIT", sandbox.map(|of| calls(of.rate_limit)).unwrap_or_default()),
            ("SANDBOX_SWEEP_LAG", sandbox.map(|of| of.sweep_lag_ms.to_string()).unwrap_or_default()),
        ]
    }

    fn midtrans_address(&self, one: impl Fn(&MidtransAddresses) -> &String) -> String {
        let address =
            |of: &MidtransSettings| of.addresses.as_ref().map_or_else(|| OF_SANDBOX.to_owned(), |of| one(of).clone());
        self.midtrans.as_ref().map(address).unwrap_or_default()
    }
}

fn calls(limit: RateLimit) -> String {
    match limit {
        RateLimit::Off => "off".to_owned(),
        RateLimit::PerMinute(calls) => calls.to_string(),
    }
}

/// As settings list things.
fn list<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

fn days(kept: Duration) -> String {
    kept.as_secs().checked_div(SECONDS_PER_DAY).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use clap::{Args as _, Command, Parser};

    use crate::config::Settings;

    /// Of tests alone, and part of what `TIME_SCALE` shows.
    const NOT_SHOWN: &str = "TIME_ORIGIN";

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        settings: Settings,
    }

    #[test]
    fn every_setting_is_shown() {
        let shown = Line::parse_from(["test"]).settings.resolve().unwrap().describe();
        let names: Vec<&str> = shown.lines().map(|line| line.split_once('=').unwrap().0).collect();
        let settings = Settings::augment_args(Command::new("test"));
        let missing = settings.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).filter(|name| {
            let shown_as = name.strip_suffix("_FILE").unwrap_or(name);
            *name != NOT_SHOWN && !names.contains(&shown_as)
        });
        assert_eq!(missing.collect::<Vec<_>>(), Vec::<&str>::new());
    }
}
