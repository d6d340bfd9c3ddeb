//! Deleting what is old.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ports::{Prunable, Retention, StoreError};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::rows::{DELIVERY_DONE, WithoutCustomer, names_a_customer};
use mstore_pay_tables::schema::{
    event_dispatches as dispatches, idempotency_keys as keys, outbox, payment_bodies as bodies,
    payment_details as details, payments, webhook_inbox as inbox,
};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::store::PostgresStore;

#[async_trait]
impl Retention for PostgresStore {
    async fn prune(&self, what: Prunable, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(session!(self.transaction, |conn| prune(conn, what, before.into(), limit.into()))?)
    }
}

async fn prune(conn: &mut AsyncPgConnection, what: Prunable, before: Micros, limit: i64) -> Result<u64, Fault> {
    let gone = match what {
        Prunable::Bodies => prune_bodies(conn, before, limit).await,
        Prunable::Customers => prune_customers(conn, before, limit).await,
        Prunable::IdempotencyKeys => prune_keys(conn, before, limit).await,
        Prunable::MissedEvents => prune_missed(conn, before, limit).await,
        Prunable::SentMessages => prune_messages(conn, before, limit).await,
        Prunable::DoneDeliveries => prune_deliveries(conn, before, limit).await,
    };
    Ok(u64::try_from(gone?).unwrap_or(u64::MAX))
}

/// Whoever speaks of a body meanwhile keeps it.
async fn prune_bodies(conn: &mut AsyncPgConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = bodies::table.filter(bodies::kept_at.lt(before)).order(bodies::kept_at).limit(limit);
    let old: Vec<Vec<u8>> = old.select(bodies::digest).for_update().skip_locked().load(conn).await?;
    diesel::delete(bodies::table.filter(bodies::digest.eq_any(old))).execute(conn).await
}

/// Of the oldest payments that name a customer, those that are old enough: ids begin with their time, and nothing behind
/// them is looked at.
async fn prune_customers(conn: &mut AsyncPgConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let named = details::table.inner_join(payments::table).filter(names_a_customer()).order(details::payment_id);
    let named = named.select((details::payment_id, payments::created_at)).limit(limit);
    let oldest: Vec<(String, Micros)> = named.load(conn).await?;
    let old = oldest.into_iter().filter(|(_, began)| *began < before).map(|(id, _)| id);
    let old = details::table.filter(details::payment_id.eq_any(old.collect::<Vec<_>>()));
    diesel::update(old).set(WithoutCustomer::default()).execute(conn).await
}

/// Up to the time at which the last of so many ended; those of the same moment go with it.
async fn prune_keys(conn: &mut AsyncPgConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = keys::table.filter(keys::expires_at.lt(before)).order(keys::expires_at).limit(limit);
    let ends: Vec<Micros> = old.select(keys::expires_at).load(conn).await?;
    let Some(last) = ends.last() else { return Ok(0) };
    diesel::delete(keys::table.filter(keys::expires_at.le(*last))).execute(conn).await
}

/// Of the oldest messages, which stand first, those that are old enough: nothing behind them is looked at.
async fn old_messages(conn: &mut AsyncPgConnection, before: Micros, limit: i64) -> QueryResult<Vec<i64>> {
    let oldest = outbox::table.filter(outbox::sent_at.is_not_null()).order(outbox::position).limit(limit);
    let oldest: Vec<(i64, Micros)> = oldest.select((outbox::position, outbox::at)).load(conn).await?;
    Ok(oldest.into_iter().filter(|(_, at)| *at < before).map(|(position, _)| position).collect())
}

async fn prune_missed(conn: &mut AsyncPgConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = old_messages(conn, before, limit).await?;
    diesel::delete(dispatches::table.filter(dispatches::position.eq_any(old))).execute(conn).await
}

async fn prune_messages(conn: &mut AsyncPgConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = old_messages(conn, before, limit).await?;
    diesel::delete(outbox::table.filter(outbox::position.eq_any(old))).execute(conn).await
}

async fn prune_deliveries(conn: &mut AsyncPgConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let oldest = inbox::table.filter(inbox::state.eq(DELIVERY_DONE)).order(inbox::position).limit(limit);
    let oldest: Vec<i64> = oldest.select(inbox::position).load(conn).await?;
    let old = inbox::table.filter(inbox::position.eq_any(oldest)).filter(inbox::received_at.lt(before));
    diesel::delete(old).execute(conn).await
}
