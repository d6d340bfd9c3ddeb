//! Xendit's webhooks, written as Xendit and as a relay that signs would.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use mstore_pay_conformance::webhook::{Event, Sent, Tampering, WebhookHarness, tamper_with_header};
use mstore_pay_domain::account::{ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::RawWebhook;
use mstore_pay_xendit::{WebhookVerification, XenditConfig, XenditWebhooks};
use sha2::Sha256;

use crate::support::account;

/// Writes v3 events with a credential of that kind.
pub(crate) struct Letters(pub(crate) WebhookVerification);

impl Letters {
    fn header(&self) -> &'static str {
        match self.0 {
            WebhookVerification::Token => "x-callback-token",
            WebhookVerification::Hmac => "x-callback-signature",
        }
    }

    fn sealed(&self, secret: &SharedSecret, members: &[String]) -> RawWebhook {
        let body = format!("{{{}}}", members.join(",")).into_bytes();
        let credential = match self.0 {
            WebhookVerification::Token => secret.expose().to_owned(),
            WebhookVerification::Hmac => {
                let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).unwrap().chain_update(&body);
                HEXLOWER.encode(&mac.finalize().into_bytes())
            }
        };
        RawWebhook { headers: vec![(self.header().to_owned(), credential)], body }
    }
}

/// The members of the event's data.
fn data(sent: &Sent) -> Vec<String> {
    let status = match sent.event {
        Event::Paid | Event::PaidWithMore | Event::PaidUnreadably | Event::Unheard => "SUCCEEDED",
        Event::Expired => "EXPIRED",
        Event::Failed => "FAILED",
    };
    let amount = if sent.event == Event::PaidUnreadably { "\"abc\"".to_owned() } else { sent.amount.to_string() };
    let mut members = vec![
        format!(r#""payment_id":"{}""#, sent.payment_ref),
        format!(r#""payment_request_id":"{}""#, sent.charge_ref),
        format!(r#""reference_id":"{}""#, sent.our_reference),
        format!(r#""metadata":{{"order_code":"{}"}}"#, sent.order_code),
        r#""currency":"IDR""#.to_owned(),
        format!(r#""captures":[{{"capture_amount":{amount},"capture_timestamp":"{}"}}]"#, sent.at),
        format!(r#""status":"{status}""#),
    ];
    if sent.event == Event::PaidWithMore {
        members.push(r#""tomorrow":{"nested":[null]}"#.to_owned());
    }
    members
}

fn envelope(sent: &Sent, data: &[String]) -> Vec<String> {
    let event = match sent.event {
        Event::Paid | Event::PaidWithMore | Event::PaidUnreadably => "payment.capture",
        Event::Expired => "payment_request.expiry",
        Event::Failed => "payment.failure",
        Event::Unheard => "payment.lottery",
    };
    vec![
        format!(r#""event":"{event}""#),
        r#""business_id":"5f27a14a9bf05c73dd040bc8""#.to_owned(),
        format!(r#""created":"{}""#, sent.at),
        r#""api_version":"v3""#.to_owned(),
        format!(r#""data":{{{}}}"#, data.join(",")),
    ]
}

fn backwards(mut members: Vec<String>) -> Vec<String> {
    members.reverse();
    members
}

impl WebhookHarness for Letters {
    fn source(&self) -> Arc<dyn WebhookSource> {
        Arc::new(XenditWebhooks::new(&XenditConfig::new("http://h", self.0).unwrap()))
    }

    fn account(&self, id: AccountId, webhook_secrets: WebhookSecrets) -> ProviderAccount {
        ProviderAccount { id, webhook_secrets, ..account() }
    }

    fn write(&self, _account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        self.sealed(secret, &envelope(sent, &data(sent)))
    }

    fn reorder(&self, _account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        self.sealed(secret, &backwards(envelope(sent, &backwards(data(sent)))))
    }

    fn tamper(&self, raw: &RawWebhook, tampering: Tampering) -> RawWebhook {
        tamper_with_header(raw, self.header(), tampering)
    }

    fn covers_body(&self) -> bool {
        match self.0 {
            WebhookVerification::Token => false,
            WebhookVerification::Hmac => true,
        }
    }
}
