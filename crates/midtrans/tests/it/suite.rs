//! The promises of every provider's adapter, on this one.

mod letters;
mod rig;

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig};
use mstore_pay_conformance::{provider_suite, webhook_suite};

use mstore_pay_midtrans::MidtransApi;

use letters::Letters;
use rig::MidtransRig;

/// The adapter that opens through that API, before a sandbox of its own.
struct Sandboxed(MidtransApi);

#[async_trait]
impl ProviderHarness for Sandboxed {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        Box::new(MidtransRig::new(self.0).await)
    }
}

provider_suite!(core, Sandboxed(MidtransApi::Core), #[tokio::test(flavor = "multi_thread")]);
provider_suite!(snap, Sandboxed(MidtransApi::Snap), #[tokio::test(flavor = "multi_thread")]);

webhook_suite!(webhooks_of_core, Letters(MidtransApi::Core));
webhook_suite!(webhooks_of_snap, Letters(MidtransApi::Snap));
