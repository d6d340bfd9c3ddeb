//! What a question costs, and that all of it is reserved.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mstore_pay_domain::ids::{AccountId, ProviderId, ProviderRef};
use mstore_pay_domain::ports::{
    BudgetClass, Certainty, ChargeSnapshot, Endpoint, PaymentProvider as _, Period, ProviderError,
    ProviderErrorKind as Kind, RateBudget, RateLimitStatus, Reservation,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_xendit::XenditApi;

use crate::support::{Bench, WITHIN, adapter, query};

/// Grants so many calls, and writes down which were reserved.
struct Calls {
    left: Mutex<u32>,
    /// For how long a caller is sent away each time, and for how many times before there is room again.
    pause: Duration,
    busy: Mutex<u32>,
    reserved: Mutex<Vec<Endpoint>>,
}

impl Calls {
    fn of(left: u32) -> Arc<Self> {
        Arc::new(Self { left: Mutex::new(left), pause: WITHIN, busy: Mutex::default(), reserved: Mutex::default() })
    }

    /// Room for so many calls, after so many waits.
    fn after_waits(left: u32, waits: u32, pause: Duration) -> Arc<Self> {
        let (left, busy) = (Mutex::new(left), Mutex::new(waits));
        Arc::new(Self { left, pause, busy, reserved: Mutex::default() })
    }

    fn reserved(&self) -> Vec<Endpoint> {
        self.reserved.lock().unwrap().clone()
    }
}

#[async_trait]
impl RateBudget for Calls {
    async fn reserve(
        &self,
        _: &ProviderId,
        _: &AccountId,
        endpoint: Endpoint,
        class: BudgetClass,
        calls: u32,
    ) -> Reservation {
        assert_eq!((class, calls), (BudgetClass::Confirm, 1));
        let mut busy = self.busy.lock().unwrap();
        if let Some(less) = busy.checked_sub(1) {
            *busy = less;
            return Reservation::Wait(self.pause);
        }
        let mut left = self.left.lock().unwrap();
        let Some(fewer) = left.checked_sub(1) else { return Reservation::Wait(self.pause) };
        *left = fewer;
        self.reserved.lock().unwrap().push(endpoint);
        Reservation::Granted
    }

    async fn observe(&self, _: &ProviderId, _: &AccountId, _: Endpoint, _: RateLimitStatus) {}
}

/// One question about the first charge, under a budget: the answer, and the requests that it took.
async fn ask(
    bench: &Bench,
    budget: &Arc<Calls>,
    charge_ref: Option<&ProviderRef>,
    heard_of: &[ProviderRef],
) -> (Result<ChargeSnapshot, ProviderError>, Vec<String>) {
    let before = bench.requests().await.len();
    let xendit = adapter(&bench.sandbox.xendit_base_url(), XenditApi::V3).with_budget(budget.clone());
    let mut answers = xendit.inquire(&bench.account, &[query(1, charge_ref, heard_of)], WITHIN).await;
    (answers.remove(0), bench.requests().await.split_off(before))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unpaid_charge_takes_the_one_call_that_its_caller_reserved() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let budget = Calls::of(0);
    let (answer, requests) = ask(&bench, &budget, Some(&opened.provider_ref), &[]).await;
    answer.unwrap();
    assert_eq!((requests.len(), budget.reserved()), (1, vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_was_heard_of_is_borne_out_by_one_call_for_it() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let expire = format!(r#"{{"provider":"xendit","reference":"{}"}}"#, crate::support::charge(1).our_reference);
    bench.control("POST", "/expire", &expire).await;
    let paid = bench.pay(1, "").await;
    for charge_ref in [Some(&opened.provider_ref), None] {
        let budget = Calls::of(0);
        let (answer, requests) = ask(&bench, &budget, charge_ref, std::slice::from_ref(&paid)).await;
        let snapshot = answer.unwrap();
        assert_eq!(snapshot.charge_ref.as_ref(), Some(&opened.provider_ref));
        assert_eq!(snapshot.receipts.first().map(|receipt| &receipt.payment_ref), Some(&paid));
        assert_eq!(requests, [format!("GET /xendit/v3/payments/{paid}")]);
        assert_eq!(budget.reserved(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_call_beyond_the_first_is_reserved_under_its_endpoint() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let foreign = ProviderRef::parse("py-00000000-0000-0000-0000-000000000000").unwrap();
    let paid = bench.pay(1, "").await;
    // Which call its caller reserved: that for the charge, or that for a payment that was heard of.
    for (heard_of, of_the_charge, of_a_payment) in [(vec![], 1, 0), (vec![foreign], 0, 1)] {
        let budget = Calls::of(10);
        let (answer, requests) = ask(&bench, &budget, Some(&opened.provider_ref), &heard_of).await;
        assert_eq!(answer.unwrap().receipts[0].payment_ref, paid);
        let reserved = budget.reserved();
        let of = |endpoint| reserved.iter().filter(|known| **known == endpoint).count();
        let made = |path| requests.iter().filter(|request| request.contains(path)).count();
        let (lists, payments) = (made("/transactions"), made("/v3/payments/"));
        assert_eq!(of(Endpoint::Sweep), lists, "{requests:?}");
        assert_eq!(of(Endpoint::Payment) + of_a_payment, payments, "{requests:?}");
        assert_eq!(of(Endpoint::Inquire) + of_the_charge, requests.len() - lists - payments, "{requests:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_for_which_no_call_is_left_is_not_asked_for() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    bench.pay(1, "").await;
    let (answer, requests) = ask(&bench, &Calls::of(0), Some(&opened.provider_ref), &[]).await;
    let refused = answer.unwrap_err();
    assert_eq!((refused.kind, refused.certainty), (Kind::RateLimited { retry_after: None }, Certainty::NotApplied));
    assert_eq!(requests.len(), 1, "{requests:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_call_waits_a_moment_for_leave() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    let paid = bench.pay(1, "").await;
    let (answer, _) =
        ask(&bench, &Calls::after_waits(10, 3, Duration::from_millis(1)), Some(&opened.provider_ref), &[]).await;
    assert_eq!(answer.unwrap().receipts[0].payment_ref, paid);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_for_whose_further_calls_there_is_no_room_for_long_ends_in_time() {
    let bench = Bench::new().await;
    let opened = bench.open(1).await;
    bench.pay(1, "").await;
    let budget = Calls::after_waits(10, u32::MAX, Duration::from_millis(100));
    let began = Instant::now();
    let (answer, requests) = ask(&bench, &budget, Some(&opened.provider_ref), &[]).await;
    assert_eq!(answer.unwrap_err().kind, Kind::RateLimited { retry_after: None });
    assert_eq!(requests.len(), 1, "{requests:?}");
    assert!(began.elapsed() < WITHIN / 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_ends_where_the_budget_does() {
    let bench = Bench::new().await;
    bench.open(1).await;
    for _ in 0..120 {
        bench.pay(1, "").await;
    }
    let budget = Calls::of(1);
    let xendit = adapter(&bench.sandbox.xendit_base_url(), XenditApi::V3).with_budget(budget.clone());
    let listed = xendit.sweep(&bench.account, Period::since(Timestamp::EPOCH), WITHIN).await.unwrap();
    assert_eq!((listed.arrived.len(), listed.complete), (100, false));
    assert_eq!(budget.reserved(), [Endpoint::Sweep]);
}
