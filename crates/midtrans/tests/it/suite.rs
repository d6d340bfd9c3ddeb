//! The promises of every provider's adapter, on this one.

mod letters;
mod rig;

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig};
use mstore_pay_conformance::{provider_suite, webhook_suite};

use letters::Letters;
use rig::MidtransRig;

/// The adapter before a sandbox of its own.
struct Sandboxed;

#[async_trait]
impl ProviderHarness for Sandboxed {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        Box::new(MidtransRig::new().await)
    }
}

provider_suite!(core, Sandboxed, #[tokio::test(flavor = "multi_thread")]);

webhook_suite!(webhooks, Letters);
