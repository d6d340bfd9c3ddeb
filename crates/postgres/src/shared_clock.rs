//! The time that all nodes share: the database's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ports::{Clock, StoreError};
use mstore_pay_domain::time::Timestamp;

use crate::clock;
use crate::errors::Fault;
use crate::store::PostgresStore;

/// From one look at the database's clock to the next.
const READ_EVERY: Duration = Duration::from_secs(1);
/// An answer that took longer says too little of the time.
const ANSWERED_WITHIN: Duration = Duration::from_millis(500);
/// Below this two clocks do not differ, and the time had better not jump.
const SAME_WITHIN: Duration = Duration::from_millis(100);

/// The time by the database's clock, carried on between looks at it by what has passed on this host, so that a host
/// whose clock is wrong, or is set, neither ends a payment early nor keeps one too long. Until the first look it is
/// the host's.
pub struct SharedClock {
    store: PostgresStore,
    host: Arc<dyn Clock>,
    reading: Mutex<Option<Reading>>,
}

/// What the database's clock showed, and what the host's counted at that moment.
#[derive(Debug, Clone, Copy)]
struct Reading {
    shown: Timestamp,
    at: Duration,
}

impl Reading {
    fn carried_on(self, to: Duration) -> Timestamp {
        self.shown.plus(to.saturating_sub(self.at))
    }
}

impl SharedClock {
    /// The clock of that store's database.
    #[must_use]
    pub fn new(store: PostgresStore, host: Arc<dyn Clock>) -> Self {
        Self { store, host, reading: Mutex::default() }
    }

    /// Looks at the database's clock once.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be asked: the time goes on from the look before.
    pub async fn read(&self) -> Result<(), StoreError> {
        let (store, asked) = (&self.store, self.host.monotonic());
        let shown = session!(store.plain, |conn| async { clock::now(conn).await.map_err(Fault::from) })?;
        let answered = self.host.monotonic();
        let took = answered.saturating_sub(asked);
        let at = asked.saturating_add(took / 2);
        let (Some(shown), true) = (Timestamp::from_micros(shown.0), took <= ANSWERED_WITHIN) else { return Ok(()) };
        let mut reading = self.reading();
        let before = reading.map(|reading| reading.carried_on(at));
        if before.is_none_or(|before| before.since(shown).max(shown.since(before)) > SAME_WITHIN) {
            *reading = Some(Reading { shown, at });
        }
        Ok(())
    }

    /// Keeps looking, for ever. For a task of its own.
    pub async fn run(&self) {
        loop {
            if let Err(error) = self.read().await {
                tracing::debug!(?error, "could not look at the database's clock");
            }
            self.host.sleep(READ_EVERY).await;
        }
    }

    fn reading(&self) -> MutexGuard<'_, Option<Reading>> {
        self.reading.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Clock for SharedClock {
    fn now(&self) -> Timestamp {
        let reading = *self.reading();
        reading.map_or_else(|| self.host.now(), |reading| reading.carried_on(self.host.monotonic()))
    }

    fn monotonic(&self) -> Duration {
        self.host.monotonic()
    }

    async fn sleep(&self, pause: Duration) {
        self.host.sleep(pause).await;
    }
}

impl std::fmt::Debug for SharedClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedClock(..)")
    }
}
