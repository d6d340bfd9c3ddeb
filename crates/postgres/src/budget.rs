//! Rate budgets that all nodes share.

mod window;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{AccountId, ProviderId};
use mstore_pay_domain::memory::SlidingWindow;
use mstore_pay_domain::ports::{BudgetClass, Clock, Endpoint, RateBudget, RateLimitStatus, Reservation};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::prepared::KeepPrepared as _;

use self::window::{BudgetKey, WindowCell};
use crate::errors::Fault;
use crate::schema::rate_budget;
use crate::store::PostgresStore;

/// How long to wait where the budget cannot be asked for: what the call is for could not be stored.
const UNANSWERED_PAUSE: Duration = Duration::from_secs(1);

/// A sliding window per provider, account and endpoint, in a row that a node locks while it reserves.
/// A window that is not there counts as evenly used until now, because nobody knows who used it.
#[derive(Clone)]
pub struct SharedBudget {
    store: PostgresStore,
    clock: Arc<dyn Clock>,
    calls_per_minute: Option<u32>,
    of_provider: BTreeMap<ProviderId, Option<u32>>,
}

impl SharedBudget {
    /// A budget of so many calls a minute for each provider, account and endpoint, all nodes together;
    /// `None`: without limit. The nodes' clocks should be one, as [`SharedClock`](crate::SharedClock) is.
    #[must_use]
    pub fn new(store: PostgresStore, clock: Arc<dyn Clock>, calls_per_minute: Option<u32>) -> Self {
        Self { store, clock, calls_per_minute, of_provider: BTreeMap::new() }
    }

    /// This budget with another limit for one provider.
    #[must_use]
    pub fn limiting(mut self, provider: ProviderId, calls_per_minute: Option<u32>) -> Self {
        self.of_provider.insert(provider, calls_per_minute);
        self
    }

    /// Uses the window of that key, unless there is no limit.
    async fn with_window<T>(
        &self,
        key: &BudgetKey<'_>,
        act: impl FnOnce(&mut SlidingWindow, Timestamp) -> T,
    ) -> Option<Result<T, Fault>> {
        let limit = (*self.of_provider.get(key.provider).unwrap_or(&self.calls_per_minute))?;
        let (store, clock) = (&self.store, &self.clock);
        Some(session!(store.transaction, |conn| async {
            let held = held(conn, key).await?;
            // Only now: whoever held the row before may have kept us waiting.
            let now = clock.now();
            let (mut window, is_new) = match held.and_then(|cell| cell.read(limit)) {
                Some(window) => (window, false),
                None => (SlidingWindow::evenly_used(limit, now), true),
            };
            let outcome = act(&mut window, now);
            if is_new {
                tracing::info!(?key, "the last minute counts as evenly used");
            }
            keep(conn, key, &WindowCell::of(window)).await?;
            Ok(outcome)
        }))
    }
}

#[async_trait]
impl RateBudget for SharedBudget {
    async fn reserve(
        &self,
        provider: &ProviderId,
        account: &AccountId,
        endpoint: Endpoint,
        class: BudgetClass,
        calls: u32,
    ) -> Reservation {
        let key = BudgetKey { provider, account, endpoint };
        match self.with_window(&key, |window, now| window.reserve_at(endpoint, class, calls, now)).await {
            None => Reservation::Granted,
            Some(Ok(reservation)) => reservation,
            Some(Err(fault)) => {
                tracing::warn!(?fault, ?key, "could not reserve calls");
                Reservation::Wait(UNANSWERED_PAUSE)
            }
        }
    }

    async fn observe(&self, provider: &ProviderId, account: &AccountId, endpoint: Endpoint, status: RateLimitStatus) {
        let key = BudgetKey { provider, account, endpoint };
        if let Some(Err(fault)) = self.with_window(&key, |window, now| window.observe(status, now)).await {
            tracing::warn!(?fault, ?key, "could not keep what the provider said of its limit");
        }
    }
}

impl fmt::Debug for SharedBudget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedBudget")
            .field("calls_per_minute", &self.calls_per_minute)
            .field("of_provider", &self.of_provider)
            .finish_non_exhaustive()
    }
}

/// The row of a key, which nobody else uses until the transaction ends; an empty one where there was none.
async fn held(conn: &mut AsyncPgConnection, key: &BudgetKey<'_>) -> Result<Option<WindowCell>, Fault> {
    if let Some(cell) = find(conn, key).await? {
        return Ok(Some(cell));
    }
    // Waits for whoever is making the same.
    diesel::insert_into(rate_budget::table)
        .values((key.columns(), rate_budget::sliding.eq(WindowCell::EMPTY)))
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    find(conn, key).await
}

async fn find(conn: &mut AsyncPgConnection, key: &BudgetKey<'_>) -> Result<Option<WindowCell>, Fault> {
    let row = rate_budget::table.find(key.values()).select(rate_budget::sliding).for_update();
    let sliding: Option<String> = row.first(conn).await.optional()?;
    Ok(sliding.map(WindowCell::from))
}

async fn keep(conn: &mut AsyncPgConnection, key: &BudgetKey<'_>, cell: &WindowCell) -> Result<(), Fault> {
    diesel::update(rate_budget::table.find(key.values()))
        .set(rate_budget::sliding.eq(cell.text()))
        .kept()
        .execute(conn)
        .await?;
    Ok(())
}
