//! Midtrans' notifications, written as Midtrans would.

use std::sync::Arc;

use data_encoding::HEXLOWER;
use mstore_pay_conformance::webhook::{Event, Sent, Tampering, WebhookHarness};
use mstore_pay_domain::account::{ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::RawWebhook;
use mstore_pay_midtrans::{MidtransApi, MidtransWebhooks};
use sha2::{Digest, Sha512};

use crate::support::{account, config};

/// Writes notifications about what was opened through that API.
pub(crate) struct Letters(pub(crate) MidtransApi);

/// The field that the signature stands in.
const SIGNATURE: &str = "signature_key";

fn code_and_state(event: Event) -> (&'static str, &'static str) {
    match event {
        Event::Paid | Event::PaidWithMore | Event::PaidUnreadably => ("200", "settlement"),
        Event::Expired => ("202", "expire"),
        Event::Failed => ("202", "deny"),
        Event::Unheard => ("200", "lottery"),
    }
}

/// A time as Midtrans writes it: seven hours ahead, with no offset.
fn wib(at: Timestamp) -> String {
    let local = at.plus(std::time::Duration::from_hours(7));
    local.to_datetime().format("%Y-%m-%d %H:%M:%S").to_string()
}

fn members(secret: &SharedSecret, sent: &Sent) -> Vec<String> {
    let (code, state) = code_and_state(sent.event);
    let amount = if sent.event == Event::PaidUnreadably { "abc".to_owned() } else { format!("{}.00", sent.amount) };
    let signed = format!("{}{code}{amount}{}", sent.our_reference, secret.expose());
    let signature = HEXLOWER.encode(&Sha512::digest(signed));
    let mut members = vec![
        format!(r#""transaction_id":"{}""#, sent.payment_ref),
        format!(r#""order_id":"{}""#, sent.our_reference),
        format!(r#""custom_field1":"{}""#, sent.order_code),
        r#""merchant_id":"G141532850""#.to_owned(),
        format!(r#""status_code":"{code}""#),
        format!(r#""gross_amount":"{amount}""#),
        r#""currency":"IDR""#.to_owned(),
        r#""payment_type":"qris""#.to_owned(),
        format!(r#""transaction_status":"{state}""#),
        format!(r#""transaction_time":"{}""#, wib(sent.at)),
        format!(r#""settlement_time":"{}""#, wib(sent.at)),
        format!(r#""{SIGNATURE}":"{signature}""#),
    ];
    if sent.event == Event::PaidWithMore {
        members.push(r#""tomorrow":{"nested":[null]}"#.to_owned());
    }
    members
}

fn written(members: &[String]) -> RawWebhook {
    RawWebhook { headers: Vec::new(), body: format!("{{{}}}", members.join(",")).into_bytes() }
}

/// The body with the member of the signature replaced by what `change` makes of the signature.
fn with_signature(raw: &RawWebhook, change: impl Fn(&str) -> Vec<String>) -> RawWebhook {
    let text = String::from_utf8(raw.body.clone()).unwrap();
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap();
    let start = format!(r#""{SIGNATURE}":""#);
    let members: Vec<String> = inner
        .split(',')
        .flat_map(|member| match member.strip_prefix(&start).and_then(|rest| rest.strip_suffix('"')) {
            Some(signature) => change(signature).iter().map(|text| format!("{start}{text}\"")).collect(),
            None => vec![member.to_owned()],
        })
        .collect();
    RawWebhook { headers: raw.headers.clone(), ..written(&members) }
}

impl WebhookHarness for Letters {
    fn source(&self) -> Arc<dyn WebhookSource> {
        Arc::new(MidtransWebhooks::new(&config("http://h").with_api(self.0)))
    }

    fn account(&self, id: AccountId, webhook_secrets: WebhookSecrets) -> ProviderAccount {
        ProviderAccount { id, webhook_secrets, ..account() }
    }

    fn write(&self, _account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        written(&members(secret, sent))
    }

    fn reorder(&self, _account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        let mut members = members(secret, sent);
        members.reverse();
        written(&members)
    }

    fn tamper(&self, raw: &RawWebhook, tampering: Tampering) -> RawWebhook {
        let cut = |signature: &str| signature.chars().take(signature.len() - 1).collect::<String>();
        with_signature(raw, |signature| match tampering {
            Tampering::Flipped => {
                let last = if signature.ends_with('0') { '1' } else { '0' };
                vec![format!("{}{last}", cut(signature))]
            }
            Tampering::Cut => vec![cut(signature)],
            Tampering::Emptied => vec![String::new()],
            Tampering::Removed => Vec::new(),
            Tampering::Doubled => vec![signature.to_owned(), signature.to_owned()],
        })
    }

    /// Of what a shop goes by only the amount is covered: it is what the suite changes.
    fn covers_body(&self) -> bool {
        true
    }
}
