//! Adapters that never answer: each is given its time and a margin, and then given up on.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_trait::async_trait;
use futures::future::pending;
use futures::task::noop_waker;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{Cancellation, Gateway, Policies, Ports, SweepWindow};
use mstore_pay_domain::ids::ProviderId;
use mstore_pay_domain::memory::ScriptedProvider;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    Availability, CancelCharge, Canceled, Capabilities, ChargeSnapshot, Clock as _, Endpoint, OpenCharge, OpenedCharge,
    PaymentProvider, Period, ProviderError, Query, RefundCharge, RefundOutcome, Simulation, Sweep,
};

use crate::shop::Shop;

/// A provider that opens charges, and never says another word.
struct Silent(Arc<ScriptedProvider>);

#[async_trait]
impl PaymentProvider for Silent {
    fn id(&self) -> ProviderId {
        self.0.id()
    }

    fn capabilities(&self, account: &ProviderAccount, method: Method) -> Option<Capabilities> {
        self.0.capabilities(account, method)
    }

    fn availability(&self, account: &ProviderAccount, method: Method) -> Availability {
        self.0.availability(account, method)
    }

    fn counted_under(&self, query: &Query) -> Endpoint {
        self.0.counted_under(query)
    }

    async fn open(&self, account: &ProviderAccount, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
        self.0.open(account, charge).await
    }

    async fn inquire(
        &self,
        _: &ProviderAccount,
        _: &[Query],
        _: Duration,
    ) -> Vec<Result<ChargeSnapshot, ProviderError>> {
        pending().await
    }

    async fn cancel(&self, _: &ProviderAccount, _: &CancelCharge) -> Result<Canceled, ProviderError> {
        pending().await
    }

    async fn refund(&self, _: &ProviderAccount, _: &RefundCharge) -> Result<RefundOutcome, ProviderError> {
        pending().await
    }

    async fn simulate(&self, _: &ProviderAccount, _: &Simulation) -> Result<(), ProviderError> {
        pending().await
    }

    async fn sweep(&self, _: &ProviderAccount, _: Period, _: Duration) -> Result<Sweep, ProviderError> {
        pending().await
    }
}

/// A shop with a payment on display at a provider that is silent from then on.
fn shop() -> (Shop, String) {
    let mut shop = Shop::open();
    let providers: Vec<Arc<dyn PaymentProvider>> = vec![Arc::new(Silent(Arc::clone(&shop.world.provider)))];
    shop.gateway = Gateway::new(Ports { providers, ..shop.world.ports() }, Policies::default());
    let payment = shop.sell("TRX-1");
    shop.later(15);
    (shop, payment.id.to_string())
}

/// Has a future come to its end within so many milliseconds of the shop's clock.
#[track_caller]
fn check<T>(shop: &Shop, millis: u64, future: impl Future<Output = T>) -> T {
    const POLLS_MAX: usize = 1_000;
    let began = shop.world.clock.now();
    let (mut future, waker) = (pin!(future), noop_waker());
    let mut context = Context::from_waker(&waker);
    for _ in 0..POLLS_MAX {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            assert_eq!(shop.world.clock.now().since(began), Duration::from_millis(millis));
            return done;
        }
    }
    panic!("it waits for ever");
}

#[test]
fn a_question_without_an_answer_ends_after_its_time_and_a_margin() {
    let (shop, payment) = shop();
    check(&shop, 2_250, shop.gateway.status(&Shop::scope(), &payment)).unwrap();
}

#[test]
fn a_cancel_without_an_answer_ends_after_its_time_and_a_margin() {
    let (shop, payment) = shop();
    let canceled = check(&shop, 2_250, shop.gateway.cancel(&Shop::scope(), &payment, &Actor::Worker)).unwrap();
    assert_eq!(canceled.cancellation, Cancellation::Requested);
}

#[test]
fn a_listing_without_an_answer_ends_after_its_time_and_a_margin() {
    let (shop, _) = shop();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let report = check(&shop, 5_250, shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    assert_eq!((report.listed, report.supported), (0, true));
}
