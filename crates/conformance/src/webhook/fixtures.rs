//! Accounts, secrets and webhooks of the cases.

use mstore_pay_domain::account::{ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, ChargeId, OrderCode, OurReference, ProviderRef};
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::IdGenerator as _;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Authentic, Notification, RawWebhook};

use super::{Event, Sent, WebhookHarness};

pub(super) fn secret(text: &str) -> SharedSecret {
    SharedSecret::new(text).expect("a secret")
}

pub(super) fn current() -> SharedSecret {
    secret("now-6bC2xQ9LrT0pVw")
}

pub(super) fn previous() -> SharedSecret {
    secret("before-1dF8zK3MsU7yNe")
}

pub(super) fn account(h: &dyn WebhookHarness) -> ProviderAccount {
    h.account(AccountId::main(), WebhookSecrets { current: current(), previous: None })
}

pub(super) fn sent(event: Event) -> Sent {
    let order_code = OrderCode::parse("TRX-MC01-7").expect("an order code");
    let charge = ChargeId::new(SequentialIds::default().uuid());
    Sent {
        event,
        charge_ref: ProviderRef::parse("pr-11111111-2222-4333-8444-555555555555").expect("an id"),
        payment_ref: ProviderRef::parse("py-66666666-7777-4888-9999-000000000000").expect("an id"),
        our_reference: OurReference::of(&order_code, &charge),
        order_code,
        amount: Money::from(33_000),
        at: Timestamp::parse_rfc3339("2025-10-13T10:32:15Z").expect("a time"),
    }
}

/// What the reader makes of a webhook that is authentic.
pub(super) fn told(h: &dyn WebhookHarness, raw: &RawWebhook) -> Notification {
    let authentic = h.source().authenticate(raw, &account(h)).expect("the webhook is authentic");
    h.source().decode(&authentic).expect("the webhook is understood")
}

pub(super) fn told_of(h: &dyn WebhookHarness, event: Event) -> Notification {
    told(h, &h.write(&account(h), &current(), &sent(event)))
}

/// Bytes that passed for authentic, to see what decoding makes of them.
pub(super) fn vouched(body: &[u8]) -> Authentic {
    let raw = RawWebhook { headers: Vec::new(), body: body.to_vec() };
    Authentic::if_proven(true, &raw).expect("vouched for")
}
