//! Rate budgets kept by one process.

mod window;

pub use window::{Grant, SlidingWindow, WindowState};

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;

use super::lock;
use crate::ids::{AccountId, ProviderId};
use crate::ports::{BudgetClass, Clock, Endpoint, RateBudget, RateLimitStatus, Reservation};
use crate::time::Timestamp;

/// A sliding window per provider, account and endpoint.
pub struct MemoryBudget {
    clock: Arc<dyn Clock>,
    calls_per_minute: Option<u32>,
    of_provider: BTreeMap<ProviderId, Option<u32>>,
    used_until: Option<Timestamp>,
    windows: Mutex<BTreeMap<(ProviderId, AccountId, Endpoint), SlidingWindow>>,
}

impl MemoryBudget {
    /// A budget of so many calls a minute for each provider, account and endpoint; `None`: without
    /// limit. The minute before now counts as evenly used, because a process that stood here before
    /// may have used it.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>, calls_per_minute: Option<u32>) -> Self {
        let used_until = Some(clock.now());
        Self { clock, calls_per_minute, of_provider: BTreeMap::new(), used_until, windows: Mutex::default() }
    }

    /// This budget, where nothing was used before.
    #[must_use]
    pub fn unused(mut self) -> Self {
        self.used_until = None;
        self
    }

    /// This budget with another limit for one provider.
    #[must_use]
    pub fn limiting(mut self, provider: ProviderId, calls_per_minute: Option<u32>) -> Self {
        self.of_provider.insert(provider, calls_per_minute);
        self
    }

    /// Uses the window of that key, unless there is no limit.
    fn with_window<T>(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        endpoint: Endpoint,
        act: impl FnOnce(&mut SlidingWindow, Timestamp) -> T,
    ) -> Option<T> {
        let limit = (*self.of_provider.get(provider).unwrap_or(&self.calls_per_minute))?;
        let mut windows = lock(&self.windows);
        let window = windows.entry((provider.clone(), account.clone(), endpoint)).or_insert_with(|| {
            self.used_until
                .map_or_else(|| SlidingWindow::unused(limit), |until| SlidingWindow::evenly_used(limit, until))
        });
        Some(act(window, self.clock.now()))
    }
}

#[async_trait]
impl RateBudget for MemoryBudget {
    async fn reserve(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        endpoint: Endpoint,
        class: BudgetClass,
        calls: u32,
    ) -> Reservation {
        self.with_window(provider, account, endpoint, |window, now| window.reserve_at(endpoint, class, calls, now))
            .unwrap_or(Reservation::Granted)
    }

    async fn observe(&self, provider: &ProviderId, account: &AccountId, endpoint: Endpoint, status: RateLimitStatus) {
        self.with_window(provider, account, endpoint, |window, now| window.observe(status, now));
    }
}

impl fmt::Debug for MemoryBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryBudget")
            .field("calls_per_minute", &self.calls_per_minute)
            .field("of_provider", &self.of_provider)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::memory::ManualClock;
    use futures::executor::block_on;
    use std::time::Duration;

    fn grants(budget: &MemoryBudget, provider: &str, account: &str, asks: u32) -> usize {
        let (provider, account) = (ProviderId::parse(provider).unwrap(), AccountId::parse(account).unwrap());
        let ask = |_| block_on(budget.reserve(&provider, &account, Endpoint::Inquire, BudgetClass::Confirm, 1));
        (0..asks).map(ask).filter(|answer| *answer == Reservation::Granted).count()
    }

    #[test]
    fn every_account_has_a_window_of_its_own_and_a_provider_may_have_no_limit() {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH.plus(Duration::from_hours(1))));
        let budget = MemoryBudget::new(clock, Some(10)).unused().limiting(ProviderId::parse("free").unwrap(), None);
        assert_eq!(grants(&budget, "acme", "main", 50), 10);
        assert_eq!(grants(&budget, "acme", "other", 50), 10);
        assert_eq!(grants(&budget, "free", "main", 50), 50);
    }

    #[test]
    fn after_a_restart_there_is_neither_burst_nor_standstill() {
        let clock = Arc::new(ManualClock::new(Timestamp::EPOCH.plus(Duration::from_hours(1))));
        let budget = MemoryBudget::new(clock.clone(), Some(60));
        assert!(grants(&budget, "acme", "main", 50) <= 1);
        clock.advance(Duration::from_secs(10));
        let after_ten_seconds = grants(&budget, "acme", "main", 50);
        assert!((9..=11).contains(&after_ten_seconds), "{after_ten_seconds}");
    }
}
