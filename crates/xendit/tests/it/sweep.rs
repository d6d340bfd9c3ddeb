use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::ports::{
    BudgetClass, Endpoint, PaymentProvider as _, Period, ProviderErrorKind as Kind, RateBudget, RateLimitStatus,
    Reservation, Sweep,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_sandbox::SandboxConfig;
use mstore_pay_xendit::XenditApi;

use crate::support::{Bench, WITHIN, adapter, charge};

async fn sweep(bench: &Bench, since: Timestamp) -> Sweep {
    bench.xendit.sweep(&bench.account, Period::since(since), WITHIN).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn arrived_money_is_listed_with_its_charge_oldest_first() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    bench.open(2).await;
    assert!(sweep(&bench, Timestamp::EPOCH).await.arrived.is_empty());
    bench.pay(1, "").await;
    bench.pay(2, "").await;
    let listed = sweep(&bench, Timestamp::EPOCH).await;
    assert!(listed.complete);
    assert_eq!(listed.arrived.len(), 2);
    let first = &listed.arrived[0];
    assert_eq!(first.charge_ref.as_ref(), Some(&opened.provider_ref));
    assert_eq!(first.our_reference.as_deref(), Some(charge(1).our_reference.as_str()));
    assert!(first.money.fits(&charge(1).amount));
    assert!(first.updated_at <= listed.arrived[1].updated_at);

    let later = listed.arrived[1].updated_at.plus(std::time::Duration::from_millis(1));
    assert!(sweep(&bench, later).await.arrived.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_read_to_its_end_page_by_page() {
    let bench = Bench::new().await;
    bench.open(1).await;
    for _ in 0..120 {
        bench.pay(1, "").await;
    }
    let listed = sweep(&bench, Timestamp::EPOCH).await;
    assert_eq!((listed.arrived.len(), listed.complete), (120, true));
    let pages =
        bench.requests().await.into_iter().filter(|request| request.starts_with("GET /xendit/transactions")).count();
    assert_eq!(pages, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_cannot_be_read_is_an_error_and_not_an_empty_one() {
    let bench = Bench::new().await;
    for effect in ["empty_body", "gzip_bomb", "redirect"] {
        bench.fault("sweep", effect, "").await;
        let error = bench.xendit.sweep(&bench.account, Period::since(Timestamp::EPOCH), WITHIN).await.unwrap_err();
        assert_eq!(error.kind, Kind::Malformed, "{effect}");
    }
}

/// Writes down what it is told.
#[derive(Default)]
struct Noted(Mutex<Vec<(Endpoint, u32)>>);

#[async_trait]
impl RateBudget for Noted {
    async fn reserve(&self, _: &ProviderId, _: &AccountId, _: Endpoint, _: BudgetClass, _: u32) -> Reservation {
        Reservation::Granted
    }

    async fn observe(&self, _: &ProviderId, _: &AccountId, endpoint: Endpoint, status: RateLimitStatus) {
        self.0.lock().unwrap().push((endpoint, status.remaining));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_answers_say_of_the_limit_is_passed_on() {
    let bench = Bench::with(SandboxConfig::default(), XenditApi::V3).await;
    let noted = Arc::new(Noted::default());
    let xendit = adapter(&bench.sandbox.xendit_base_url(), XenditApi::V3).with_budget(noted.clone());
    xendit.open(&bench.account, &charge(1)).await.unwrap();
    xendit.sweep(&bench.account, Period::since(Timestamp::EPOCH), WITHIN).await.unwrap();
    assert_eq!(*noted.0.lock().unwrap(), [(Endpoint::Open, 599), (Endpoint::Sweep, 599)]);
}
