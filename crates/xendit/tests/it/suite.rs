//! The promises of every provider's adapter, on this one.

mod rig;

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig};
use mstore_pay_conformance::provider_suite;

use rig::XenditRig;

struct Sandboxed;

#[async_trait]
impl ProviderHarness for Sandboxed {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        Box::new(XenditRig::new().await)
    }
}

provider_suite!(xendit, Sandboxed, #[tokio::test(flavor = "multi_thread")]);
