//! What the settings come to.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroUsize};

use mstore_pay_domain::gateway::{ConfirmWebhooks, FailoverOnUnknown, ProviderOrder, RetentionPolicy};
use mstore_pay_domain::ids::MerchantId;
use mstore_pay_midtrans::MidtransApi;
use mstore_pay_outbound::Reach;
use mstore_pay_sandbox::{ClockAnchor, SandboxConfig};
use mstore_pay_xendit::{WebhookVerification, XenditApi};

use url::Url;

use super::{AccountKeys, AppEnv, Database, JwtSettings, LogFormat, PerMinute, SecretText, WorkersHere};
use crate::auth::Role;
use crate::proxies::TrustedProxy;

/// What is in force.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where this runs.
    pub env: AppEnv,
    /// Address to listen on.
    pub listen: SocketAddr,
    /// Address of metrics and health, where they are apart.
    pub operations_listen: Option<SocketAddr>,
    /// Where traces go, if anywhere.
    pub traces: Option<TraceSettings>,
    /// The store.
    pub database: Database,
    /// Connections to it, where it is a server.
    pub database_connections: NonZeroU16,
    /// Whether what goes on without a request goes on here.
    pub workers: WorkersHere,
    /// How the outside reaches us; `None`: the address bound.
    pub public_base_url: Option<String>,
    /// Origins whose pages may call us.
    pub cors_allowed_origins: Vec<String>,
    /// Proxies that say who called.
    pub trusted_proxies: Vec<TrustedProxy>,
    /// How log lines look.
    pub log_format: LogFormat,
    /// What is logged.
    pub log_filter: String,
    /// Signs pay links.
    pub link_secret: SecretText,
    /// What tokens are verified with.
    pub jwt: JwtSettings,
    /// Other names for roles.
    pub role_map: BTreeMap<String, Role>,
    /// Xendit.
    pub xendit: XenditSettings,
    /// Midtrans, if it takes part.
    pub midtrans: Option<MidtransSettings>,
    /// The transaction service of somebody else, if that owns the orders.
    pub ledger: Option<LedgerSettings>,
    /// Merchants that the environment's accounts serve; empty: all.
    pub main_account_merchants: Vec<MerchantId>,
    /// What the secrets of merchants' own accounts are sealed with; `None`: they cannot have any.
    pub account_keys: Option<AccountKeys>,
    /// How far endpoints of merchants may be.
    pub event_reach: Reach,
    /// In which order providers are tried.
    pub provider_order: ProviderOrder,
    /// That order as it was given.
    pub provider_order_text: String,
    /// Whether webhooks are borne out.
    pub confirm_webhooks: ConfirmWebhooks,
    /// What follows an unanswered opening.
    pub failover_on_unknown: FailoverOnUnknown,
    /// How long things are kept.
    pub retention: RetentionPolicy,
    /// What is enough.
    pub http: HttpLimits,
    /// The sandbox in this process, unless a provider is configured.
    pub sandbox: Option<SandboxConfig>,
    /// The calendar of tests, unless it is that of the sandbox in this process.
    pub clock: Option<ClockAnchor>,
    /// Where a fault programme strikes.
    pub failpoints: Option<String>,
}

/// Where traces go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TraceSettings {
    /// The collector.
    pub endpoint: Url,
    /// What this is called.
    pub service_name: String,
}

/// How Xendit is reached.
#[derive(Debug, Clone)]
pub struct XenditSettings {
    /// Key of the account `main`.
    pub secret_key: SecretText,
    /// What its webhooks are verified with.
    pub webhook_token: SecretText,
    /// The one before.
    pub webhook_token_previous: Option<SecretText>,
    /// Where it is; `None`: the sandbox in this process.
    pub base_url: Option<String>,
    /// Through which of its APIs charges are opened.
    pub api: XenditApi,
    /// What proves a webhook.
    pub verification: WebhookVerification,
    /// The national merchant id that QR codes must carry.
    pub nmid: Option<String>,
    /// Calls per endpoint and minute.
    pub rate_limit: PerMinute,
}

/// How Midtrans is reached.
#[derive(Debug, Clone)]
pub struct MidtransSettings {
    /// Key of the account `main`, and what its notifications are signed with.
    pub server_key: SecretText,
    /// The one before.
    pub server_key_previous: Option<SecretText>,
    /// With which customers' browsers turn cards into tokens.
    pub client_key: Option<String>,
    /// Through which of its APIs charges are opened.
    pub api: MidtransApi,
    /// Where they are; `None`: the sandbox in this process.
    pub addresses: Option<MidtransAddresses>,
    /// The national merchant id that QR codes must carry.
    pub nmid: Option<String>,
    /// Calls a minute for each account and endpoint.
    pub rate_limit: PerMinute,
}

/// Where Midtrans' APIs are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MidtransAddresses {
    /// The Core API.
    pub core: String,
    /// Snap.
    pub snap: String,
}

/// How a transaction service of somebody else is reached.
#[derive(Debug, Clone)]
pub struct LedgerSettings {
    /// Where it is.
    pub base_url: String,
    /// What it is shown.
    pub token: Option<SecretText>,
}

/// What is enough.
#[derive(Debug, Clone, Copy)]
pub struct HttpLimits {
    /// Requests per merchant and minute.
    pub merchant_rate_limit: PerMinute,
    /// Creates per merchant and minute.
    pub create_rate_limit: PerMinute,
    /// Creates per till and minute.
    pub till_rate_limit: PerMinute,
    /// Logged credential failures per address and minute.
    pub webhook_failure_limit: PerMinute,
    /// Connections per thread.
    pub connections_max: NonZeroUsize,
    /// Threads.
    pub threads: NonZeroUsize,
}

impl MidtransAddresses {
    /// Both below that Core API, as a sandbox has them.
    #[must_use]
    pub fn below(core: &str) -> Self {
        Self { core: core.to_owned(), snap: format!("{}/snap/v1", core.trim_end_matches('/')) }
    }
}

impl XenditSettings {
    /// The word of the setting.
    #[must_use]
    pub const fn verification_word(&self) -> &'static str {
        match self.verification {
            WebhookVerification::Token => "token",
            WebhookVerification::Hmac => "hmac",
        }
    }
}

impl Config {
    /// How many times faster than real time payments age.
    #[must_use]
    pub fn time_scale(&self) -> u32 {
        let of_sandbox = self.sandbox.as_ref().map(|sandbox| sandbox.time_scale.get());
        of_sandbox.or(self.clock.map(ClockAnchor::scale)).unwrap_or(1)
    }

    /// The word of the setting.
    #[must_use]
    pub const fn confirm_webhooks_word(&self) -> &'static str {
        match self.confirm_webhooks {
            ConfirmWebhooks::Always => "always",
            ConfirmWebhooks::Never => "never",
        }
    }

    /// The word of the setting.
    #[must_use]
    pub const fn failover_word(&self) -> &'static str {
        match self.failover_on_unknown {
            FailoverOnUnknown::Displayed => "displayed",
            FailoverOnUnknown::Never => "never",
        }
    }
}
