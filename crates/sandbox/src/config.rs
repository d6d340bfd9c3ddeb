//! What a sandbox is started with.

use std::net::{Ipv4Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::str::FromStr;

use chrono::{DateTime, Utc};
use url::Url;

use crate::error::SandboxError;

/// The Xendit secret key that the development set-up uses on both sides.
pub const XENDIT_KEY_DEFAULT: &str = "xnd_development_sandbox";
/// The `x-callback-token` that the development set-up uses on both sides.
pub const XENDIT_CALLBACK_TOKEN_DEFAULT: &str = "sandbox-callback-token";
/// The Midtrans server key that the development set-up uses on both sides.
pub const MIDTRANS_SERVER_KEY_DEFAULT: &str = "SB-Mid-server-sandbox";
/// The Midtrans client key that goes with it.
pub const MIDTRANS_CLIENT_KEY_DEFAULT: &str = "SB-Mid-client-sandbox";
/// The Midtrans merchant behind [`MAIN_ACCOUNT`].
pub const MIDTRANS_MERCHANT_ID_DEFAULT: &str = "G141532850";
/// The name of the account that the plain key opens.
pub const MAIN_ACCOUNT: &str = "main";
/// The Xendit business behind [`MAIN_ACCOUNT`].
pub const XENDIT_BUSINESS_ID_DEFAULT: &str = "65a0f1c2d3e4b5a697887766";
/// The national merchant id that QR strings of [`MAIN_ACCOUNT`] carry in tag 51.
pub const NMID_DEFAULT: &str = "ID1020304050607";
/// How long arrived money stays out of the list of transactions, in milliseconds of the provider's clock.
pub const SWEEP_LAG_MS_DEFAULT: u64 = 500;
/// Requests per endpoint and minute that Xendit's live mode allows, and the default here.
pub const RATE_LIMIT_PER_MINUTE_DEFAULT: u32 = 600;

/// Everything a sandbox can be told before it starts.
#[derive(Debug, Clone)]
pub struct SandboxConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The journal that survives crashes; none keeps the books in memory only.
    pub state: Option<PathBuf>,
    /// How many times faster than real time the provider's clock runs.
    pub time_scale: NonZeroU32,
    /// When the provider's clock showed the real time. None: where the state file left off, else the start.
    pub time_origin: Option<DateTime<Utc>>,
    /// The rate limit in force at start; `/_control/limits` changes it later.
    pub rate_limit: RateLimit,
    /// See [`SWEEP_LAG_MS_DEFAULT`].
    pub sweep_lag_ms: u64,
    /// Xendit accounts: the first is the main account, the others are its sub-accounts.
    pub xendit_accounts: Vec<XenditAccount>,
    /// Midtrans merchants, each with keys of its own; the first is the main account.
    pub midtrans_merchants: Vec<MidtransMerchant>,
}

/// One business at Xendit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct XenditAccount {
    /// What the control plane calls it: `main`, or the business id of a sub-account.
    pub name: String,
    /// Goes out as `business_id`, comes in as `for-user-id`.
    pub business_id: String,
    /// The secret key, `xnd_development_...`.
    pub key: String,
    /// Sent as `x-callback-token` with this account's webhooks.
    pub callback_token: String,
    /// National merchant id, for tag 51 of QR strings.
    pub nmid: String,
    /// Where this account's webhooks go; `/_control/webhook-target` changes it later.
    pub webhook_target: Option<Url>,
}

impl XenditAccount {
    /// The account of the plain development key.
    #[must_use]
    pub fn main() -> Self {
        Self {
            name: MAIN_ACCOUNT.to_owned(),
            business_id: XENDIT_BUSINESS_ID_DEFAULT.to_owned(),
            key: XENDIT_KEY_DEFAULT.to_owned(),
            callback_token: XENDIT_CALLBACK_TOKEN_DEFAULT.to_owned(),
            nmid: NMID_DEFAULT.to_owned(),
            webhook_target: None,
        }
    }

    /// A sub-account whose key and callback token are the main ones with its business id behind them.
    #[must_use]
    pub fn sub(business_id: &str) -> Self {
        Self {
            name: business_id.to_owned(),
            business_id: business_id.to_owned(),
            key: format!("{XENDIT_KEY_DEFAULT}_{business_id}"),
            callback_token: format!("{XENDIT_CALLBACK_TOKEN_DEFAULT}-{business_id}"),
            nmid: NMID_DEFAULT.to_owned(),
            webhook_target: None,
        }
    }
}

/// One merchant at Midtrans.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MidtransMerchant {
    /// What the control plane calls it: `main`, or the merchant id.
    pub name: String,
    /// Goes out as `merchant_id`.
    pub merchant_id: String,
    /// The key of calls, `SB-Mid-server-...`; notifications are signed with it.
    pub server_key: String,
    /// The key that a page makes card tokens with, `SB-Mid-client-...`.
    pub client_key: String,
    /// National merchant id, for tag 51 of QR strings.
    pub nmid: String,
    /// Where this merchant's notifications go; `/_control/webhook-target` changes it later.
    pub webhook_target: Option<Url>,
}

impl MidtransMerchant {
    /// The merchant of the plain development keys.
    #[must_use]
    pub fn main() -> Self {
        Self {
            name: MAIN_ACCOUNT.to_owned(),
            merchant_id: MIDTRANS_MERCHANT_ID_DEFAULT.to_owned(),
            server_key: MIDTRANS_SERVER_KEY_DEFAULT.to_owned(),
            client_key: MIDTRANS_CLIENT_KEY_DEFAULT.to_owned(),
            nmid: NMID_DEFAULT.to_owned(),
            webhook_target: None,
        }
    }

    /// Another merchant, whose keys are the main ones with its merchant id behind them.
    #[must_use]
    pub fn other(merchant_id: &str) -> Self {
        Self {
            name: merchant_id.to_owned(),
            merchant_id: merchant_id.to_owned(),
            server_key: format!("{MIDTRANS_SERVER_KEY_DEFAULT}-{merchant_id}"),
            client_key: format!("{MIDTRANS_CLIENT_KEY_DEFAULT}-{merchant_id}"),
            nmid: NMID_DEFAULT.to_owned(),
            webhook_target: None,
        }
    }
}

impl Default for SandboxConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            state: None,
            time_scale: NonZeroU32::MIN,
            time_origin: None,
            rate_limit: RateLimit::default(),
            sweep_lag_ms: SWEEP_LAG_MS_DEFAULT,
            xendit_accounts: vec![XenditAccount::main()],
            midtrans_merchants: vec![MidtransMerchant::main()],
        }
    }
}

impl SandboxConfig {
    /// Refuses what would only fail later, or be dangerous.
    pub(crate) fn checked(self) -> Result<Self, SandboxError> {
        let refuse = |why: String| Err(SandboxError::Setting(why));
        if self.xendit_accounts.is_empty() {
            return refuse("Xendit needs a main account".to_owned());
        }
        for (index, account) in self.xendit_accounts.iter().enumerate() {
            if account.key.is_empty() || account.callback_token.is_empty() {
                return refuse(format!("account {} has an empty key or callback token", account.name));
            }
            if account.key.starts_with("xnd_production_") {
                return refuse(format!("account {} has a live key", account.name));
            }
            let twin = self.xendit_accounts.iter().take(index).any(|earlier| {
                earlier.name == account.name || earlier.business_id == account.business_id || earlier.key == account.key
            });
            if twin {
                return refuse(format!("account {} shares its name, business id or key with another", account.name));
            }
        }
        self.with_merchants_checked()
    }

    fn with_merchants_checked(self) -> Result<Self, SandboxError> {
        let refuse = |why: String| Err(SandboxError::Setting(why));
        if self.midtrans_merchants.is_empty() {
            return refuse("Midtrans needs a main merchant".to_owned());
        }
        for (index, merchant) in self.midtrans_merchants.iter().enumerate() {
            if merchant.server_key.is_empty() || merchant.client_key.is_empty() {
                return refuse(format!("merchant {} has an empty server key or client key", merchant.name));
            }
            if merchant.server_key.starts_with("Mid-server-") || merchant.client_key.starts_with("Mid-client-") {
                return refuse(format!("merchant {} has a live key", merchant.name));
            }
            let twin = self.midtrans_merchants.iter().take(index).any(|earlier| {
                earlier.name == merchant.name
                    || earlier.merchant_id == merchant.merchant_id
                    || earlier.server_key == merchant.server_key
                    || earlier.client_key == merchant.client_key
            });
            if twin {
                return refuse(format!("merchant {} shares its name, id or key with another", merchant.name));
            }
        }
        Ok(self)
    }
}

/// How many requests an endpoint answers per account and minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateLimit {
    /// No limit and no `Rate-Limit-*` headers: for load runs that say so.
    Off,
    /// Above this many in sixty seconds the answer is 429.
    PerMinute(NonZeroU32),
}

impl Default for RateLimit {
    fn default() -> Self {
        NonZeroU32::new(RATE_LIMIT_PER_MINUTE_DEFAULT).map_or(Self::Off, Self::PerMinute)
    }
}

/// A rate limit that is neither `off` nor a positive whole number.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a rate limit is `off` or a positive whole number per minute, not {0:?}")]
pub struct RateLimitError(String);

impl FromStr for RateLimit {
    type Err = RateLimitError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == "off" {
            return Ok(Self::Off);
        }
        text.parse()
            .map(Self::PerMinute)
            .map_err(|_not_a_number: std::num::ParseIntError| RateLimitError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_limit_is_off_or_a_positive_number() {
        assert_eq!("off".parse(), Ok(RateLimit::Off));
        assert_eq!("600".parse(), Ok(RateLimit::default()));
        for wrong in ["0", "-1", "none", "", "1.5"] {
            assert!(wrong.parse::<RateLimit>().is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn live_keys_and_twins_are_refused() {
        let mut live = SandboxConfig::default();
        live.xendit_accounts[0].key = "xnd_production_x".to_owned();
        assert!(live.checked().is_err());

        let twins = SandboxConfig {
            xendit_accounts: vec![XenditAccount::main(), XenditAccount::main()],
            ..SandboxConfig::default()
        };
        assert!(twins.checked().is_err());

        let mut live = SandboxConfig::default();
        live.midtrans_merchants[0].server_key = "Mid-server-x".to_owned();
        assert!(live.checked().is_err());

        let mut twins = SandboxConfig::default();
        twins.midtrans_merchants.push(MidtransMerchant { name: "other".to_owned(), ..MidtransMerchant::main() });
        assert!(twins.checked().is_err());
    }
}
