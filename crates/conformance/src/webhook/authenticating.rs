//! Nothing is believed that the provider did not send.
#![expect(clippy::unused_async, reason = "the cases of every suite are called alike")]

use mstore_pay_domain::account::WebhookSecrets;
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::webhook::RawWebhook;

use super::fixtures::{account, current, previous, secret, sent};
use super::{Event, Tampering, WebhookHarness};

fn genuine(h: &dyn WebhookHarness) -> RawWebhook {
    h.write(&account(h), &current(), &sent(Event::Paid))
}

/// A webhook with the account's secret is accepted, and its bytes are kept as they came.
pub async fn authentic_webhook_is_accepted_with_its_bytes(h: &dyn WebhookHarness) {
    for event in [Event::Paid, Event::Expired, Event::Failed, Event::Unheard] {
        let raw = h.write(&account(h), &current(), &sent(event));
        let authentic = h.source().authenticate(&raw, &account(h)).expect("the webhook is authentic");
        assert_eq!(authentic.body(), raw.body, "{event:?}");
    }
    assert_eq!(h.source().provider(), account(h).provider, "the account is at this provider");
}

/// A credential that was changed, cut, emptied, removed or doubled is refused.
pub async fn tampered_credential_is_refused(h: &dyn WebhookHarness) {
    for tampering in Tampering::ALL {
        let raw = h.tamper(&genuine(h), tampering);
        assert!(h.source().authenticate(&raw, &account(h)).is_err(), "{tampering:?} was accepted");
    }
}

/// A request with nothing in it is refused.
pub async fn webhook_without_headers_or_body_is_refused(h: &dyn WebhookHarness) {
    let empty = RawWebhook { headers: Vec::new(), body: Vec::new() };
    assert!(h.source().authenticate(&empty, &account(h)).is_err());
    let nothing_but_headers = RawWebhook { headers: Vec::new(), ..genuine(h) };
    let without_token = h.tamper(&nothing_but_headers, Tampering::Removed);
    assert!(h.source().authenticate(&without_token, &account(h)).is_err());
}

/// A credential made of another secret is refused, however alike the two are.
pub async fn wrong_secret_is_refused(h: &dyn WebhookHarness) {
    let ours = current().expose().to_owned();
    let alike = [format!("{ours}0"), ours.to_lowercase(), format!("0{ours}"), previous().expose().to_owned()];
    for other in alike {
        assert_ne!(other, ours, "the secrets differ");
        let raw = h.write(&account(h), &secret(&other), &sent(Event::Paid));
        assert!(h.source().authenticate(&raw, &account(h)).is_err(), "another secret was accepted");
    }
}

/// While a secret is rotated the previous one is accepted beside it; afterwards it is not.
pub async fn previous_secret_is_accepted_while_it_is_rotated(h: &dyn WebhookHarness) {
    let rotating = h.account(AccountId::main(), WebhookSecrets { current: current(), previous: Some(previous()) });
    for secret in [current(), previous()] {
        let raw = h.write(&rotating, &secret, &sent(Event::Paid));
        h.source().authenticate(&raw, &rotating).expect("both secrets are accepted");
    }
    let raw = h.write(&rotating, &previous(), &sent(Event::Paid));
    assert!(h.source().authenticate(&raw, &account(h)).is_err(), "the previous secret outlived its rotation");
}

/// What proves a webhook for one account proves nothing for another.
pub async fn secret_of_another_account_is_refused(h: &dyn WebhookHarness) {
    let other = h.account(
        AccountId::parse("shop").expect("an account"),
        WebhookSecrets { current: secret("shop-4hJ5wP6qZ8"), previous: None },
    );
    let raw = h.write(&other, &other.webhook_secrets.current, &sent(Event::Paid));
    assert!(h.source().authenticate(&raw, &other).is_ok(), "the other account's own webhook");
    assert!(h.source().authenticate(&raw, &account(h)).is_err(), "the other account's webhook");
    assert!(h.source().authenticate(&genuine(h), &other).is_err(), "our webhook at the other account");
}

/// One changed byte of the body is noticed exactly where the adapter declares that its credential
/// covers the body; elsewhere the claim is a hint, and the adapter says so.
pub async fn changed_body_is_noticed_if_the_credential_covers_it(h: &dyn WebhookHarness) {
    let mut raw = genuine(h);
    let text = String::from_utf8_lossy(&raw.body).into_owned();
    let changed = text.replace("33000", "93000");
    assert_ne!(changed, text, "the body names the amount");
    raw.body = changed.into_bytes();
    let noticed = h.source().authenticate(&raw, &account(h)).is_err();
    assert_eq!(noticed, h.covers_body());
}

/// Whose secret to try is read off the same field before anything is proven as after; nothing can be read of garbage.
pub async fn unproven_webhook_names_the_account_that_it_names_when_proven(h: &dyn WebhookHarness) {
    for event in [Event::Paid, Event::Expired, Event::Failed] {
        let raw = h.write(&account(h), &current(), &sent(event));
        let authentic = h.source().authenticate(&raw, &account(h)).expect("the webhook is authentic");
        let told = h.source().decode(&authentic).expect("the webhook is understood");
        assert_eq!(h.source().named_account(&raw), told.account_hint, "{event:?}");
    }
    let garbage = RawWebhook { body: b"\xff{".to_vec(), ..genuine(h) };
    assert_eq!(h.source().named_account(&garbage), None);
}
