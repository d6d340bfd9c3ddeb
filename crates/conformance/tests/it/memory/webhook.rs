//! Harness of the scripted provider's webhooks.

use std::sync::Arc;

use mstore_pay_conformance::webhook::{Event, Sent, Tampering, WebhookHarness, tamper_with_header};
use mstore_pay_domain::account::{ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::memory::ScriptedWebhooks;
use mstore_pay_domain::ports::WebhookSource;
use mstore_pay_domain::webhook::RawWebhook;

use super::provider::{account, scripted};

/// [`ScriptedWebhooks`], possibly wrapped.
pub(crate) struct ScriptedWebhooksHarness {
    pub(crate) wrap: fn(ScriptedWebhooks) -> Arc<dyn WebhookSource>,
}

impl ScriptedWebhooksHarness {
    pub(crate) fn plain() -> Self {
        Self { wrap: |source| Arc::new(source) }
    }
}

fn lines(sent: &Sent) -> Vec<String> {
    let event = match sent.event {
        Event::Paid | Event::PaidWithMore | Event::PaidUnreadably => "paid",
        Event::Expired => "expired",
        Event::Failed => "failed",
        Event::Unheard => "lottery",
    };
    let amount = if sent.event == Event::PaidUnreadably { "1e99".to_owned() } else { sent.amount.to_string() };
    let mut lines = vec![
        format!("event={event}"),
        format!("charge={}", sent.charge_ref),
        format!("payment={}", sent.payment_ref),
        format!("reference={}", sent.our_reference),
        format!("order={}", sent.order_code),
        format!("amount={amount}"),
    ];
    match sent.event {
        Event::Paid | Event::PaidUnreadably => lines.push(format!("paid_at={}", sent.at)),
        Event::PaidWithMore => lines.extend([format!("paid_at={}", sent.at), "colour=red".to_owned()]),
        Event::Failed => lines.push("reason=ISSUER_DOWN".to_owned()),
        Event::Expired | Event::Unheard => {}
    }
    lines
}

fn signed(account: &ProviderAccount, secret: &SharedSecret, lines: &[String]) -> RawWebhook {
    let secrets = WebhookSecrets { current: secret.clone(), previous: None };
    ScriptedWebhooks::signed(&ProviderAccount { webhook_secrets: secrets, ..account.clone() }, lines.join("\n"))
}

impl WebhookHarness for ScriptedWebhooksHarness {
    fn source(&self) -> Arc<dyn WebhookSource> {
        (self.wrap)(ScriptedWebhooks::of(scripted()))
    }

    fn account(&self, id: AccountId, webhook_secrets: WebhookSecrets) -> ProviderAccount {
        ProviderAccount { id, webhook_secrets, ..account() }
    }

    fn write(&self, account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        signed(account, secret, &lines(sent))
    }

    fn reorder(&self, account: &ProviderAccount, secret: &SharedSecret, sent: &Sent) -> RawWebhook {
        let mut lines = lines(sent);
        lines.reverse();
        signed(account, secret, &lines)
    }

    fn tamper(&self, raw: &RawWebhook, tampering: Tampering) -> RawWebhook {
        tamper_with_header(raw, ScriptedWebhooks::TOKEN_HEADER, tampering)
    }

    fn covers_body(&self) -> bool {
        false
    }
}
