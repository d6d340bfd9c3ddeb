use std::error::Error as _;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{Certainty, Clock, Operation, PaymentProvider as _, Period, ProviderErrorKind};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::{Bulkhead, BulkheadFull, BulkheadLimits};

use super::rig::{WITHIN, account, charge, query, rig};

/// A clock on which nobody ever wakes: whatever hangs, hangs.
struct Stopped;

#[async_trait]
impl Clock for Stopped {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }

    async fn sleep(&self, _pause: Duration) {
        std::future::pending::<()>().await;
    }
}

const ONE: BulkheadLimits = BulkheadLimits {
    opens_max: 1,
    inquiries_max: 1,
    sweeps_max: 1,
    cancels_max: 1,
    others_max: 1,
    wait_max: Duration::from_millis(250),
};

/// Takes a future one step on; whether it is done.
async fn step<F: Future>(future: std::pin::Pin<&mut F>) -> bool {
    let mut future = Some(future);
    poll_fn(move |context| Poll::Ready(future.take().is_some_and(|future| future.poll(context).is_ready()))).await
}

#[tokio::test]
async fn a_hanging_opening_leaves_room_for_everything_but_its_own_kind() {
    let hung: Arc<dyn Clock> = Arc::new(Stopped);
    let id = mstore_pay_domain::ids::ProviderId::parse("scripted").unwrap();
    let provider = super::rig::Shared(Arc::new(mstore_pay_domain::memory::ScriptedProvider::new(id, hung)));
    let (_, _, clock) = rig();
    let bulkhead = Bulkhead::new(provider.clone(), clock, ONE);
    provider.0.misbehave(Operation::Open, Mishap::SilentBefore);

    let (main, first) = (account("main"), charge(1, Method::Qris));
    let mut hanging = pin!(bulkhead.open(&main, &first));
    assert!(!step(hanging.as_mut()).await);

    let error = bulkhead.open(&main, &charge(2, Method::Qris)).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (ProviderErrorKind::Unavailable, Certainty::NotApplied));
    assert!(error.source().unwrap().is::<BulkheadFull>());
    assert_eq!(provider.0.calls().len(), 1, "nothing was sent");

    assert!(bulkhead.open(&main, &charge(4, Method::Gopay)).await.is_ok());
    assert!(bulkhead.open(&account("other"), &charge(3, Method::Qris)).await.is_ok());
    assert!(bulkhead.sweep(&main, Period::since(Timestamp::EPOCH), WITHIN).await.is_ok());
    assert_eq!(bulkhead.inquire(&main, &[query("spr-0000000001")], WITHIN).await.len(), 1);
}

#[tokio::test]
async fn room_comes_back_when_a_call_ends_or_is_given_up() {
    let (provider, _, clock) = rig();
    let bulkhead = Bulkhead::new(provider.clone(), clock, ONE);
    for number in 0..3 {
        assert!(bulkhead.open(&account("main"), &charge(number, Method::Qris)).await.is_ok());
    }
    provider.0.misbehave(Operation::Open, Mishap::SilentBefore);
    {
        let (main, fourth) = (account("main"), charge(4, Method::Qris));
        let mut given_up = pin!(bulkhead.open(&main, &fourth));
        assert!(!step(given_up.as_mut()).await);
    }
    assert!(bulkhead.open(&account("main"), &charge(5, Method::Qris)).await.is_ok());
}
