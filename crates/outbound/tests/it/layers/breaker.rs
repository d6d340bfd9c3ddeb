use std::error::Error as _;
use std::time::Duration;

use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{Availability, Certainty, Operation, PaymentProvider as _, Period, ProviderErrorKind};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::{BreakerOpen, BreakerPolicy, BreakerState, CircuitBreaker, Line, layered};

use super::rig::{Shared, WITHIN, account, budget, charge, query, rig};

/// A breaker whose QRIS openings under `main` are open, over a provider that is well again.
async fn opened() -> (Shared, std::sync::Arc<mstore_pay_domain::memory::ManualClock>, CircuitBreaker<Shared>) {
    let (provider, manual, clock) = rig();
    let breaker = CircuitBreaker::new(provider.clone(), clock, BreakerPolicy::default());
    provider.0.misbehave_always(Operation::Open, Mishap::SilentBefore);
    for number in 0..8 {
        breaker.open(&account("main"), &charge(number, Method::Qris)).await.unwrap_err();
    }
    provider.0.behave();
    (provider, manual, breaker)
}

#[tokio::test]
async fn while_open_calls_end_at_once_with_nothing_sent_and_say_when_to_come_back() {
    let (provider, _, breaker) = opened().await;
    let calls = provider.0.calls().len();
    let error = breaker.open(&account("main"), &charge(9, Method::Qris)).await.unwrap_err();
    assert_eq!((error.kind, error.certainty), (ProviderErrorKind::Unavailable, Certainty::NotApplied));
    let open = error.source().unwrap().downcast_ref::<BreakerOpen>().unwrap();
    assert!(open.retry_after <= BreakerPolicy::default().probe_interval && !open.retry_after.is_zero());
    assert_eq!(provider.0.calls().len(), calls);
}

#[tokio::test]
async fn whether_it_rests_can_be_asked_through_every_layer_without_taking_the_place_of_the_probe() {
    let (provider, manual, clock) = rig();
    let layers = layered(provider.clone(), &budget(None, &clock), &clock);
    provider.0.misbehave_always(Operation::Open, Mishap::SilentBefore);
    for number in 0..8 {
        layers.open(&account("main"), &charge(number, Method::Qris)).await.unwrap_err();
    }
    provider.0.behave();
    let ask = |method| layers.availability(&account("main"), method);
    assert!(matches!(ask(Method::Qris), Availability::Resting { retry_after } if !retry_after.is_zero()));
    assert_eq!(ask(Method::Gopay), Availability::Ready);
    manual.advance(BreakerPolicy::default().probe_interval);
    assert_eq!((ask(Method::Qris), ask(Method::Qris)), (Availability::OnTrial, Availability::OnTrial));
    assert!(layers.open(&account("main"), &charge(9, Method::Qris)).await.is_ok());
}

#[tokio::test]
async fn other_methods_accounts_and_operations_are_not_affected() {
    let (_, _, breaker) = opened().await;
    assert!(breaker.open(&account("main"), &charge(9, Method::Gopay)).await.is_ok());
    assert!(breaker.open(&account("other"), &charge(10, Method::Qris)).await.is_ok());
    assert!(breaker.sweep(&account("main"), Period::since(Timestamp::EPOCH), WITHIN).await.is_ok());
    let answers = breaker.inquire(&account("main"), &[query("spr-0000000001")], WITHIN).await;
    assert!(answers[0].is_ok());
}

#[tokio::test]
async fn it_closes_by_the_first_call_that_is_answered_after_an_interval() {
    let (_, manual, breaker) = opened().await;
    manual.advance(BreakerPolicy::default().probe_interval);
    assert!(breaker.open(&account("main"), &charge(9, Method::Qris)).await.is_ok());
    assert!(breaker.open(&account("main"), &charge(10, Method::Qris)).await.is_ok());
}

#[tokio::test]
async fn whoever_would_see_whether_it_answers_again_is_told_so() {
    let (_, manual, breaker) = opened().await;
    let ask = || breaker.availability(&account("main"), Method::Qris);
    assert!(matches!(ask(), Availability::Resting { .. }));
    manual.advance(BreakerPolicy::default().probe_interval);
    assert_eq!(ask(), Availability::OnTrial);
}

#[tokio::test]
async fn its_state_can_be_read() {
    let (_, manual, breaker) = opened().await;
    let line = Line { account: AccountId::main(), operation: Operation::Open, method: Some(Method::Qris) };
    assert!(breaker.is_open(&line));
    let shown = breaker.snapshot();
    assert_eq!((shown.len(), &shown[0].line), (1, &line));
    assert!(matches!(shown[0].state, BreakerState::Open { .. }));
    assert_eq!((shown[0].calls, shown[0].failures, shown[0].opened_times), (8, 8, 1));
    manual.advance(Duration::from_mins(1));
    assert!(!breaker.is_open(&line));
}

#[tokio::test]
async fn refusals_never_open_it() {
    let (provider, _, clock) = rig();
    let breaker = CircuitBreaker::new(provider.clone(), clock, BreakerPolicy::default());
    let (kind, certainty) = (ProviderErrorKind::InvalidRequest, Certainty::NotApplied);
    provider.0.misbehave_always(Operation::Open, Mishap::Refused { kind, certainty });
    for number in 0..1_000 {
        breaker.open(&account("main"), &charge(number, Method::Qris)).await.unwrap_err();
    }
    assert_eq!(provider.0.calls().len(), 1_000);
    assert_eq!(breaker.snapshot()[0].state, BreakerState::Closed);
}

#[tokio::test]
async fn a_batch_that_is_refused_has_an_answer_for_each_query() {
    let (provider, _, clock) = rig();
    let breaker = CircuitBreaker::new(provider.clone(), clock, BreakerPolicy::default());
    provider.0.misbehave_always(Operation::Inquire, Mishap::Unreachable);
    let queries = [query("spr-1"), query("spr-2")];
    for _ in 0..8 {
        breaker.inquire(&account("main"), &queries, WITHIN).await;
    }
    let answers = breaker.inquire(&account("main"), &queries, WITHIN).await;
    assert_eq!(answers.len(), 2);
    assert!(answers.iter().all(|answer| answer.as_ref().is_err_and(|error| error.source().is_some())));
}

#[tokio::test]
async fn stacked_every_try_is_seen_and_the_one_that_finds_out_is_alone() {
    let (provider, manual, clock) = rig();
    let stack = layered(provider.clone(), &budget(None, &clock), &clock);
    provider.0.misbehave_always(
        Operation::Open,
        Mishap::Refused { kind: ProviderErrorKind::Unavailable, certainty: Certainty::NotApplied },
    );
    for number in 0..3 {
        stack.open(&account("main"), &charge(number, Method::Qris)).await.unwrap_err();
    }
    assert_eq!(provider.0.calls().len(), 8, "three tries twice, and two of the next three");
    manual.advance(BreakerPolicy::default().probe_interval);
    let before = clock.now();
    stack.open(&account("main"), &charge(9, Method::Qris)).await.unwrap_err();
    assert_eq!((provider.0.calls().len(), clock.now()), (9, before));
}

#[tokio::test]
async fn stacked_an_open_breaker_ends_a_call_without_retries() {
    let (provider, _, clock) = rig();
    let stack = layered(provider.clone(), &budget(None, &clock), &clock);
    provider.0.misbehave_always(Operation::Open, Mishap::SilentBefore);
    for number in 0..8 {
        stack.open(&account("main"), &charge(number, Method::Qris)).await.unwrap_err();
    }
    let (calls, before) = (provider.0.calls().len(), clock.now());
    stack.open(&account("main"), &charge(9, Method::Qris)).await.unwrap_err();
    assert_eq!((provider.0.calls().len(), clock.now()), (calls, before));
    assert_eq!(stack.inner().inner().snapshot().len(), 1);
}
