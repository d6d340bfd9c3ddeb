//! How Midtrans is reached, and where it sends notifications.

use mstore_pay_domain::ids::{AccountId, IdError, ProviderId};
use thiserror::Error;
use url::Url;

/// How Midtrans is reached, and where it sends notifications. Keys belong to the account, not here.
#[derive(Debug, Clone)]
pub struct MidtransConfig {
    pub(crate) id: ProviderId,
    pub(crate) base_url: Url,
    notifications: Option<Url>,
}

/// Why an address cannot be Midtrans'.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// No URL.
    #[error("Midtrans' base URL is no URL")]
    NotAUrl(#[source] url::ParseError),
    /// A URL that leads nowhere over HTTP, or that says more than where the API is.
    #[error("Midtrans' base URL is not http(s)://host[/path]")]
    NotABase,
    /// The provider's name is no name.
    #[error("Midtrans' name cannot be a provider id")]
    Name(#[source] IdError),
}

impl MidtransConfig {
    /// What this provider is called.
    pub const ID: &'static str = "midtrans";

    /// Takes the Core API's address, `https://api.midtrans.com` or a sandbox's.
    ///
    /// # Errors
    /// [`ConfigError`] if nothing can be built on that address.
    pub fn new(base_url: &str) -> Result<Self, ConfigError> {
        let base_url: Url = base_url.parse().map_err(ConfigError::NotAUrl)?;
        let is_base = matches!(base_url.scheme(), "http" | "https")
            && base_url.has_host()
            && base_url.username().is_empty()
            && base_url.password().is_none()
            && base_url.query().is_none()
            && base_url.fragment().is_none();
        if !is_base {
            return Err(ConfigError::NotABase);
        }
        let id = ProviderId::parse(Self::ID).map_err(ConfigError::Name)?;
        Ok(Self { id, base_url, notifications: None })
    }

    /// The same, with each charge sending its notifications below that address, one path for each account; without it
    /// they go where the merchant's dashboard says.
    #[must_use]
    pub fn with_notifications(mut self, below: Url) -> Self {
        self.notifications = Some(below);
        self
    }

    /// Where notifications about an account's charges go, if that is ours to say.
    pub(crate) fn notified_at(&self, account: &AccountId) -> Option<String> {
        let mut url = self.notifications.clone()?;
        url.path_segments_mut().ok()?.pop_if_empty().push(account.as_str());
        Some(url.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_base_is_a_host_and_perhaps_a_path() {
        for text in ["https://api.midtrans.com", "http://127.0.0.1:8081/midtrans", "https://api.midtrans.com/"] {
            assert!(MidtransConfig::new(text).is_ok(), "{text}");
        }
        for text in ["", "api.midtrans.com", "ftp://x", "https://key@host", "https://host/?a=b", "https://h/#f"] {
            assert!(MidtransConfig::new(text).is_err(), "{text}");
        }
    }

    #[test]
    fn each_account_has_a_path_of_its_own_for_notifications() {
        let config = MidtransConfig::new("http://h").unwrap();
        assert_eq!(config.notified_at(&AccountId::main()), None);
        let below = "https://pay.example/webhook/midtrans".parse().unwrap();
        let told = config.with_notifications(below).notified_at(&AccountId::main());
        assert_eq!(told.as_deref(), Some("https://pay.example/webhook/midtrans/main"));
    }
}
