//! How Midtrans is reached, through which of its APIs, and where it sends notifications.

use std::str::FromStr;

use mstore_pay_domain::ids::{AccountId, IdError, ProviderId};
use mstore_pay_outbound::{BaseUrlError, base_url};
use thiserror::Error;
use url::Url;

/// How Midtrans is reached, and where it sends notifications. Keys belong to the account, not here.
#[derive(Debug, Clone)]
pub struct MidtransConfig {
    pub(crate) id: ProviderId,
    pub(crate) core_url: Url,
    pub(crate) snap_url: Url,
    pub(crate) api: MidtransApi,
    notifications: Option<Url>,
}

/// Through which of Midtrans' APIs charges are opened. Notifications of both are the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MidtransApi {
    /// The Core API: what a till shows itself. Cards without a token have a page of Snap's all the same.
    #[default]
    Core,
    /// Snap: a page of Midtrans' for each charge.
    Snap,
}

/// A word that names no API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("Midtrans' API is neither `core` nor `snap`")]
pub struct UnknownApi;

/// Why an address cannot be Midtrans'.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// Nothing can be built on it.
    #[error("Midtrans' base URL cannot be used")]
    BaseUrl(#[from] BaseUrlError),
    /// The provider's name is no name.
    #[error("Midtrans' name cannot be a provider id")]
    Name(#[source] IdError),
}

impl MidtransConfig {
    /// What this provider is called.
    pub const ID: &'static str = "midtrans";

    /// Takes the addresses of the Core API and of Snap, `https://api.midtrans.com` and
    /// `https://app.midtrans.com/snap/v1`, or a sandbox's.
    ///
    /// # Errors
    /// [`ConfigError`] if nothing can be built on one of them.
    pub fn new(core_url: &str, snap_url: &str) -> Result<Self, ConfigError> {
        let id = ProviderId::parse(Self::ID).map_err(ConfigError::Name)?;
        let (core_url, snap_url) = (base_url(core_url)?, base_url(snap_url)?);
        Ok(Self { id, core_url, snap_url, api: MidtransApi::default(), notifications: None })
    }

    /// The same, with charges opened through that API; without it, through Core.
    #[must_use]
    pub const fn with_api(mut self, api: MidtransApi) -> Self {
        self.api = api;
        self
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

impl MidtransApi {
    /// Its name.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Core => "core",
            Self::Snap => "snap",
        }
    }
}

impl FromStr for MidtransApi {
    type Err = UnknownApi;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        [Self::Core, Self::Snap].into_iter().find(|api| api.word() == text).ok_or(UnknownApi)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neither_address_may_be_without_a_host() {
        assert!(MidtransConfig::new("http://h", "http://h/snap").is_ok());
        assert!(MidtransConfig::new("h", "http://h").is_err());
        assert!(MidtransConfig::new("http://h", "h").is_err());
    }

    #[test]
    fn each_account_has_a_path_of_its_own_for_notifications() {
        let config = MidtransConfig::new("http://h", "http://h/snap/v1").unwrap();
        assert_eq!(config.notified_at(&AccountId::main()), None);
        let below = "https://pay.example/webhook/midtrans".parse().unwrap();
        let told = config.with_notifications(below).notified_at(&AccountId::main());
        assert_eq!(told.as_deref(), Some("https://pay.example/webhook/midtrans/main"));
    }

    #[test]
    fn every_api_is_known_by_its_word_and_no_other() {
        for api in [MidtransApi::Core, MidtransApi::Snap] {
            assert_eq!(api.word().parse(), Ok(api));
        }
        assert_eq!("CORE".parse::<MidtransApi>(), Err(UnknownApi));
    }
}
