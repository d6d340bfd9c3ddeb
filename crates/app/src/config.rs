//! What the process is told: by flag or by environment, read once, here.

mod account_key;
mod database;
mod effective;
mod environment;
mod jwt;
mod limit;
mod print;
mod resolve;
mod secret;

use std::net::SocketAddr;
use std::num::{NonZeroU16, NonZeroU32, NonZeroUsize};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use clap::{Args, value_parser};

pub use account_key::{AccountKey, AccountKeys, NotAKey};
pub use database::{Database, NotADatabase, PostgresUrl};
pub use effective::{
    Config, HttpLimits, LedgerSettings, MidtransAddresses, MidtransSettings, TraceSettings, XenditSettings,
};
pub use environment::{AppEnv, LogFormat, WorkersHere};
pub use jwt::{JwtAlgorithm, JwtKey, JwtSettings};
pub use limit::{Days, PerMinute};
pub use resolve::ConfigError;
pub(crate) use resolve::{LIVE_KEY_PREFIX, MIDTRANS_LIVE_KEY_PREFIX};
pub use secret::SecretText;

/// Settings as they are given; [`Config`] is what they come to.
#[derive(Debug, Clone, Args)]
pub struct Settings {
    /// Where this runs. `production` refuses development secrets, sandbox URLs and missing settings.
    #[arg(long, env = "APP_ENV", value_enum, default_value_t)]
    pub app_env: AppEnv,
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, env = "LISTEN_ADDR", default_value = "127.0.0.1:8080")]
    pub listen_addr: SocketAddr,
    /// Address where `/metrics`, `/healthz` and `/readyz` answer, and they alone; given, they are not at `LISTEN_ADDR`.
    #[arg(long, env = "OPERATIONS_LISTEN_ADDR")]
    pub operations_listen_addr: Option<SocketAddr>,
    /// The store: `sqlite://PATH` for one process, `postgres://USER:PASSWORD@HOST/DATABASE` for any number; in production with
    /// `sslmode`, where a host is another machine. Default: `sqlite://data/mstore-pay.db`.
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<SecretText>,
    /// A file that holds it.
    #[arg(long, env = "DATABASE_URL_FILE")]
    pub database_url_file: Option<PathBuf>,
    /// Connections that this process opens to PostgreSQL to work with. Of every eight, three are for one of the threads that
    /// serve, by which tills look and webhooks are taken in; of the others a quarter, rounded down, is left to reads and to
    /// webhooks that come in. The server's `max_connections` is to cover those of all nodes, and three more of each: one that
    /// says the node lives, one that listens, and one for a moment at its start.
    #[arg(long, env = "DATABASE_CONNECTIONS", default_value = "16")]
    pub database_connections: NonZeroU16,
    /// Whether this process does what goes on without a request: settling webhooks, asking about due payments, sweeping,
    /// telling endpoints. `off` leaves that to other processes over the same database, of which one must be `on`; gauges
    /// and small housekeeping go on.
    #[arg(long, env = "WORKERS", value_enum, default_value_t)]
    pub workers: WorkersHere,
    /// How the outside reaches us; links in answers start with it. Default: the address bound.
    #[arg(long, env = "PUBLIC_BASE_URL")]
    pub public_base_url: Option<String>,
    /// Origins whose pages may call us from a browser, by commas; empty: none.
    #[arg(long, env = "CORS_ALLOWED_ORIGINS", value_delimiter = ',')]
    pub cors_allowed_origins: Vec<String>,
    /// Addresses or ranges of the proxies before us whose `X-Forwarded-For` is believed, by commas; empty: none, and whoever
    /// connects is who calls.
    #[arg(long, env = "TRUSTED_PROXIES", value_delimiter = ',')]
    pub trusted_proxies: Vec<String>,
    /// How log lines look; `pretty` unless in production.
    #[arg(long, env = "LOG_FORMAT", value_enum)]
    pub log_format: Option<LogFormat>,
    /// What is logged, in the notation of `tracing-subscriber` filters.
    #[arg(long, env = "LOG_FILTER", default_value = "info")]
    pub log_filter: String,
    /// Where traces go.
    #[command(flatten)]
    pub traces: TraceArgs,
    /// Keys, issuers and roles.
    #[command(flatten)]
    pub access: AccessSettings,
    /// Xendit.
    #[command(flatten)]
    pub xendit: XenditArgs,
    /// Midtrans.
    #[command(flatten)]
    pub midtrans: MidtransArgs,
    /// The transaction service that owns the orders.
    #[command(flatten)]
    pub ledger: LedgerArgs,
    /// Accounts of merchants' own.
    #[command(flatten)]
    pub accounts: AccountArgs,
    /// Telling merchants' back ends of events.
    #[command(flatten)]
    pub events: EventArgs,
    /// How the gateway decides.
    #[command(flatten)]
    pub policy: PolicyArgs,
    /// What is enough.
    #[command(flatten)]
    pub limits: LimitArgs,
    /// How long things are kept.
    #[command(flatten)]
    pub retention: RetentionArgs,
    /// The sandbox that runs in the same process when no provider is configured.
    #[command(flatten)]
    pub sandbox: EmbeddedSandboxArgs,
    /// A calendar for tests.
    #[command(flatten)]
    pub time: TimeArgs,
    /// Points at which to abort, panic, fail or sleep, for fault programmes:
    /// `after_intent_commit=abort;before_call=sleep(5000)*3`.
    #[arg(long, env = "FAILPOINTS")]
    pub failpoints: Option<String>,
}

/// Where traces go.
#[derive(Debug, Clone, Args)]
pub struct TraceArgs {
    /// The collector that traces are sent to over OTLP, HTTP with protobuf, at `/v1/traces` below this; absent: none are.
    /// What else the SDK reads holds too: `OTEL_TRACES_SAMPLER`, `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_BSP_...`.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT")]
    pub otel_exporter_otlp_endpoint: Option<String>,
    /// What this is called in traces.
    #[arg(long, env = "OTEL_SERVICE_NAME", default_value = "mstore-pay")]
    pub otel_service_name: String,
}

/// Who may come in, and how links are signed.
#[derive(Debug, Clone, Args)]
pub struct AccessSettings {
    /// Signs pay links; at least 32 bytes.
    #[arg(long, env = "LINK_SECRET", hide_env_values = true)]
    pub link_secret: Option<SecretText>,
    /// File with the value of `LINK_SECRET`.
    #[arg(long, env = "LINK_SECRET_FILE")]
    pub link_secret_file: Option<PathBuf>,
    /// Verifies HS256 tokens that name no key; at least 32 bytes.
    #[arg(long, env = "SYSTEM_JWT_SECRET", hide_env_values = true)]
    pub system_jwt_secret: Option<SecretText>,
    /// File with the value of `SYSTEM_JWT_SECRET`.
    #[arg(long, env = "SYSTEM_JWT_SECRET_FILE")]
    pub system_jwt_secret_file: Option<PathBuf>,
    /// Further keys, as JSON: `[{"kid":"..","algorithm":"HS256|RS256|EdDSA","key":"secret or PEM"}]`.
    #[arg(long, env = "JWT_KEYS", hide_env_values = true)]
    pub jwt_keys: Option<SecretText>,
    /// File with the value of `JWT_KEYS`.
    #[arg(long, env = "JWT_KEYS_FILE")]
    pub jwt_keys_file: Option<PathBuf>,
    /// Issuer that tokens must name, or `none`.
    #[arg(long, env = "JWT_ISSUER")]
    pub jwt_issuer: Option<String>,
    /// Audience that tokens must name, or `none`.
    #[arg(long, env = "JWT_AUDIENCE")]
    pub jwt_audience: Option<String>,
    /// Other names for roles: `CASHIER_SENIOR=L0_CASHIER,BOSS=L0_OWNER`.
    #[arg(long, env = "ROLE_MAP", default_value = "")]
    pub role_map: String,
}

/// The account `main` at Xendit, and how Xendit is reached.
#[derive(Debug, Clone, Args)]
pub struct XenditArgs {
    /// Secret key of the account `main`.
    #[arg(long, env = "XENDIT_SECRET_KEY", hide_env_values = true)]
    pub xendit_secret_key: Option<SecretText>,
    /// File with the value of `XENDIT_SECRET_KEY`.
    #[arg(long, env = "XENDIT_SECRET_KEY_FILE")]
    pub xendit_secret_key_file: Option<PathBuf>,
    /// What webhooks of the account `main` are verified with.
    #[arg(long, env = "XENDIT_WEBHOOK_TOKEN", hide_env_values = true)]
    pub xendit_webhook_token: Option<SecretText>,
    /// File with the value of `XENDIT_WEBHOOK_TOKEN`.
    #[arg(long, env = "XENDIT_WEBHOOK_TOKEN_FILE")]
    pub xendit_webhook_token_file: Option<PathBuf>,
    /// The token before, accepted while a rotation lasts.
    #[arg(long, env = "XENDIT_WEBHOOK_TOKEN_PREVIOUS", hide_env_values = true)]
    pub xendit_webhook_token_previous: Option<SecretText>,
    /// File with the value of `XENDIT_WEBHOOK_TOKEN_PREVIOUS`.
    #[arg(long, env = "XENDIT_WEBHOOK_TOKEN_PREVIOUS_FILE")]
    pub xendit_webhook_token_previous_file: Option<PathBuf>,
    /// Through which of Xendit's APIs charges are opened: `v3`, or `v2` (QR Codes API for QRIS, from Rp 1,500,
    /// and Payments API v2 for the rest; no GoPay). What was opened before a change is followed all the same.
    #[arg(long, env = "XENDIT_API", default_value = "v3")]
    pub xendit_api: String,
    /// Where Xendit is: `https://api.xendit.co` once there is a key, else the sandbox in this process.
    #[arg(long, env = "XENDIT_BASE_URL")]
    pub xendit_base_url: Option<String>,
    /// What proves a webhook: `token` (what Xendit sends) or `hmac` (for relays that sign).
    #[arg(long, env = "XENDIT_WEBHOOK_VERIFICATION", default_value = "token")]
    pub xendit_webhook_verification: String,
    /// The national merchant id that the account's QR codes must carry; absent: not checked.
    #[arg(long, env = "XENDIT_NMID")]
    pub xendit_nmid: Option<String>,
    /// Calls per endpoint and minute, or `off`.
    #[arg(long, env = "XENDIT_RATE_LIMIT", default_value = "600")]
    pub xendit_rate_limit: PerMinute,
    /// Merchants that the environment's accounts serve, by commas; outside production all where empty.
    #[arg(long, env = "MAIN_ACCOUNT_MERCHANTS", value_delimiter = ',')]
    pub main_account_merchants: Vec<String>,
}

/// The account `main` at Midtrans, and how Midtrans is reached. Without a key Midtrans takes no part, unless it is
/// played by the sandbox in this process.
#[derive(Debug, Clone, Args)]
pub struct MidtransArgs {
    /// Server key of the account `main`; notifications are verified with it as well.
    #[arg(long, env = "MIDTRANS_SERVER_KEY", hide_env_values = true)]
    pub midtrans_server_key: Option<SecretText>,
    /// File with the value of `MIDTRANS_SERVER_KEY`.
    #[arg(long, env = "MIDTRANS_SERVER_KEY_FILE")]
    pub midtrans_server_key_file: Option<PathBuf>,
    /// The server key before, whose notifications are accepted while a rotation lasts.
    #[arg(long, env = "MIDTRANS_SERVER_KEY_PREVIOUS", hide_env_values = true)]
    pub midtrans_server_key_previous: Option<SecretText>,
    /// File with the value of `MIDTRANS_SERVER_KEY_PREVIOUS`.
    #[arg(long, env = "MIDTRANS_SERVER_KEY_PREVIOUS_FILE")]
    pub midtrans_server_key_previous_file: Option<PathBuf>,
    /// Client key of the account `main`, with which customers' browsers turn cards into tokens. It is no secret.
    #[arg(long, env = "MIDTRANS_CLIENT_KEY")]
    pub midtrans_client_key: Option<String>,
    /// Through which of Midtrans' APIs charges are opened: `core` (nine methods; cards without a token on a page of
    /// Snap's), or `snap` (a page of Midtrans' each for qris, gopay, dana and cards). What was opened before a change
    /// is followed all the same.
    #[arg(long, env = "MIDTRANS_API", default_value = "core")]
    pub midtrans_api: String,
    /// Calls a minute that Midtrans takes for each account and endpoint, or `off`.
    #[arg(long, env = "MIDTRANS_RATE_LIMIT", default_value = "600")]
    pub midtrans_rate_limit: PerMinute,
    /// Where Midtrans' Core API is; absent: Midtrans' own test or live API, as the key says, or the sandbox in this
    /// process where the key is the sandbox's or there is none.
    #[arg(long, env = "MIDTRANS_CORE_BASE_URL")]
    pub midtrans_core_base_url: Option<String>,
    /// Where Snap is; absent: `/snap/v1` below `MIDTRANS_CORE_BASE_URL` where that is given, else as for Core.
    #[arg(long, env = "MIDTRANS_SNAP_BASE_URL")]
    pub midtrans_snap_base_url: Option<String>,
    /// The national merchant id that the account's QR codes must carry; absent: not checked.
    #[arg(long, env = "MIDTRANS_NMID")]
    pub midtrans_nmid: Option<String>,
}

/// A transaction service of somebody else. Without one the orders are those registered here.
#[derive(Debug, Clone, Args)]
pub struct LedgerArgs {
    /// Where the transaction service is that is asked about orders and told of payments; absent: the orders registered
    /// here.
    #[arg(long, env = "LEDGER_BASE_URL")]
    pub ledger_base_url: Option<String>,
    /// The bearer token that it is shown.
    #[arg(long, env = "LEDGER_TOKEN", hide_env_values = true)]
    pub ledger_token: Option<SecretText>,
    /// File with the value of `LEDGER_TOKEN`.
    #[arg(long, env = "LEDGER_TOKEN_FILE")]
    pub ledger_token_file: Option<PathBuf>,
}

/// What the secrets of merchants' own accounts are sealed with in the store.
#[derive(Debug, Clone, Args)]
pub struct AccountArgs {
    /// The key: 32 bytes in base64, the same for every node. Without one merchants cannot have accounts of their own.
    #[arg(long, env = "ACCOUNT_KEY", hide_env_values = true)]
    pub account_key: Option<SecretText>,
    /// File with the value of `ACCOUNT_KEY`.
    #[arg(long, env = "ACCOUNT_KEY_FILE")]
    pub account_key_file: Option<PathBuf>,
    /// The key before, which still opens what it sealed until `account reseal` has run.
    #[arg(long, env = "ACCOUNT_KEY_PREVIOUS", hide_env_values = true)]
    pub account_key_previous: Option<SecretText>,
    /// File with the value of `ACCOUNT_KEY_PREVIOUS`.
    #[arg(long, env = "ACCOUNT_KEY_PREVIOUS_FILE")]
    pub account_key_previous_file: Option<PathBuf>,
}

/// How merchants' back ends are told of events.
#[derive(Debug, Clone, Copy, Args)]
pub struct EventArgs {
    /// Let endpoints be on this machine, over http as well: for development and tests, never in production. Without
    /// this they are https on public hosts.
    #[arg(long, env = "EVENTS_ALLOW_LOOPBACK")]
    pub events_allow_loopback: bool,
}

/// How the gateway decides.
#[derive(Debug, Clone, Args)]
pub struct PolicyArgs {
    /// Providers, first first, for all or by method (`qris=midtrans,xendit;gopay=xendit`). One without a key is
    /// passed over.
    #[arg(long, env = "PROVIDER_ORDER", default_value = "xendit,midtrans")]
    pub provider_order: String,
    /// Whether a webhook's word of money is borne out by asking: `always` or `never`.
    #[arg(long, env = "CONFIRM_WEBHOOKS", default_value = "always")]
    pub confirm_webhooks: String,
    /// What follows an opening nobody answered: `displayed` opens another, `never` waits.
    #[arg(long, env = "FAILOVER_ON_UNKNOWN", default_value = "displayed")]
    pub failover_on_unknown: String,
}

/// What is enough.
#[derive(Debug, Clone, Args)]
pub struct LimitArgs {
    /// Requests with a token of one merchant in a minute, whatever they ask for, or `off`.
    #[arg(long, env = "MERCHANT_RATE_LIMIT", default_value = "60000")]
    pub merchant_rate_limit: PerMinute,
    /// Payments that one merchant may ask for in a minute, or `off`.
    #[arg(long, env = "CREATE_RATE_LIMIT", default_value = "6000")]
    pub create_rate_limit: PerMinute,
    /// Payments that one till may ask for in a minute, or `off`: a till is who it says it is, or the token's user.
    #[arg(long, env = "TILL_RATE_LIMIT", default_value = "3000")]
    pub till_rate_limit: PerMinute,
    /// Failed webhook credentials of one address that are logged in a minute, or `off` for all; beyond
    /// them its connections are closed as well, unless a proxy stands between.
    #[arg(long, env = "WEBHOOK_FAILURE_LIMIT", default_value = "30")]
    pub webhook_failure_limit: PerMinute,
    /// Connections open at once, for each thread that serves them.
    #[arg(long, env = "HTTP_CONNECTIONS_MAX", default_value = "10000")]
    pub http_connections_max: NonZeroUsize,
    /// Threads that serve HTTP; default: one for each core.
    #[arg(long, env = "HTTP_THREADS")]
    pub http_threads: Option<NonZeroUsize>,
}

/// How long things are kept that need not be kept for ever. Payments, money and the audit trail are.
#[derive(Debug, Clone, Copy, Args)]
pub struct RetentionArgs {
    /// Days for which redacted requests, answers and webhooks are kept with the audit trail, or `off`: for ever. The
    /// trail holds without them.
    #[arg(long, env = "AUDIT_RETENTION_DAYS", default_value = "365")]
    pub audit_retention_days: Days,
    /// Days after which customers' e-mail addresses, names and phones are deleted from their payments, at least 8: for so
    /// long money is looked for.
    #[arg(long, env = "CUSTOMER_RETENTION_DAYS", default_value = "90", value_parser = value_parser!(u32).range(8..))]
    pub customer_retention_days: u32,
    /// Days after which settled webhooks, messages that went out and idempotency keys that are over are deleted, at
    /// least 7: for so long a webhook that comes again is known. Tills that were away longer miss changes.
    #[arg(long, env = "SETTLED_RETENTION_DAYS", default_value = "30", value_parser = value_parser!(u32).range(7..))]
    pub settled_retention_days: u32,
}

/// The sandbox in the same process.
#[derive(Debug, Clone, Args)]
pub struct EmbeddedSandboxArgs {
    /// Where it listens; port 0 takes a free one.
    #[arg(long, env = "SANDBOX_LISTEN_ADDR", default_value = "127.0.0.1:8081")]
    pub sandbox_listen_addr: SocketAddr,
    /// Its ledger.
    #[arg(long, env = "SANDBOX_STATE", default_value = "data/sandbox.json")]
    pub sandbox_state: PathBuf,
    /// Its rate limit for each endpoint and minute, or `off`.
    #[arg(long, env = "SANDBOX_RATE_LIMIT", default_value = "600")]
    pub sandbox_rate_limit: PerMinute,
    /// How long it keeps arrived money from listings, in milliseconds of its clock.
    #[arg(long, env = "SANDBOX_SWEEP_LAG", default_value_t = mstore_pay_sandbox::SWEEP_LAG_MS_DEFAULT)]
    pub sandbox_sweep_lag: u64,
}

/// A calendar that runs faster than the world's, for tests.
#[derive(Debug, Clone, Copy, Args)]
pub struct TimeArgs {
    /// How many times faster than real time payments age, here and at the sandbox in this process; not in
    /// production. Calls, waits and tokens keep real time.
    #[arg(long, env = "TIME_SCALE", default_value = "1")]
    pub time_scale: NonZeroU32,
    /// When the faster time showed the real one, RFC 3339. Default: where the sandbox in this process left off;
    /// without one it must be given, the same to every process.
    #[arg(long, env = "TIME_ORIGIN")]
    pub time_origin: Option<DateTime<Utc>>,
}
