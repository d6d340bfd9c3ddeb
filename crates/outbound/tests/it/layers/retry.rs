use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::memory::{ManualClock, Mishap};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{
    BudgetClass, Certainty, Endpoint, Operation, PaymentProvider as _, Period, ProviderErrorKind, RateBudget,
    RateLimitStatus, Reservation,
};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::{Retry, RetryPolicy};

use super::rig::{WITHIN, account, budget, charge, query, rig};

/// How often an opening that goes wrong like that, once, reaches the provider, and whether it ends well.
async fn check_open(mishap: Mishap, want_calls: usize, want_ok: bool) {
    let (provider, _, clock) = rig();
    let retry = Retry::new(provider.clone(), budget(None, &clock), clock, RetryPolicy::default());
    provider.0.misbehave(Operation::Open, mishap.clone());
    let outcome = retry.open(&account("main"), &charge(1, Method::Qris)).await;
    assert_eq!(outcome.is_ok(), want_ok, "{mishap:?}");
    assert_eq!(provider.0.calls().len(), want_calls, "{mishap:?}");
    assert!(provider.0.charges().len() <= 1);
}

fn refused(kind: ProviderErrorKind) -> Mishap {
    Mishap::Refused { kind, certainty: Certainty::NotApplied }
}

#[tokio::test]
async fn an_opening_is_sent_again_only_if_it_certainly_did_nothing() {
    check_open(Mishap::Unreachable, 1, true).await;
    check_open(refused(ProviderErrorKind::Unavailable), 2, true).await;
    for mishap in [Mishap::SilentBefore, Mishap::SilentAfter, Mishap::BrokenAfter, Mishap::Garbled, Mishap::WrongAmount]
    {
        check_open(mishap, 1, false).await;
    }
    check_open(refused(ProviderErrorKind::Declined), 1, false).await;
}

#[tokio::test]
async fn a_wait_asked_for_is_kept() {
    let (provider, _, clock) = rig();
    let retry = Retry::new(provider.clone(), budget(None, &clock), clock.clone(), RetryPolicy::default());
    let wait = Duration::from_secs(2);
    provider.0.misbehave(Operation::Open, refused(ProviderErrorKind::RateLimited { retry_after: Some(wait) }));
    let before = clock.now();
    retry.open(&account("main"), &charge(1, Method::Qris)).await.unwrap();
    assert!(clock.now().since(before) >= wait);

    let long = Duration::from_mins(1);
    provider.0.misbehave(Operation::Open, refused(ProviderErrorKind::RateLimited { retry_after: Some(long) }));
    let before = clock.now();
    assert!(retry.open(&account("main"), &charge(2, Method::Qris)).await.is_err());
    assert_eq!(clock.now(), before);
}

#[tokio::test]
async fn of_a_batch_only_what_failed_is_asked_again_and_the_order_stays() {
    let (provider, _, clock) = rig();
    let retry = Retry::new(provider.clone(), budget(None, &clock), clock, RetryPolicy::default());
    let known = retry.open(&account("main"), &charge(1, Method::Qris)).await.unwrap();
    let queries = [query("spr-9999999999"), query(known.provider_ref.as_str())];
    provider.0.misbehave(Operation::Inquire, Mishap::Unreachable);
    provider.0.misbehave(Operation::Inquire, Mishap::Unreachable);
    let answers = retry.inquire(&account("main"), &queries, WITHIN).await;
    assert_eq!(answers[0].as_ref().unwrap_err().kind, ProviderErrorKind::NotFound);
    assert_eq!(answers[1].as_ref().unwrap().charge_ref, Some(known.provider_ref));
}

#[tokio::test]
async fn a_listing_is_read_again_whatever_happened() {
    let (provider, _, clock) = rig();
    let retry = Retry::new(provider.clone(), budget(None, &clock), clock, RetryPolicy::default());
    provider.0.misbehave(Operation::Sweep, Mishap::BrokenAfter);
    provider.0.misbehave(Operation::Sweep, Mishap::Garbled);
    assert!(retry.sweep(&account("main"), Period::since(Timestamp::EPOCH), WITHIN).await.is_ok());
    assert_eq!(provider.0.calls().len(), 3);
}

/// How often a question that always goes wrong like that reaches a provider whose limit leaves so many repeats.
async fn check_repeats(mishap: Mishap, left: u32, want_calls: usize) {
    let (provider, _, clock) = rig();
    let retry = Retry::new(provider.clone(), budget(Some(left), &clock), clock, RetryPolicy::default());
    provider.0.misbehave_always(Operation::Inquire, mishap.clone());
    let answers = retry.inquire(&account("main"), &[query("spr-9999999999")], WITHIN).await;
    assert!(answers.iter().all(Result::is_err));
    assert_eq!(provider.0.calls().len(), want_calls, "{mishap:?}");
}

#[tokio::test]
async fn a_question_is_repeated_only_under_leave_of_its_own() {
    check_repeats(refused(ProviderErrorKind::Unavailable), 600, 3).await;
    check_repeats(refused(ProviderErrorKind::Unavailable), 1, 2).await;
}

#[tokio::test]
async fn a_question_that_was_over_the_limit_is_left_to_whoever_asked() {
    check_repeats(refused(ProviderErrorKind::RateLimited { retry_after: None }), 600, 1).await;
}

#[tokio::test]
async fn of_two_questions_that_failed_the_one_is_repeated_that_there_is_leave_for() {
    let (provider, _, clock) = rig();
    let retry = Retry::new(provider.clone(), budget(Some(1), &clock), clock, RetryPolicy::default());
    let opened = retry.open(&account("main"), &charge(1, Method::Qris)).await.unwrap();
    let known = query(opened.provider_ref.as_str());
    for _ in 0..2 {
        provider.0.misbehave(Operation::Inquire, refused(ProviderErrorKind::Unavailable));
    }
    let answers = retry.inquire(&account("main"), &[known.clone(), known], WITHIN).await;
    assert!(answers[0].is_ok());
    assert_eq!(answers[1].as_ref().unwrap_err().kind, ProviderErrorKind::Unavailable);
}

/// A budget whose answer takes that long.
struct Slow(Arc<ManualClock>, Duration);

#[async_trait]
impl RateBudget for Slow {
    async fn reserve(
        &self,
        _: &ProviderId,
        _: &AccountId,
        endpoint: Endpoint,
        class: BudgetClass,
        calls: u32,
    ) -> Reservation {
        assert_eq!((endpoint, class, calls), (Endpoint::Sweep, BudgetClass::Watched, 1));
        self.0.advance(self.1);
        Reservation::Granted
    }

    async fn observe(&self, _: &ProviderId, _: &AccountId, _: Endpoint, _: RateLimitStatus) {}
}

#[tokio::test]
async fn leave_that_came_too_late_for_another_try_is_not_used() {
    for (took, want_calls) in [(Duration::from_secs(1), 2), (WITHIN, 1)] {
        let (provider, manual, clock) = rig();
        let policy = RetryPolicy { retries_max: 1, ..RetryPolicy::default() };
        let retry = Retry::new(provider.clone(), Arc::new(Slow(manual, took)), clock, policy);
        provider.0.misbehave_always(Operation::Sweep, Mishap::BrokenAfter);
        assert!(retry.sweep(&account("main"), Period::since(Timestamp::EPOCH), WITHIN).await.is_err());
        assert_eq!(provider.0.calls().len(), want_calls, "{took:?}");
    }
}

#[tokio::test]
async fn a_listing_is_repeated_only_under_leave_of_its_own() {
    let (provider, _, clock) = rig();
    let retry = Retry::new(provider.clone(), budget(Some(1), &clock), clock, RetryPolicy::default());
    provider.0.misbehave_always(Operation::Sweep, Mishap::BrokenAfter);
    assert!(retry.sweep(&account("main"), Period::since(Timestamp::EPOCH), WITHIN).await.is_err());
    assert_eq!(provider.0.calls().len(), 2);
}
