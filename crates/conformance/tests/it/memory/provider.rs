//! Harness of the scripted provider.

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig, Scene};
use mstore_pay_domain::account::{AccountMode, AccountTerms, ProviderAccount, SharedSecret, WebhookSecrets};
use mstore_pay_domain::ids::{AccountId, OurReference, ProviderId, ProviderRef};
use mstore_pay_domain::memory::{ManualClock, Mishap, ScriptedProvider};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Certainty, Clock, Operation, PaymentProvider, ProviderErrorKind};
use mstore_pay_domain::time::Timestamp;

/// Changes the scripted provider before it is tested.
pub(crate) type Arrange = fn(ScriptedProvider) -> ScriptedProvider;
/// Puts an adapter of the test's own around it.
pub(crate) type Wrap = fn(Arc<ScriptedProvider>) -> Arc<dyn PaymentProvider>;

/// [`ScriptedProvider`], possibly rearranged or wrapped.
pub(crate) struct ScriptedHarness {
    pub(crate) arrange: Arrange,
    pub(crate) wrap: Wrap,
}

impl ScriptedHarness {
    pub(crate) fn plain() -> Self {
        Self { arrange: |provider| provider, wrap: |provider| provider }
    }
}

struct ScriptedRig {
    clock: Arc<ManualClock>,
    fake: Arc<ScriptedProvider>,
    provider: Arc<dyn PaymentProvider>,
}

pub(crate) fn scripted() -> ProviderId {
    ProviderId::parse("scripted").unwrap()
}

pub(crate) fn account() -> ProviderAccount {
    ProviderAccount {
        id: AccountId::main(),
        provider: scripted(),
        mode: AccountMode::Test,
        credential: SharedSecret::new("key-8Zq1").unwrap(),
        for_user_id: None,
        provider_merchant_id: ProviderRef::parse("biz-1").ok(),
        webhook_secrets: WebhookSecrets {
            current: SharedSecret::new("token-now-5vT").unwrap(),
            previous: SharedSecret::new("token-before-9kR"),
        },
        nmid: None,
        terms: AccountTerms::default(),
    }
}

#[async_trait]
impl ProviderHarness for ScriptedHarness {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        let clock = Arc::new(ManualClock::new(Timestamp::parse_rfc3339("2025-10-13T10:32:15Z").unwrap()));
        let fake = Arc::new((self.arrange)(ScriptedProvider::new(scripted(), clock.clone())));
        Box::new(ScriptedRig { clock, provider: (self.wrap)(fake.clone()), fake })
    }
}

fn refused(kind: ProviderErrorKind) -> Mishap {
    Mishap::Refused { kind, certainty: Certainty::NotApplied }
}

fn mishap(scene: Scene) -> Option<Mishap> {
    match scene {
        Scene::Normal => None,
        Scene::Unreachable => Some(Mishap::Unreachable),
        Scene::TimeoutBefore => Some(Mishap::SilentBefore),
        Scene::TimeoutAfter => Some(Mishap::SilentAfter),
        Scene::Disconnect | Scene::ServerError => Some(Mishap::BrokenAfter),
        Scene::RateLimited => Some(refused(ProviderErrorKind::RateLimited { retry_after: None })),
        Scene::Unauthorized => Some(refused(ProviderErrorKind::Unauthorized)),
        Scene::InvalidRequest => Some(refused(ProviderErrorKind::InvalidRequest)),
        Scene::Declined => Some(refused(ProviderErrorKind::Declined)),
        Scene::Garbage => Some(Mishap::Garbled),
        Scene::WrongAmount => Some(Mishap::WrongAmount),
        Scene::WrongReference => Some(Mishap::WrongReference),
    }
}

#[async_trait]
impl ProviderRig for ScriptedRig {
    fn provider(&self) -> Arc<dyn PaymentProvider> {
        self.provider.clone()
    }

    fn describe(&self) -> String {
        format!("{:?}", self.fake)
    }

    fn account(&self) -> ProviderAccount {
        account()
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn arrange(&self, operation: Operation, scene: Scene) {
        match mishap(scene) {
            Some(mishap) => self.fake.misbehave_always(operation, mishap),
            None => self.fake.behave(),
        }
    }

    async fn pay(&self, reference: &OurReference, amount: &Money) -> ProviderRef {
        self.fake.pay(reference.as_str(), amount).unwrap()
    }

    async fn expire(&self, reference: &OurReference) {
        self.fake.expire(reference.as_str()).unwrap();
    }

    async fn requests(&self) -> usize {
        self.fake.calls().len()
    }

    async fn objects(&self, reference: &OurReference) -> usize {
        self.fake.charges().iter().filter(|charge| &charge.our_reference == reference).count()
    }
}
