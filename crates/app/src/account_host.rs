//! Providers at which merchants can have accounts of their own, and what an account at each must have.

use std::str::FromStr;

use mstore_pay_domain::account::AccountMode;
use mstore_pay_domain::ids::{AccountId, IdError, ProviderId};
use mstore_pay_domain::ports::IdGenerator;
use mstore_pay_midtrans::MidtransConfig;
use mstore_pay_xendit::XenditConfig;

use crate::config::{AppEnv, LIVE_KEY_PREFIX, MIDTRANS_LIVE_KEY_PREFIX};

/// The longest for which webhooks with the secret before a rotation are taken: by then a provider has sent again
/// whatever it sends again.
pub(crate) const PREVIOUS_SECONDS_MAX: u64 = 7 * 24 * 60 * 60;

/// A provider at which merchants can have accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountHost {
    /// Xendit.
    Xendit,
    /// Midtrans.
    Midtrans,
}

/// No provider, or one at which accounts cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be xendit or midtrans")]
pub(crate) struct NoHost;

/// What is wrong with the secrets of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{}", self.reason())]
pub(crate) enum UnfitSecret {
    Live,
    NotLive,
    OtherMode,
    NoWebhookSecret,
    SignedWithCredential,
}

impl UnfitSecret {
    /// The end of a sentence that starts with the secret's name.
    pub(crate) const fn reason(self) -> &'static str {
        match self {
            Self::Live => "is a live key, and APP_ENV is not production",
            Self::NotLive => "is no live key, and APP_ENV is production",
            Self::OtherMode => "is of the other mode than the account",
            Self::NoWebhookSecret => "is required: webhooks of this provider are verified with it",
            Self::SignedWithCredential => "is not for this provider, which signs webhooks with the credential",
        }
    }
}

impl AccountHost {
    pub(crate) const ALL: [Self; 2] = [Self::Xendit, Self::Midtrans];

    /// The provider's name.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Xendit => XenditConfig::ID,
            Self::Midtrans => MidtransConfig::ID,
        }
    }

    /// The provider.
    pub(crate) fn provider(self) -> Result<ProviderId, IdError> {
        ProviderId::parse(self.word())
    }

    /// Whether webhooks are signed with the key of API calls (Midtrans), not with a secret of their own.
    pub(crate) const fn signs_with_credential(self) -> bool {
        match self {
            Self::Xendit => false,
            Self::Midtrans => true,
        }
    }

    /// The mode of a credential, where accounts of that mode may be had.
    pub(crate) fn mode(self, credential: &str, env: AppEnv) -> Result<AccountMode, UnfitSecret> {
        let live = match self {
            Self::Xendit => LIVE_KEY_PREFIX,
            Self::Midtrans => MIDTRANS_LIVE_KEY_PREFIX,
        };
        match (credential.starts_with(live), env.is_production()) {
            (true, true) => Ok(AccountMode::Live),
            (false, false) => Ok(AccountMode::Test),
            (true, false) => Err(UnfitSecret::Live),
            (false, true) => Err(UnfitSecret::NotLive),
        }
    }

    /// Whether a new account has the webhook secret that it must have, or none.
    pub(crate) const fn check_webhook_secret(self, is_given: bool) -> Result<(), UnfitSecret> {
        match (self.signs_with_credential(), is_given) {
            (true, true) => Err(UnfitSecret::SignedWithCredential),
            (false, false) => Err(UnfitSecret::NoWebhookSecret),
            (true, false) | (false, true) => Ok(()),
        }
    }
}

impl FromStr for AccountHost {
    type Err = NoHost;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::ALL.into_iter().find(|host| host.word() == text).ok_or(NoHost)
    }
}

/// A name for an account that nobody else has, and that tells nothing of its merchant.
pub(crate) fn fresh_account_id(ids: &dyn IdGenerator) -> Result<AccountId, IdError> {
    AccountId::parse(format!("acc_{}", ids.uuid().simple()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(host: AccountHost, credential: &str, env: AppEnv, want: Result<AccountMode, UnfitSecret>) {
        assert_eq!(host.mode(credential, env), want, "{credential}");
    }

    #[test]
    fn live_keys_are_for_production_and_production_is_for_live_keys() {
        let (test, live) = (AppEnv::Test, AppEnv::Production);
        check(AccountHost::Xendit, "xnd_development_a", test, Ok(AccountMode::Test));
        check(AccountHost::Xendit, "xnd_production_a", test, Err(UnfitSecret::Live));
        check(AccountHost::Xendit, "xnd_production_a", live, Ok(AccountMode::Live));
        check(AccountHost::Midtrans, "SB-Mid-server-a", live, Err(UnfitSecret::NotLive));
        check(AccountHost::Midtrans, "Mid-server-a", live, Ok(AccountMode::Live));
        check(AccountHost::Midtrans, "SB-Mid-server-a", test, Ok(AccountMode::Test));
    }

    #[test]
    fn a_webhook_secret_is_asked_for_where_the_provider_has_one() {
        assert_eq!(AccountHost::Xendit.check_webhook_secret(true), Ok(()));
        assert_eq!(AccountHost::Xendit.check_webhook_secret(false), Err(UnfitSecret::NoWebhookSecret));
        assert_eq!(AccountHost::Midtrans.check_webhook_secret(false), Ok(()));
        assert_eq!(AccountHost::Midtrans.check_webhook_secret(true), Err(UnfitSecret::SignedWithCredential));
    }
}
