//! Xendit's webhooks: pure.

mod authenticate;
mod event;
mod flat;
mod qr_payment;
mod refund;
mod v2;
mod v3;

use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{ProviderId, ProviderRef};
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::{
    Authentic, Claim, ClaimedAmount, DecodeError, NotAuthentic, Notification, RawWebhook, Subject,
};
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

    fn named_account(&self, raw: &RawWebhook) -> Option<ProviderRef> {
        let body = Object::parse(&raw.body).ok()?;
        if body.has("event") { event::account_hint(&body).ok()? } else { flat::account_hint(&body) }
    }

    fn authenticate(&self, raw: &RawWebhook, account: &ProviderAccount) -> Result<Authentic, NotAuthentic> {
        let proven = match self.verification {
            WebhookVerification::Token => authenticate::by_token(raw, &account.webhook_secrets),
            WebhookVerification::Hmac => authenticate::by_signature(raw, &account.webhook_secrets),
        };
        Authentic::if_proven(proven, raw)
    }

    fn decode(&self, authentic: &Authentic) -> Result<Notification, DecodeError> {
        read(authentic.body())
    }
}

fn read(body: &[u8]) -> Result<Notification, DecodeError> {
    let undecodable = |error| DecodeError { source: Box::new(error) };
    let body = Object::parse(body).map_err(undecodable)?;
    if body.has("event") { event::notification(&body).map_err(undecodable) } else { Ok(flat::notification(&body)) }
}

/// What an event tells, before it is known whose account it is about.
struct Told {
    about: Subject,
    claim: Claim,
    amount: ClaimedAmount,
}

/// A word that is not ours to conclude anything from.
fn other(what: &str, word: &str, unrecognised: &mut Vec<String>) -> Claim {
    let word = kept(word);
    unrecognised.push(format!("{what}: {word}"));
    Claim::Other(word)
}

/// The amount in a field, if one is named there.
fn amount_in(object: &Object, name: &str, currency: Option<String>) -> ClaimedAmount {
    match (object.money(name), currency) {
        (Ok(Some(amount)), Some(currency)) => ClaimedAmount::Named(ReportedMoney { amount, currency }),
        (Ok(_), _) => ClaimedAmount::Absent,
        (Err(_no_amount), _) => ClaimedAmount::Unreadable(kept(object.raw(name).unwrap_or_default())),
    }
}

/// Text of others, cut, without characters that do not print: enough to compare and to show.
fn kept(text: &str) -> String {
    let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
    text.chars().take(TEXT_CHARS_MAX).map(printable).collect()
}

#[cfg(test)]
mod tests;
