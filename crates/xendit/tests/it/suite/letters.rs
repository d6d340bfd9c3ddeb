//! Xendit's webhooks, written as Xendit and as a relay that signs would.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use mstore_pay_conformance::webhook::{Event, Sent, Tampering, WebhookHarness, tamper_with_header};
use mstore_pay_domain::account::{ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::RawWebhook;
use mstore_pay_xendit::{WebhookVerification, XenditApi, XenditConfig, XenditWebhooks};
use sha2::Sha256;

use crate::support::account;

/// Writes events of that API with a credential of that kind.
pub(crate) struct Letters(pub(crate) XenditApi, pub(crate) WebhookVerification);

impl Letters {
    fn header(&self) -> &'static str {
        match self.1 {
            WebhookVerification::Token => "x-callback-token",
            WebhookVerification::Hmac => "x-callback-signature",
        }
    }

    /// The members of the body, with those of its data where it has any in the order that `arrange` gives them.
    fn members(&self, sent: &Sent, arrange: fn(Vec<String>) -> Vec<String>) -> Vec<String> {
        arrange(match (self.0, sent.event) {
            (XenditApi::V3, _) => envelope(sent, event_of_v3(sent.event), &arrange(data_of_v3(sent))),
            // v2 has no event for a charge whose time is over: only the flat body tells.
            (XenditApi::V2, Event::Expired) => flat(sent),
            (XenditApi::V2, _) => envelope(sent, event_of_v2(sent.event), &arrange(data_of_v2(sent))),
        })
    }

    fn sealed(&self, secret: &SharedSecret, members: &[String]) -> RawWebhook {
        let body = format!("{{{}}}", members.join(",")).into_bytes();
        let credential = match self.1 {
            WebhookVerification::Token => secret.expose().to_owned(),
            WebhookVerification::Hmac => {
                let mac = Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).unwrap().chain_update(&body);
                HEXLOWER.encode(&mac.finalize().into_bytes())
            }
        };
        RawWebhook { headers: vec![(self.header().to_owned(), credential)], body }
    }
}

fn status(event: Event) -> &'static str {
    match event {
        Event::Paid | Event::PaidWithMore | Event::PaidUnreadably | Event::Unheard => "SUCCEEDED",
        Event::Expired => "EXPIRED",
        Event::Failed => "FAILED",
    }
}

fn amount(sent: &Sent) -> String {
    if sent.event == Event::PaidUnreadably { "\"abc\"".to_owned() } else { sent.amount.to_string() }
}

/// The members of a v3 event's data.
fn data_of_v3(sent: &Sent) -> Vec<String> {
    let (status, amount) = (status(sent.event), amount(sent));
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

/// The members of a v2 event's data.
fn data_of_v2(sent: &Sent) -> Vec<String> {
    let mut members = vec![
        format!(r#""id":"{}""#, sent.payment_ref),
        format!(r#""payment_request_id":"{}""#, sent.charge_ref),
        format!(r#""reference_id":"{}""#, sent.our_reference),
        format!(r#""metadata":{{"order_code":"{}"}}"#, sent.order_code),
        r#""currency":"IDR""#.to_owned(),
        format!(r#""amount":{}"#, amount(sent)),
        format!(r#""created":"{}""#, sent.at),
        format!(r#""updated":"{}""#, sent.at),
        format!(r#""status":"{}""#, status(sent.event)),
    ];
    if sent.event == Event::PaidWithMore {
        members.push(r#""tomorrow":{"nested":[null]}"#.to_owned());
    }
    members
}

fn flat(sent: &Sent) -> Vec<String> {
    vec![
        format!(r#""id":"{}""#, sent.charge_ref),
        format!(r#""external_id":"{}""#, sent.order_code),
        format!(r#""status":"{}""#, status(sent.event)),
        format!(r#""amount":{}"#, amount(sent)),
    ]
}

fn event_of_v3(event: Event) -> &'static str {
    match event {
        Event::Paid | Event::PaidWithMore | Event::PaidUnreadably => "payment.capture",
        Event::Expired => "payment_request.expiry",
        Event::Failed => "payment.failure",
        Event::Unheard => "payment.lottery",
    }
}

fn event_of_v2(event: Event) -> &'static str {
    match event {
        Event::Paid | Event::PaidWithMore | Event::PaidUnreadably => "payment.succeeded",
        Event::Expired => "payment_method.expired",
        Event::Failed => "payment.failed",
        Event::Unheard => "payment.lottery",
    }
}

fn envelope(sent: &Sent, event: &str, data: &[String]) -> Vec<String> {
    vec![
        format!(r#""event":"{event}""#),
        r#""business_id":"5f27a14a9bf05c73dd040bc8""#.to_owned(),
        format!(r#""created":"{}""#, sent.at),
        r#""api_version":null"#.to_owned(),
        format!(r#""data":{{{}}}"#, data.join(",")),
    ]
}

fn as_it_is(members: Vec<String>) -> Vec<String> {
    members
}

fn backwards(mut members: Vec<String>) -> Vec<String> {
    members.reverse();
    members
}

impl WebhookHarness for Letters {
    fn source(&self) -> Arc<dyn WebhookSource> {
        Arc::new(XenditWebhooks::new(&XenditConfig::new("http://h", self.1).unwrap()))
    }

    fn account(&self, id: AccountId, webhook_secrets: WebhookSecrets) -> ProviderAccount {
        ProviderAccount { id, webhook_secrets, ..account() }
    }

    fn write(&self, _account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        self.sealed(secret, &self.members(sent, as_it_is))
    }

    fn reorder(&self, _account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        self.sealed(secret, &self.members(sent, backwards))
    }

    fn tamper(&self, raw: &RawWebhook, tampering: Tampering) -> RawWebhook {
        tamper_with_header(raw, self.header(), tampering)
    }

    fn covers_body(&self) -> bool {
        match self.1 {
            WebhookVerification::Token => false,
            WebhookVerification::Hmac => true,
        }
    }
}
