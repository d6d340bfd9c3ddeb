//! Midtrans' notifications: pure.

mod authenticate;
mod notice;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{ProviderId, ProviderRef};
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::{Authentic, DecodeError, NotAuthentic, Notification, RawWebhook};
use mstore_pay_outbound::json::Object;

use crate::config::MidtransConfig;

/// Longest text of others that is passed on.
const TEXT_CHARS_MAX: usize = 255;

/// Reads Midtrans' notifications.
#[derive(Debug, Clone)]
pub struct MidtransWebhooks {
    id: ProviderId,
}

impl MidtransWebhooks {
    /// Reads notifications signed with an account's server key, which is its webhook secret too.
    #[must_use]
    pub fn new(config: &MidtransConfig) -> Self {
        Self { id: config.id.clone() }
    }
}

impl WebhookSource for MidtransWebhooks {
    fn provider(&self) -> ProviderId {
        self.id.clone()
    }

    fn named_account(&self, raw: &RawWebhook) -> Option<ProviderRef> {
        notice::account_hint(&Object::parse(&raw.body).ok()?)
    }

    fn authenticate(&self, raw: &RawWebhook, account: &ProviderAccount) -> Result<Authentic, NotAuthentic> {
        Authentic::if_proven(authenticate::by_signature(&raw.body, &account.webhook_secrets), raw)
    }

    fn decode(&self, authentic: &Authentic) -> Result<Notification, DecodeError> {
        read(authentic.body())
    }
}

fn read(body: &[u8]) -> Result<Notification, DecodeError> {
    let undecodable = |error| DecodeError { source: Box::new(error) };
    Ok(notice::notification(&Object::parse(body).map_err(undecodable)?))
}

/// Text of others, cut, without characters that do not print: enough to compare and to show.
fn kept(text: &str) -> String {
    let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().take(TEXT_CHARS_MAX).map(printable).collect()
}

#[cfg(test)]
mod tests;
