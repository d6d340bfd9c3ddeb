//! Who is looking at what, through whichever node.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::{exists, select};
use diesel::prelude::*;
use diesel::query_dsl::methods::FilterDsl as _;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::Watches;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::prepared::KeepPrepared as _;
use crate::schema::watches;
use crate::store::PostgresStore;

/// How long what is over stays before whoever watches next sweeps it out.
const SWEPT_AFTER: Duration = Duration::from_hours(1);

/// Payments that somebody looks at. A database that does not answer counts as nobody looking: then they
/// are checked no less, only later.
pub struct SharedWatches {
    store: PostgresStore,
    told: Mutex<BTreeMap<PaymentId, Timestamp>>,
}

impl SharedWatches {
    /// The watches of all nodes on that store.
    #[must_use]
    pub const fn new(store: PostgresStore) -> Self {
        Self { store, told: Mutex::new(BTreeMap::new()) }
    }

    /// What this node has told the others: a till that polls tells the same again and again.
    fn told(&self) -> MutexGuard<'_, BTreeMap<PaymentId, Timestamp>> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Watches for SharedWatches {
    async fn watch(&self, payment: &PaymentId, until: Timestamp) {
        if self.told().get(payment).is_some_and(|told| *told >= until) {
            return;
        }
        let (store, id) = (&self.store, payment.to_string());
        match session!(store.plain, |conn| watch(conn, &id, until)) {
            Ok(()) => {
                self.told().insert(*payment, until);
            }
            Err(fault) => tracing::debug!(?fault, "could not tell the other nodes who looks at {id}"),
        }
    }

    async fn is_watched(&self, payment: &PaymentId, now: Timestamp) -> bool {
        let told_here = {
            let mut told = self.told();
            told.retain(|_, until| *until > now);
            told.contains_key(payment)
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

async fn watch(conn: &mut AsyncPgConnection, payment: &str, until: Timestamp) -> Result<(), Fault> {
    let until_cell = Micros::from(until);
    diesel::insert_into(watches::table)
        .values((watches::payment_id.eq(payment), watches::until.eq(until_cell)))
        .on_conflict(watches::payment_id)
        .do_update()
        .set(watches::until.eq(until_cell))
        .filter(watches::until.lt(until_cell))
        .kept()
        .execute(conn)
        .await?;
    let over = watches::until.lt(Micros::from(until.minus(SWEPT_AFTER)));
    diesel::delete(QueryDsl::filter(watches::table, over)).execute(conn).await?;
    Ok(())
}

async fn is_watched(conn: &mut AsyncPgConnection, payment: &str, now: Timestamp) -> Result<bool, Fault> {
    let watched = QueryDsl::filter(QueryDsl::find(watches::table, payment), watches::until.gt(Micros::from(now)));
    Ok(select(exists(watched)).get_result(conn).await?)
}
