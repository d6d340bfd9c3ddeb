//! Waking whoever waits for a payment, through whichever node.
//!
//! A notification is sent by a task of its own, never in the transaction of a unit of work: PostgreSQL
//! commits transactions that notify one after the other.

use std::collections::{BTreeMap, BTreeSet};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl, SimpleAsyncConnection};
use futures::StreamExt as _;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::{Clock, Wakeups};
use mstore_pay_tables::prepared::KeepPrepared as _;
use tokio::sync::Notify;

use crate::errors::Fault;
use crate::store::PostgresStore;

const LISTEN: &str = "LISTEN mstore_pay_changed";
/// Changes of that long are told in one notification.
const COALESCED_FOR: Duration = Duration::from_millis(10);
/// Ids in one notification, whose text must stay below 8,000 bytes.
const IDS_MAX: usize = 150;
const LISTEN_AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Wakes waiters of this node at once, and those of the others by a notification. While the database
/// cannot be reached, or pgbouncer in transaction mode is in between, whoever waits looks again when its
/// pause is over.
pub struct SharedWakeups {
    store: PostgresStore,
    clock: Arc<dyn Clock>,
    changed: Mutex<BTreeSet<PaymentId>>,
    to_tell: Notify,
    waiters: Mutex<BTreeMap<PaymentId, Room>>,
}

impl SharedWakeups {
    /// Wake-ups between the nodes on that store, heard over a connection of its own. Nothing is sent to other
    /// nodes, or heard from them, but while [`run`](Self::run) runs.
    #[must_use]
    pub fn new(store: PostgresStore, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, changed: Mutex::default(), to_tell: Notify::new(), waiters: Mutex::default() }
    }

    /// Tells the other nodes what changed here, and listens to them, for ever. For a task of its own; MUST
    /// run once a node, and is safe to drop.
    pub async fn run(&self) {
        futures::join!(self.tell_for_ever(), self.listen_for_ever());
    }

    async fn tell_for_ever(&self) {
        loop {
            self.to_tell.notified().await;
            tokio::time::sleep(COALESCED_FOR).await;
            let changed: Vec<PaymentId> = std::mem::take(&mut *lock(&self.changed)).into_iter().collect();
            for some in changed.chunks(IDS_MAX) {
                let store = &self.store;
                if let Err(fault) = session!(store.plain, |conn| tell(conn, some)) {
                    tracing::debug!(?fault, "could not wake the other nodes");
                }
            }
        }
    }

    async fn listen_for_ever(&self) {
        loop {
            if let Err(error) = self.listen().await {
                tracing::debug!(?error, "could not listen to the other nodes");
            }
            tokio::time::sleep(LISTEN_AGAIN_AFTER).await;
        }
    }

    async fn listen(&self) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
        let mut conn = self.store.address.connect().await?;
        conn.batch_execute(LISTEN).await?;
        // What changed while nobody listened is not told again.
        self.wake_all();
        let mut notifications = pin!(conn.notifications_stream());
        while let Some(notification) = notifications.next().await {
            for id in notification?.payload.split(' ').filter_map(|id| id.parse().ok()) {
                self.wake_here(&id);
            }
        }
        Ok(())
    }

    fn wake_all(&self) {
        lock(&self.waiters).values().for_each(|room| room.notify.notify_waiters());
    }
}

#[async_trait]
impl Wakeups for SharedWakeups {
    fn wake_here(&self, payment: &PaymentId) {
        if let Some(room) = lock(&self.waiters).get(payment) {
            room.notify.notify_waiters();
        }
    }

    fn wake(&self, payment: &PaymentId) {
        self.wake_here(payment);
        lock(&self.changed).insert(*payment);
        self.to_tell.notify_one();
    }

    async fn changed(&self, payment: &PaymentId, within: Duration) {
        let waiter = Waiter::of(self, payment);
        let mut woken = pin!(waiter.notify.notified());
        // From here on it hears, before it is first polled.
        woken.as_mut().enable();
        tokio::select! {
            () = woken => {}
            () = self.clock.sleep(within) => {}
        }
    }
}

impl std::fmt::Debug for SharedWakeups {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedWakeups(..)")
    }
}

/// Where those wait who wait for one payment.
#[derive(Debug, Default)]
struct Room {
    notify: Arc<Notify>,
    /// Those that are in it: counted under the lock, so that of two who leave at once one is the last.
    waiters: usize,
}

/// A place among those who wait for a payment; the last to leave takes the room away.
struct Waiter<'a> {
    wakeups: &'a SharedWakeups,
    payment: PaymentId,
    notify: Arc<Notify>,
}

impl<'a> Waiter<'a> {
    fn of(wakeups: &'a SharedWakeups, payment: &PaymentId) -> Self {
        let mut rooms = lock(&wakeups.waiters);
        let room = rooms.entry(*payment).or_default();
        room.waiters = room.waiters.saturating_add(1);
        Self { wakeups, payment: *payment, notify: Arc::clone(&room.notify) }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        let mut rooms = lock(&self.wakeups.waiters);
        let Some(room) = rooms.get_mut(&self.payment) else { return };
        room.waiters = room.waiters.saturating_sub(1);
        if room.waiters == 0 {
            rooms.remove(&self.payment);
        }
    }
}

async fn tell(conn: &mut AsyncPgConnection, changed: &[PaymentId]) -> Result<(), Fault> {
    let ids: Vec<String> = changed.iter().map(ToString::to_string).collect();
    let notify = diesel::sql_query("SELECT pg_notify('mstore_pay_changed', $1)").bind::<Text, _>(ids.join(" "));
    notify.kept().execute(conn).await?;
    Ok(())
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
