//! The promises of every provider's adapter, on this one.

mod letters;
mod rig;

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig};
use mstore_pay_conformance::{provider_suite, webhook_suite};
use mstore_pay_xendit::{WebhookVerification, XenditApi};

use letters::Letters;
use rig::XenditRig;

/// The adapter that opens through that API, before a sandbox of its own.
struct Sandboxed(XenditApi);

#[async_trait]
impl ProviderHarness for Sandboxed {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        Box::new(XenditRig::new(self.0).await)
    }
}

provider_suite!(v3, Sandboxed(XenditApi::V3), #[tokio::test(flavor = "multi_thread")]);
provider_suite!(v2, Sandboxed(XenditApi::V2), #[tokio::test(flavor = "multi_thread")]);

webhook_suite!(webhooks_by_token, Letters(XenditApi::V3, WebhookVerification::Token));
webhook_suite!(webhooks_by_signature, Letters(XenditApi::V3, WebhookVerification::Hmac));
webhook_suite!(webhooks_of_v2_by_token, Letters(XenditApi::V2, WebhookVerification::Token));
webhook_suite!(webhooks_of_v2_by_signature, Letters(XenditApi::V2, WebhookVerification::Hmac));
