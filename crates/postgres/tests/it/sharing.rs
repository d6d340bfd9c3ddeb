//! What nodes share beside the store: the budget, who looks at what, and wake-ups.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use mstore_pay_conformance::budget::{BudgetHarness, BudgetRig, CALLS_PER_MINUTE};
use mstore_pay_conformance::budget_suite;
use mstore_pay_domain::ids::{AccountId, PaymentId, ProviderId};
use mstore_pay_domain::memory::ManualClock;
use mstore_pay_domain::ports::{BudgetClass, Clock, Endpoint, IdGenerator, RateBudget, Reservation, Wakeups, Watches};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_postgres::{SharedBudget, SharedClock, SharedWakeups, SharedWatches};
use tokio::runtime::Handle;

use crate::fixtures::Site;

struct Harness;

struct Rig {
    _site: Site,
    clock: Arc<ManualClock>,
    budgets: [Arc<SharedBudget>; 2],
    watches: [Arc<SharedWatches>; 2],
}

#[async_trait]
impl BudgetHarness for Harness {
    async fn fresh(&self) -> Box<dyn BudgetRig> {
        let site = Site::new();
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH.plus(Duration::from_hours(1))));
        let stores = [site.open().await, site.open().await];
        let budgets = stores.each_ref().map(|store| {
            let free = ProviderId::parse("free").unwrap();
            let budget = SharedBudget::new(store.clone(), clock.clone(), Some(CALLS_PER_MINUTE));
            Arc::new(budget.limiting(free, None))
        });
        let watches = stores.map(|store| Arc::new(SharedWatches::new(store)));
        Box::new(Rig { _site: site, clock, budgets, watches })
    }
}

#[async_trait]
impl BudgetRig for Rig {
    fn budgets(&self) -> [Arc<dyn RateBudget>; 2] {
        let [one, other] = &self.budgets;
        [one.clone(), other.clone()]
    }

    fn watches(&self) -> [Arc<dyn Watches>; 2] {
        let [one, other] = &self.watches;
        [one.clone(), other.clone()]
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    async fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

budget_suite!(budget, Harness, #[tokio::test(flavor = "multi_thread")]);

#[tokio::test(flavor = "multi_thread")]
async fn another_limit_in_the_configuration_counts_at_once() {
    let site = Site::new();
    let clock = Arc::new(ManualClock::new(Timestamp::EPOCH.plus(Duration::from_hours(1))));
    let (acme, main) = (ProviderId::parse("acme").unwrap(), AccountId::main());
    let ask = async |limit, calls| {
        let budget = SharedBudget::new(site.open().await, clock.clone(), Some(limit));
        budget.reserve(&acme, &main, Endpoint::Inquire, BudgetClass::Confirm, calls).await
    };
    ask(10, 1).await;
    clock.advance(Duration::from_secs(61));
    assert!(matches!(ask(10, 10).await, Reservation::Granted));
    assert!(matches!(ask(10, 1).await, Reservation::Wait(_)));
    assert!(matches!(ask(20, 10).await, Reservation::Granted));
    assert!(matches!(ask(20, 1).await, Reservation::Wait(_)));
}

static SOME_MOMENT: LazyLock<Instant> = LazyLock::new(Instant::now);

/// The time of the machine; what it shows matters to nobody here.
pub(crate) struct RealPauses;

#[async_trait]
impl Clock for RealPauses {
    fn now(&self) -> Timestamp {
        Timestamp::EPOCH
    }

    fn monotonic(&self) -> Duration {
        SOME_MOMENT.elapsed()
    }

    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
    }
}

async fn node(site: &Site) -> Arc<SharedWakeups> {
    let wakeups = Arc::new(SharedWakeups::new(site.open().await, Arc::new(RealPauses)));
    let running = Arc::clone(&wakeups);
    Handle::current().spawn(async move { running.run().await });
    wakeups
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_is_woken_by_another_node_and_by_no_other_payment() {
    const TOO_LONG: Duration = Duration::from_mins(1);
    let site = Site::new();
    let (one, other) = (node(&site).await, node(&site).await);
    let (payment, unchanged) = (PaymentId::new(site.ids.uuid()), PaymentId::new(site.ids.uuid()));
    // Whoever begins to listen wakes all its waiters once.
    other.changed(&payment, TOO_LONG).await;
    let waiting = Handle::current().spawn({
        let other = Arc::clone(&other);
        async move {
            let started = Instant::now();
            other.changed(&payment, TOO_LONG).await;
            started.elapsed()
        }
    });
    let not_concerned = Handle::current().spawn({
        let other = Arc::clone(&other);
        async move { other.changed(&unchanged, TOO_LONG).await }
    });
    while !waiting.is_finished() {
        one.wake(&payment);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(waiting.await.unwrap() < TOO_LONG / 2);
    assert!(!not_concerned.is_finished());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiter_that_nobody_wakes_looks_again_after_its_pause() {
    let site = Site::new();
    let wakeups = SharedWakeups::new(site.open().await, Arc::new(RealPauses));
    let started = Instant::now();
    wakeups.changed(&PaymentId::new(site.ids.uuid()), Duration::from_millis(100)).await;
    assert!(started.elapsed() >= Duration::from_millis(100));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_clock_is_decades_slow_has_the_databases_time_once_it_has_looked() {
    const NOW: &str = r#"SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"#;
    const SECOND: Duration = Duration::from_secs(1);
    let site = Site::new();
    let clock = SharedClock::new(site.open().await, Arc::new(RealPauses));
    assert_eq!(clock.now(), Timestamp::EPOCH);
    clock.read().await.unwrap();
    let before = Timestamp::parse_rfc3339(&site.run(NOW)).unwrap();
    tokio::time::sleep(SECOND).await;
    let after = Timestamp::parse_rfc3339(&site.run(NOW)).unwrap();
    let now = clock.now();
    assert!(now.since(before) >= SECOND / 2, "{now} is carried on from {before}");
    assert!(now.since(after).max(after.since(now)) < SECOND, "{now} is not {after}");
}
