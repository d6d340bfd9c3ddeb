//! From settings to what is in force; whatever is wrong is named at once.

mod midtrans;
mod policies;
mod production;

pub(crate) use production::{LIVE_KEY_PREFIX, MIDTRANS_LIVE_KEY_PREFIX};

use std::fmt;
use std::path::PathBuf;

use mstore_pay_midtrans::MidtransConfig;
use mstore_pay_remote_ledger::RemoteLedgerConfig;
use mstore_pay_sandbox::{RateLimit, SandboxConfig, XENDIT_CALLBACK_TOKEN_DEFAULT, XENDIT_KEY_DEFAULT};

use super::{
    AccountKey, AccountKeys, Config, Database, JwtSettings, LedgerArgs, LedgerSettings, LogFormat, SecretText,
    Settings, XenditArgs, XenditSettings, jwt, secret,
};

/// Shortest secret that we sign or verify with, in bytes: as long as the digest.
pub(super) const SECRET_BYTES_MIN: usize = 32;
/// A file beneath the folder that the program runs in.
const DATABASE_URL_DEFAULT: &str = "sqlite://data/mstore-pay.db";
/// What development signs links with.
const LINK_SECRET_DEVELOPMENT: &str = "development-link-secret-not-for-production";
/// What development signs tokens with.
const JWT_SECRET_DEVELOPMENT: &str = "development-jwt-secret-not-for-production";
/// Issuer and audience of development tokens.
const JWT_PARTY_DEVELOPMENT: &str = "mstore";
/// Where Xendit is.
const XENDIT_URL: &str = "https://api.xendit.co";

/// Everything that is wrong with the settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// One sentence for each thing.
    pub faults: Vec<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the configuration cannot be used:")?;
        self.faults.iter().try_for_each(|fault| write!(f, "\n  - {fault}"))
    }
}

impl std::error::Error for ConfigError {}

/// Collects what is wrong while going on.
#[derive(Default)]
pub(super) struct Faults(Vec<String>);

impl Faults {
    pub(super) fn add(&mut self, fault: impl Into<String>) {
        self.0.push(fault.into());
    }

    fn keep<T>(&mut self, outcome: Result<T, String>) -> Option<T> {
        outcome.map_err(|fault| self.add(fault)).ok()
    }
}

impl Settings {
    /// What the settings come to.
    ///
    /// # Errors
    /// [`ConfigError`] names everything that is missing or wrong, not only the first.
    pub fn resolve(self) -> Result<Config, ConfigError> {
        let mut faults = Faults::default();
        let config = self.gather(&mut faults);
        match config {
            Some(config) if faults.0.is_empty() => Ok(config),
            Some(_) | None => Err(ConfigError { faults: faults.0 }),
        }
    }

    fn gather(self, faults: &mut Faults) -> Option<Config> {
        let production = self.app_env.is_production();
        let secrets = Secrets::read(&self, faults);
        let sandboxed = !production && secrets.xendit_key.is_none() && self.xendit.xendit_base_url.is_none();
        if production {
            production::check(&self, &secrets, faults);
        } else if secrets.xendit_key.as_ref().is_some_and(|key| key.expose().starts_with(LIVE_KEY_PREFIX)) {
            faults.add("XENDIT_SECRET_KEY is a live key, and APP_ENV is not production");
        }
        let sandbox = sandboxed.then(|| midtrans::played(self.embedded_sandbox(), &self.midtrans));
        let database = database(&secrets, production, faults);
        let workers = faults.keep(policies::workers(self.workers, database.as_ref(), production));
        let xendit = xendit_settings(&self.xendit, &secrets, sandboxed, faults);
        let is_named = self.policy.provider_order.contains(MidtransConfig::ID);
        let midtrans = midtrans::settings(&self.midtrans, &secrets, production, sandboxed && is_named, faults);
        let ledger = ledger_settings(&self.ledger, &secrets, faults);
        let jwt = self.jwt_settings(&secrets, faults);
        let account_keys = account_keys(&secrets, faults);
        let role_map = faults.keep(policies::role_map(&self.access.role_map));
        let merchants = faults.keep(policies::merchants(&self.xendit.main_account_merchants));
        let trusted_proxies = faults.keep(policies::trusted_proxies(&self.trusted_proxies));
        let provider_order = faults.keep(policies::provider_order(&self.policy.provider_order, midtrans.is_some()));
        let confirm_webhooks = faults.keep(policies::confirm_webhooks(&self.policy.confirm_webhooks));
        let failover_on_unknown = faults.keep(policies::failover(&self.policy.failover_on_unknown));
        let is_real = production || sandboxed;
        let clock = if is_real { Some(None) } else { faults.keep(policies::clock(self.time)) };
        let public_base_url = faults.keep(policies::base_url(self.public_base_url.as_deref()));
        if let Some(text) = &self.failpoints {
            faults.keep(crate::probe::Failpoints::parse(text).map(|_| ()).map_err(|error| error.to_string()));
        }
        let operations_listen = faults.keep(policies::operations(self.listen_addr, self.operations_listen_addr));
        let traces = faults.keep(policies::traces(self.traces));
        let log_format = self.log_format.unwrap_or(if production { LogFormat::Json } else { LogFormat::Pretty });
        Some(Config {
            env: self.app_env,
            listen: self.listen_addr,
            operations_listen: operations_listen?,
            traces: traces?,
            database: database?,
            database_connections: self.database_connections,
            workers: workers?,
            public_base_url: public_base_url?,
            cors_allowed_origins: self.cors_allowed_origins.into_iter().filter(|origin| !origin.is_empty()).collect(),
            trusted_proxies: trusted_proxies?,
            log_format,
            log_filter: self.log_filter,
            link_secret: secrets.link.or_else(|| development(production, LINK_SECRET_DEVELOPMENT))?,
            jwt: jwt?,
            role_map: role_map?,
            xendit: xendit?,
            midtrans,
            ledger,
            main_account_merchants: merchants?,
            account_keys,
            event_reach: policies::event_reach(self.events),
            provider_order: provider_order?,
            provider_order_text: self.policy.provider_order,
            confirm_webhooks: confirm_webhooks?,
            failover_on_unknown: failover_on_unknown?,
            retention: policies::retention(self.retention),
            http: policies::http_limits(&self.limits),
            sandbox,
            clock: clock?,
            failpoints: self.failpoints,
        })
    }

    fn jwt_settings(&self, secrets: &Secrets, faults: &mut Faults) -> Option<JwtSettings> {
        let production = self.app_env.is_production();
        let keys = match &secrets.jwt_keys {
            Some(text) => faults.keep(jwt::parse_keys(text))?,
            None => Vec::new(),
        };
        let party = |given: &Option<String>| match given.as_deref().map(str::trim) {
            Some("none") => None,
            Some(named) if !named.is_empty() => Some(named.to_owned()),
            Some(_) | None => Some(JWT_PARTY_DEVELOPMENT.to_owned()),
        };
        Some(JwtSettings {
            system_secret: secrets.jwt.clone().or_else(|| development(production, JWT_SECRET_DEVELOPMENT)),
            keys,
            issuer: party(&self.access.jwt_issuer),
            audience: party(&self.access.jwt_audience),
        })
    }

    fn embedded_sandbox(&self) -> SandboxConfig {
        let args = &self.sandbox;
        let state = (!args.sandbox_state.as_os_str().is_empty()).then(|| args.sandbox_state.clone());
        SandboxConfig {
            listen: args.sandbox_listen_addr,
            state,
            time_scale: self.time.time_scale,
            time_origin: self.time.time_origin,
            rate_limit: args.sandbox_rate_limit.0.map_or(RateLimit::Off, RateLimit::PerMinute),
            sweep_lag_ms: args.sandbox_sweep_lag,
            ..SandboxConfig::default()
        }
    }
}

/// The store that is named.
fn database(secrets: &Secrets, production: bool, faults: &mut Faults) -> Option<Database> {
    // One fault is enough: a file that cannot be read is not blank as well.
    if secrets.database_url.is_none() && !faults.0.iter().any(|fault| fault.starts_with("DATABASE_URL")) {
        faults.add("DATABASE_URL is blank");
    }
    let url = secrets.database_url.as_ref()?.expose();
    let database = faults.keep(url.parse::<Database>().map_err(|error| format!("DATABASE_URL {error}")));
    if let (true, Some(Database::Postgres(url))) = (production, &database)
        && url.leaves_encryption_open()
    {
        faults.add("DATABASE_URL names another machine and no sslmode: verify-full, or by name require or disable");
    }
    database
}

/// Secrets as they were given.
pub(super) struct Secrets {
    pub(super) database_url: Option<SecretText>,
    pub(super) link: Option<SecretText>,
    pub(super) jwt: Option<SecretText>,
    pub(super) jwt_keys: Option<SecretText>,
    pub(super) xendit_key: Option<SecretText>,
    pub(super) xendit_token: Option<SecretText>,
    pub(super) xendit_token_previous: Option<SecretText>,
    pub(super) midtrans_key: Option<SecretText>,
    pub(super) midtrans_key_previous: Option<SecretText>,
    pub(super) ledger_token: Option<SecretText>,
    pub(super) account_key: Option<SecretText>,
    pub(super) account_key_previous: Option<SecretText>,
}

impl Secrets {
    fn read(settings: &Settings, faults: &mut Faults) -> Self {
        let (access, accounts) = (&settings.access, &settings.accounts);
        let (xendit, midtrans) = (&settings.xendit, &settings.midtrans);
        let mut read = |name, given: &Option<SecretText>, file: &Option<PathBuf>| {
            match secret::one_of(name, given.as_ref(), file.as_deref()) {
                Ok(secret) => secret,
                Err(fault) => {
                    faults.add(fault);
                    // One fault is enough: it is not missing as well.
                    given.clone()
                }
            }
        };
        let ledger = &settings.ledger;
        let is_blank = |text: &SecretText| text.expose().trim().is_empty();
        // Blank beside a file, it is how what an image or a unit says is taken back.
        let database_url = settings.database_url.clone().filter(|url| !is_blank(url));
        let database_url = match read("DATABASE_URL", &database_url, &settings.database_url_file) {
            Some(url) => Some(url),
            None if settings.database_url.is_none() && settings.database_url_file.is_none() => {
                Some(SecretText::from(DATABASE_URL_DEFAULT.to_owned()))
            }
            // Nobody sells into a file because the name of the database is missing.
            None => None,
        };
        Self {
            database_url,
            ledger_token: read("LEDGER_TOKEN", &ledger.ledger_token, &ledger.ledger_token_file),
            link: read("LINK_SECRET", &access.link_secret, &access.link_secret_file),
            jwt: read("SYSTEM_JWT_SECRET", &access.system_jwt_secret, &access.system_jwt_secret_file),
            jwt_keys: read("JWT_KEYS", &access.jwt_keys, &access.jwt_keys_file),
            xendit_key: read("XENDIT_SECRET_KEY", &xendit.xendit_secret_key, &xendit.xendit_secret_key_file),
            xendit_token: read("XENDIT_WEBHOOK_TOKEN", &xendit.xendit_webhook_token, &xendit.xendit_webhook_token_file),
            xendit_token_previous: read(
                "XENDIT_WEBHOOK_TOKEN_PREVIOUS",
                &xendit.xendit_webhook_token_previous,
                &xendit.xendit_webhook_token_previous_file,
            ),
            midtrans_key: read(
                "MIDTRANS_SERVER_KEY",
                &midtrans.midtrans_server_key,
                &midtrans.midtrans_server_key_file,
            ),
            midtrans_key_previous: read(
                "MIDTRANS_SERVER_KEY_PREVIOUS",
                &midtrans.midtrans_server_key_previous,
                &midtrans.midtrans_server_key_previous_file,
            ),
            account_key: read("ACCOUNT_KEY", &accounts.account_key, &accounts.account_key_file),
            account_key_previous: read(
                "ACCOUNT_KEY_PREVIOUS",
                &accounts.account_key_previous,
                &accounts.account_key_previous_file,
            ),
        }
    }
}

fn account_keys(secrets: &Secrets, faults: &mut Faults) -> Option<AccountKeys> {
    let mut key = |name: &str, given: &Option<SecretText>| {
        let parsed = AccountKey::parse(given.as_ref()?.expose()).map_err(|error| format!("{name} {error}"));
        faults.keep(parsed)
    };
    let current = key("ACCOUNT_KEY", &secrets.account_key);
    let previous = key("ACCOUNT_KEY_PREVIOUS", &secrets.account_key_previous);
    if secrets.account_key.is_none() && secrets.account_key_previous.is_some() {
        faults.add("ACCOUNT_KEY_PREVIOUS is given without ACCOUNT_KEY");
    }
    Some(AccountKeys { current: current?, previous })
}

fn xendit_settings(
    args: &XenditArgs,
    secrets: &Secrets,
    sandboxed: bool,
    faults: &mut Faults,
) -> Option<XenditSettings> {
    let api = faults.keep(args.xendit_api.parse().map_err(|_unknown| "XENDIT_API is neither v3 nor v2".to_owned()));
    let verification = args.xendit_webhook_verification.parse();
    let verification = faults
        .keep(verification.map_err(|_unknown| "XENDIT_WEBHOOK_VERIFICATION is neither token nor hmac".to_owned()));
    let base_url = args.xendit_base_url.clone().or_else(|| (!sandboxed).then(|| XENDIT_URL.to_owned()));
    let nmid = args.xendit_nmid.clone().filter(|nmid| !nmid.is_empty());
    Some(XenditSettings {
        secret_key: secrets.xendit_key.clone().or_else(|| XENDIT_KEY_DEFAULT.parse().ok())?,
        webhook_token: secrets.xendit_token.clone().or_else(|| XENDIT_CALLBACK_TOKEN_DEFAULT.parse().ok())?,
        webhook_token_previous: secrets.xendit_token_previous.clone(),
        base_url,
        api: api?,
        verification: verification?,
        nmid: nmid.or_else(|| sandboxed.then(|| mstore_pay_sandbox::NMID_DEFAULT.to_owned())),
        rate_limit: args.xendit_rate_limit,
    })
}

/// How a transaction service of somebody else is reached; none where the orders are ours.
fn ledger_settings(args: &LedgerArgs, secrets: &Secrets, faults: &mut Faults) -> Option<LedgerSettings> {
    let Some(base_url) = args.ledger_base_url.clone().filter(|url| !url.trim().is_empty()) else {
        if secrets.ledger_token.is_some() {
            faults.add("LEDGER_TOKEN is given without LEDGER_BASE_URL");
        }
        return None;
    };
    let usable = RemoteLedgerConfig::new(&base_url).map_err(|error| format!("LEDGER_BASE_URL is {error}"));
    faults.keep(usable)?;
    Some(LedgerSettings { base_url, token: secrets.ledger_token.clone() })
}

/// A default that exists outside production only.
fn development(production: bool, text: &str) -> Option<SecretText> {
    (!production).then(|| text.parse().ok()).flatten()
}
