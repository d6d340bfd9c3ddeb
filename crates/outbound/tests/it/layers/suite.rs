//! Each layer, and all of them stacked, keep every promise of the provider behind them.

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_conformance::provider::{ProviderHarness, ProviderRig, Scene};
use mstore_pay_conformance::provider_suite;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::{OurReference, ProviderRef};
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{Certainty, Clock, Operation, PaymentProvider, ProviderErrorKind};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::{BreakerPolicy, Bulkhead, BulkheadLimits, CircuitBreaker, Retry, RetryPolicy, layered};

use super::rig::{Shared, account, budget, rig};

/// Puts a layer before the scripted provider.
struct Layer(fn(Shared, Arc<dyn Clock>) -> Arc<dyn PaymentProvider>);

struct LayerRig {
    fake: Shared,
    clock: Arc<dyn Clock>,
    provider: Arc<dyn PaymentProvider>,
}

#[async_trait]
impl ProviderHarness for Layer {
    async fn fresh(&self) -> Box<dyn ProviderRig> {
        let (fake, _, clock) = rig();
        Box::new(LayerRig { provider: (self.0)(fake.clone(), Arc::clone(&clock)), fake, clock })
    }
}

provider_suite!(unlayered, Layer(|inner, _clock| Arc::new(inner)));
provider_suite!(
    retry,
    Layer(|inner, clock| Arc::new(Retry::new(inner, budget(None, &clock), clock, RetryPolicy::default())))
);
provider_suite!(breaker, Layer(|inner, clock| Arc::new(CircuitBreaker::new(inner, clock, BreakerPolicy::default()))));
provider_suite!(bulkhead, Layer(|inner, clock| Arc::new(Bulkhead::new(inner, clock, BulkheadLimits::default()))));
provider_suite!(stacked, Layer(|inner, clock| Arc::new(layered(inner, &budget(None, &clock), &clock))));

fn mishap(scene: Scene) -> Option<Mishap> {
    let refused = |kind| Some(Mishap::Refused { kind, certainty: Certainty::NotApplied });
    match scene {
        Scene::Normal => None,
        Scene::Unreachable => Some(Mishap::Unreachable),
        Scene::TimeoutBefore => Some(Mishap::SilentBefore),
        Scene::TimeoutAfter => Some(Mishap::SilentAfter),
        Scene::Disconnect | Scene::ServerError => Some(Mishap::BrokenAfter),
        Scene::RateLimited => refused(ProviderErrorKind::RateLimited { retry_after: None }),
        Scene::Unauthorized => refused(ProviderErrorKind::Unauthorized),
        Scene::InvalidRequest => refused(ProviderErrorKind::InvalidRequest),
        Scene::Declined => refused(ProviderErrorKind::Declined),
        Scene::Garbage => Some(Mishap::Garbled),
        Scene::WrongAmount => Some(Mishap::WrongAmount),
        Scene::WrongReference => Some(Mishap::WrongReference),
    }
}

#[async_trait]
impl ProviderRig for LayerRig {
    fn provider(&self) -> Arc<dyn PaymentProvider> {
        Arc::clone(&self.provider)
    }

    fn describe(&self) -> String {
        format!("{:?}", self.fake.0)
    }

    fn account(&self) -> ProviderAccount {
        account("main")
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn arrange(&self, operation: Operation, scene: Scene) {
        match mishap(scene) {
            Some(mishap) => self.fake.0.misbehave_always(operation, mishap),
            None => self.fake.0.behave(),
        }
    }

    async fn pay(&self, reference: &OurReference, amount: &Money) -> ProviderRef {
        self.fake.0.pay(reference.as_str(), amount).unwrap()
    }

    async fn expire(&self, reference: &OurReference) {
        self.fake.0.expire(reference.as_str()).unwrap();
    }

    async fn requests(&self) -> usize {
        self.fake.0.calls().len()
    }

    async fn objects(&self, reference: &OurReference) -> usize {
        let charges = self.fake.0.charges();
        charges.iter().filter(|charge| &charge.our_reference == reference).count()
    }
}
