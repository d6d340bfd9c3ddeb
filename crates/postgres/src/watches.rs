//! Who is looking at what, through whichever node.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel::sql_types::Text;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::Watches;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::types::{Micros, UtcTime};

use crate::errors::Fault;
use crate::hints::waits_for_no_disk;
use crate::schema::watches;
use crate::store::PostgresStore;

/// How long what is over stays before whoever watches next sweeps it out.
const SWEPT_AFTER: Duration = Duration::from_hours(1);
/// How often a node sweeps at the most.
const SWEPT_EVERY: Duration = Duration::from_mins(1);
/// How much sooner than it is so other nodes may believe that nobody looks any more. A till that polls is told of once in
/// so long, and not with every look.
const TOLD_AGAIN_AFTER: Duration = Duration::from_secs(5);

/// Payments that somebody looks at. A database that does not answer counts as nobody looking: then they
/// are checked no less, only later.
pub struct SharedWatches {
    store: PostgresStore,
    told: Mutex<Told>,
}

/// What this node knows of those who look through it.
struct Told {
    looks: BTreeMap<PaymentId, Look>,
    /// The end of the look that was swept with last.
    swept: Option<Timestamp>,
}

#[derive(Clone, Copy)]
struct Look {
    until: Timestamp,
    /// Until when the others think so.
    told: Timestamp,
}

impl Told {
    /// Notes a look, and says whether the others are to be told and whether it is time to sweep.
    fn look(&mut self, payment: PaymentId, until: Timestamp) -> Option<bool> {
        if let Some(look) = self.looks.get_mut(&payment) {
            look.until = look.until.max(until);
            if look.told >= until.minus(TOLD_AGAIN_AFTER) {
                return None;
            }
        }
        let is_due = self.swept.is_none_or(|swept| swept.plus(SWEPT_EVERY) <= until);
        if is_due {
            self.swept = Some(until);
        }
        Some(is_due)
    }

    fn tell(&mut self, payment: PaymentId, until: Timestamp) {
        let look = self.looks.entry(payment).or_insert(Look { until, told: until });
        look.told = look.told.max(until);
    }
}

impl SharedWatches {
    /// The watches of all nodes on that store.
    #[must_use]
    pub const fn new(store: PostgresStore) -> Self {
        Self { store, told: Mutex::new(Told { looks: BTreeMap::new(), swept: None }) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells the other nodes of a look.
    async fn tell_others(&self, payment: &PaymentId, until: Timestamp, is_to_sweep: bool) {
        let (store, id) = (&self.store, payment.to_string());
        match session!(store.plain, |conn| watch(conn, &id, until, is_to_sweep)) {
            Ok(()) => self.told().tell(*payment, until),
            Err(fault) => tracing::debug!(?fault, "could not tell the other nodes who looks at {id}"),
        }
    }
}

#[async_trait]
impl Watches for SharedWatches {
    async fn watch(&self, payment: &PaymentId, until: Timestamp) {
        let Some(is_to_sweep) = self.told().look(*payment, until) else { return };
        // Apart: a statement needs much room, and most looks are told of already.
        Box::pin(self.tell_others(payment, until, is_to_sweep)).await;
    }

    async fn is_watched(&self, payment: &PaymentId, now: Timestamp) -> bool {
        let told_here = {
            let mut told = self.told();
            told.looks.retain(|_, look| look.until > now);
            told.looks.contains_key(payment)
        };
        let (store, id) = (&self.store, payment.to_string());
        told_here || session!(store.plain, |conn| is_watched(conn, &id, now)).unwrap_or(false)
    }
}

impl std::fmt::Debug for SharedWatches {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SharedWatches(..)")
    }
}

async fn watch(conn: &mut AsyncPgConnection, payment: &str, until: Timestamp, is_to_sweep: bool) -> Result<(), Fault> {
    let until_cell = Micros::from(until);
    let look = select((payment.into_sql::<Text>(), until_cell.into_sql::<UtcTime>()));
    let look = QueryDsl::filter(look, waits_for_no_disk());
    diesel::insert_into(watches::table)
        .values(look)
        .into_columns((watches::payment_id, watches::until))
        .on_conflict(watches::payment_id)
        .do_update()
        .set(watches::until.eq(until_cell))
        .filter(watches::until.lt(until_cell))
        .kept()
        .execute(conn)
        .await?;
    if is_to_sweep {
        let over = watches::until.lt(Micros::from(until.minus(SWEPT_AFTER)));
        diesel::delete(QueryDsl::filter(watches::table, over)).execute(conn).await?;
    }
    Ok(())
}

async fn is_watched(conn: &mut AsyncPgConnection, payment: &str, now: Timestamp) -> Result<bool, Fault> {
    let watched = QueryDsl::filter(QueryDsl::find(watches::table, payment), watches::until.gt(Micros::from(now)));
    Ok(select(exists(watched)).get_result(conn).await?)
}
