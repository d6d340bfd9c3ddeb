//! Every promise of the provider port, kept by Acme Pay.

mod fake;

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig, Scene};
use mstore_pay_conformance::provider_suite;
use mstore_pay_conformance::wire::WireStub;
use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, OurReference, ProviderId, ProviderRef};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Operation, PaymentProvider};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::HttpClient;

use acme_provider::Acme;
use fake::{Fake, NOW};

struct Harness;

#[async_trait]
impl ProviderHarness for Harness {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        let fake = Fake::start().await;
        let provider = Mutex::new(acme_at(&fake.base_url));
        Box::new(Rig { fake, provider })
    }
}

// The whole test: one line, and every case that will ever be added.
provider_suite!(acme, Harness, #[tokio::test(flavor = "multi_thread")]);

struct Rig {
    fake: Fake,
    provider: Mutex<Arc<Acme>>,
}

fn acme_at(base_url: &str) -> Arc<Acme> {
    Arc::new(Acme::new(HttpClient::new().unwrap(), base_url.parse().unwrap()).unwrap())
}

#[async_trait]
impl ProviderRig for Rig {
    fn provider(&self) -> Arc<dyn PaymentProvider> {
        self.provider.lock().unwrap().clone()
    }

    fn describe(&self) -> String {
        String::new()
    }

    fn account(&self) -> ProviderAccount {
        let secret = |text| SharedSecret::new(text).unwrap();
        ProviderAccount {
            id: AccountId::main(),
            provider: ProviderId::parse("acme").unwrap(),
            mode: AccountMode::Test,
            credential: secret("acme-key-5hJ2"),
            for_user_id: None,
            provider_merchant_id: None,
            webhook_secrets: WebhookSecrets { current: secret("acme-token-9wQ7"), previous: None },
            nmid: None,
            terms: AccountTerms::default(),
        }
    }

    fn now(&self) -> Timestamp {
        Timestamp::parse_rfc3339(NOW).unwrap()
    }

    async fn arrange(&self, operation: Operation, scene: Scene) {
        // The adapter is sent there to meet a provider that cannot be reached.
        let nobody = format!("http://{}", WireStub::nobody());
        let base_url = if scene == Scene::Unreachable { &nobody } else { &self.fake.base_url };
        *self.provider.lock().unwrap() = acme_at(base_url);
        self.fake.books().scenes.insert(operation, scene);
    }

    async fn pay(&self, reference: &OurReference, amount: &Money) -> ProviderRef {
        ProviderRef::parse(self.fake.books().pay(reference.as_str(), &amount.to_string())).unwrap()
    }

    async fn expire(&self, reference: &OurReference) {
        self.fake.books().of_reference(reference.as_str()).unwrap().state = "expired";
    }

    async fn requests(&self) -> usize {
        self.fake.books().requests
    }

    async fn objects(&self, reference: &OurReference) -> usize {
        self.fake.books().charges.iter().filter(|charge| charge.reference == reference.as_str()).count()
    }
}
