//! Xendit's webhooks: pure.

mod authenticate;
mod event;
mod flat;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::{Authentic, Claim, DecodeError, NotAuthentic, Notification, RawWebhook};
use mstore_pay_outbound::json::Object;

use crate::config::{WebhookVerification, XenditConfig};

/// Longest text of others that is passed on.
const TEXT_CHARS_MAX: usize = 255;

/// Reads Xendit's webhooks.
#[derive(Debug, Clone)]
pub struct XenditWebhooks {
    id: ProviderId,
    verification: WebhookVerification,
}

impl XenditWebhooks {
    /// Reads webhooks that are verified as configured.
    #[must_use]
    pub fn new(config: &XenditConfig) -> Self {
        Self { id: config.id.clone(), verification: config.verification }
    }
}

impl WebhookSource for XenditWebhooks {
    fn provider(&self) -> ProviderId {
        self.id.clone()
    }

    fn authenticate(&self, raw: &RawWebhook, account: &ProviderAccount) -> Result<Authentic, NotAuthentic> {
        let proven = match self.verification {
            WebhookVerification::Token => authenticate::by_token(raw, &account.webhook_secrets),
            WebhookVerification::Hmac => authenticate::by_signature(raw, &account.webhook_secrets),
        };
        Authentic::if_proven(proven, raw)
    }

    fn decode(&self, authentic: &Authentic) -> Result<Notification, DecodeError> {
        let undecodable = |error| DecodeError { source: Box::new(error) };
        let body = Object::parse(authentic.body()).map_err(undecodable)?;
        if body.has("event") {
            let data = body.raw("data").map(|data| Object::parse(data.as_bytes())).transpose().map_err(undecodable)?;
            return Ok(event::notification(&body, data.as_ref()));
        }
        Ok(flat::notification(&body))
    }
}

/// A word that is not ours to conclude anything from.
fn other(what: &str, word: &str, unrecognised: &mut Vec<String>) -> Claim {
    let word = kept(word);
    unrecognised.push(format!("{what}: {word}"));
    Claim::Other(word)
}

/// Text of others, cut, without characters that do not print: enough to compare and to show.
fn kept(text: &str) -> String {
    let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().take(TEXT_CHARS_MAX).map(printable).collect()
}

#[cfg(test)]
mod tests;
