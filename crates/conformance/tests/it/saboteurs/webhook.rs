//! Webhook readers with one bug each.

use std::sync::Arc;

use mstore_pay_conformance::webhook_failures;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{ProviderId, ProviderRef};
use mstore_pay_domain::memory::ScriptedWebhooks;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::{Authentic, DecodeError, NotAuthentic, Notification, RawWebhook};

use crate::memory::webhook::ScriptedWebhooksHarness;

/// Takes everybody at their word.
struct AcceptsAnySignature(ScriptedWebhooks);

impl WebhookSource for AcceptsAnySignature {
    fn provider(&self) -> ProviderId {
        self.0.provider()
    }

    fn named_account(&self, raw: &RawWebhook) -> Option<ProviderRef> {
        self.0.named_account(raw)
    }

    fn authenticate(&self, raw: &RawWebhook, _account: &ProviderAccount) -> Result<Authentic, NotAuthentic> {
        Authentic::if_proven(true, raw)
    }

    fn decode(&self, authentic: &Authentic) -> Result<Notification, DecodeError> {
        self.0.decode(authentic)
    }
}

/// Takes the first of two credentials.
struct TakesTheFirstOfTwo(ScriptedWebhooks);

impl WebhookSource for TakesTheFirstOfTwo {
    fn provider(&self) -> ProviderId {
        self.0.provider()
    }

    fn named_account(&self, raw: &RawWebhook) -> Option<ProviderRef> {
        self.0.named_account(raw)
    }

    fn authenticate(&self, raw: &RawWebhook, account: &ProviderAccount) -> Result<Authentic, NotAuthentic> {
        let headers = raw.headers.iter().take(1).cloned().collect();
        self.0.authenticate(&RawWebhook { headers, body: raw.body.clone() }, account)
    }

    fn decode(&self, authentic: &Authentic) -> Result<Notification, DecodeError> {
        self.0.decode(authentic)
    }
}

#[test]
fn a_reader_that_accepts_any_signature_is_caught() {
    let harness = ScriptedWebhooksHarness { wrap: |source| Arc::new(AcceptsAnySignature(source)) };
    assert_eq!(
        webhook_failures!(harness),
        [
            "tampered_credential_is_refused",
            "webhook_without_headers_or_body_is_refused",
            "wrong_secret_is_refused",
            "previous_secret_is_accepted_while_it_is_rotated",
            "secret_of_another_account_is_refused"
        ]
    );
}

#[test]
fn a_reader_that_takes_the_first_of_two_credentials_is_caught() {
    let harness = ScriptedWebhooksHarness { wrap: |source| Arc::new(TakesTheFirstOfTwo(source)) };
    assert_eq!(webhook_failures!(harness), ["tampered_credential_is_refused"]);
}
