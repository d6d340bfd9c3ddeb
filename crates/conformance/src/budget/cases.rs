//! One window for all nodes, and one answer to who is looking.

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt as _;
use mstore_pay_domain::ids::{AccountId, PaymentId, ProviderId};
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::{BudgetClass, Endpoint, IdGenerator, RateBudget, RateLimitStatus, Reservation};

use super::{BudgetHarness, BudgetRig, CALLS_PER_MINUTE};
use crate::race::race;

const MINUTE: Duration = Duration::from_mins(1);
/// After that a call is no longer counted: calls are under way for longer or shorter, so they may be for a second or two more.
const FORGOTTEN_AFTER: Duration = Duration::from_secs(62);

fn provider(id: &str) -> ProviderId {
    ProviderId::parse(id).expect("a provider")
}

/// Asks once to confirm something at the account `main` of `acme`.
async fn confirm(budget: &Arc<dyn RateBudget>) -> Reservation {
    budget.reserve(&provider("acme"), &AccountId::main(), Endpoint::Inquire, BudgetClass::Confirm, 1).await
}

async fn granted(budget: &Arc<dyn RateBudget>, asks: u32) -> u32 {
    let mut granted = 0;
    for _ in 0..asks {
        granted += u32::from(confirm(budget).await == Reservation::Granted);
    }
    granted
}

/// A budget whose window is empty: it is in use, and the minute that counts as used is over.
async fn emptied(rig: &dyn BudgetRig) -> [Arc<dyn RateBudget>; 2] {
    let [one, other] = rig.budgets();
    for endpoint in [Endpoint::Inquire, Endpoint::Sweep] {
        let _first = one.reserve(&provider("acme"), &AccountId::main(), endpoint, BudgetClass::Confirm, 1).await;
    }
    rig.pass(FORGOTTEN_AFTER).await;
    [one, other]
}

/// What one node takes is gone for the other.
pub async fn nodes_share_one_window(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let [one, other] = emptied(rig.as_ref()).await;
    assert_eq!(granted(&one, 40).await, 40);
    assert_eq!(granted(&other, 40).await, CALLS_PER_MINUTE - 40);
    assert_eq!(granted(&one, 1).await, 0);
    rig.pass(FORGOTTEN_AFTER).await;
    assert_eq!(granted(&other, 40).await, 40, "a minute later");
}

/// Nodes that ask at the same moment get the limit between them, and not a call more.
pub async fn racing_nodes_never_exceed_the_limit(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let budgets = emptied(rig.as_ref()).await;
    let racers = budgets.iter().cycle().take(8).map(|budget| {
        let budget = Arc::clone(budget);
        async move { granted(&budget, 20).await }.boxed()
    });
    let granted: u32 = race(racers.collect()).await.into_iter().sum();
    assert_eq!(granted, CALLS_PER_MINUTE);
}

/// Whoever was here before may have used the budget: no burst after a restart, and no standstill.
pub async fn minute_before_the_first_call_counts_as_used(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let [one, _] = rig.budgets();
    let at_once = granted(&one, 30).await;
    assert!(at_once <= 1, "{at_once} at once");
    rig.pass(Duration::from_secs(10)).await;
    let later = granted(&one, 30).await;
    assert!((8..=11).contains(&later), "{later} after ten seconds");
}

/// Limits are the provider's, per account and endpoint.
pub async fn every_account_and_endpoint_has_its_own_window(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let [one, other] = emptied(rig.as_ref()).await;
    assert_eq!(granted(&one, CALLS_PER_MINUTE).await, CALLS_PER_MINUTE);
    let (acme, main, class) = (provider("acme"), AccountId::main(), BudgetClass::Confirm);
    let sweep = other.reserve(&acme, &main, Endpoint::Sweep, class, CALLS_PER_MINUTE).await;
    assert_eq!(sweep, Reservation::Granted);
    let branch = AccountId::parse("branch").expect("an account");
    let first = other.reserve(&acme, &branch, Endpoint::Inquire, class, 1).await;
    assert!(!matches!(first, Reservation::Wait(wait) if wait > MINUTE / 2), "{first:?}");
}

/// A limit that was lifted holds nobody up.
pub async fn provider_without_limit_is_never_waited_for(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let [one, _] = rig.budgets();
    let main = AccountId::main();
    let calls = CALLS_PER_MINUTE * 10;
    let free = one.reserve(&provider("free"), &main, Endpoint::Inquire, BudgetClass::Rest, calls).await;
    assert_eq!(free, Reservation::Granted);
}

/// The provider's word about its limit reaches every node.
pub async fn what_one_node_observes_binds_the_other(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let [one, other] = emptied(rig.as_ref()).await;
    let status = RateLimitStatus { limit: 20, remaining: 5, reset: Duration::from_secs(20) };
    one.observe(&provider("acme"), &AccountId::main(), Endpoint::Inquire, status).await;
    assert_eq!(granted(&other, 10).await, 5);
    rig.pass(Duration::from_secs(22)).await;
    assert_eq!(granted(&other, 30).await, 15, "of the smaller limit, five are still in the window");
}

/// A smaller limit is the provider's until it says otherwise: no node keeps to it for ever.
pub async fn what_one_node_hears_of_a_larger_limit_frees_the_other(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let [one, other] = emptied(rig.as_ref()).await;
    let (acme, main) = (provider("acme"), AccountId::main());
    let told = |limit| RateLimitStatus { limit, remaining: limit, reset: Duration::from_secs(0) };
    one.observe(&acme, &main, Endpoint::Inquire, told(20)).await;
    assert_eq!(granted(&other, 30).await, 20);
    one.observe(&acme, &main, Endpoint::Inquire, told(CALLS_PER_MINUTE * 10)).await;
    assert_eq!(granted(&other, CALLS_PER_MINUTE).await, CALLS_PER_MINUTE - 20, "up to what is configured");
}

/// Waiting as long as one was told is enough for somebody who is alone.
pub async fn whoever_waits_as_told_is_granted(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let (budgets, acme, main) = (rig.budgets(), provider("acme"), AccountId::main());
    for (ask, budget) in budgets.iter().cycle().take(20).enumerate() {
        let reserve = || budget.reserve(&acme, &main, Endpoint::Inquire, BudgetClass::Fresh, 1);
        if let Reservation::Wait(wait) = reserve().await {
            rig.pass(wait).await;
            assert_eq!(reserve().await, Reservation::Granted, "ask {ask}, after {wait:?}");
        }
    }
}

/// Whoever looks at a payment through one node is known to the other, until the latest time named.
pub async fn watch_is_seen_by_every_node_until_it_is_over(h: &dyn BudgetHarness) {
    let rig = h.fresh().await;
    let ([one, other], now) = (rig.watches(), rig.now());
    let ids = SequentialIds::default();
    let (watched, unseen) = (PaymentId::new(ids.uuid()), PaymentId::new(ids.uuid()));
    let after = |seconds| now.plus(Duration::from_secs(seconds));
    one.watch(&watched, after(20)).await;
    other.watch(&watched, after(10)).await;
    for node in [&one, &other] {
        assert!(node.is_watched(&watched, after(19)).await);
        assert!(!node.is_watched(&unseen, after(0)).await);
    }
    one.watch(&watched, after(30)).await;
    for (seconds, want) in [(29, true), (30, false)] {
        for node in [&one, &other] {
            assert_eq!(node.is_watched(&watched, after(seconds)).await, want, "after {seconds} s");
        }
    }
}
