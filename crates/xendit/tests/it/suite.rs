//! The promises of every provider's adapter, on this one.

mod letters;
mod rig;

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig};
use mstore_pay_conformance::{provider_suite, webhook_suite};
use mstore_pay_xendit::WebhookVerification;

use letters::Letters;
use rig::XenditRig;

struct Sandboxed;

#[async_trait]
impl ProviderHarness for Sandboxed {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        Box::new(XenditRig::new().await)
    }
}

provider_suite!(xendit, Sandboxed, #[tokio::test(flavor = "multi_thread")]);

webhook_suite!(webhooks_by_token, Letters(WebhookVerification::Token));
webhook_suite!(webhooks_by_signature, Letters(WebhookVerification::Hmac));
