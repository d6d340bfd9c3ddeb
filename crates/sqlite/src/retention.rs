//! Deleting what is old.

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ports::{Prunable, Retention, StoreError};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::rows::{DELIVERY_DONE, WithoutCustomer, names_a_customer};
use mstore_pay_tables::schema::{
    event_dispatches as dispatches, idempotency_keys as keys, outbox, payment_bodies as bodies,
    payment_details as details, payments, webhook_inbox as inbox,
};
use mstore_pay_tables::types::Micros;

use crate::store::SqliteStore;

#[async_trait]
impl Retention for SqliteStore {
    async fn prune(&self, what: Prunable, before: Timestamp, limit: u32) -> Result<u64, StoreError> {
        let (before, limit) = (Micros::from(before), i64::from(limit));
        let prune = move |conn: &mut SqliteConnection| {
            let gone = match what {
                Prunable::Bodies => prune_bodies(conn, before, limit),
                Prunable::Customers => prune_customers(conn, before, limit),
                Prunable::IdempotencyKeys => prune_keys(conn, before, limit),
                Prunable::MissedEvents => prune_missed(conn, before, limit),
                Prunable::SentMessages => prune_messages(conn, before, limit),
                Prunable::DoneDeliveries => prune_deliveries(conn, before, limit),
            };
            Ok(u64::try_from(gone?).unwrap_or(u64::MAX))
        };
        Ok(self.write(prune).await?)
    }
}

fn prune_bodies(conn: &mut SqliteConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = bodies::table.filter(bodies::kept_at.lt(before)).order(bodies::kept_at).limit(limit);
    let old: Vec<Vec<u8>> = old.select(bodies::digest).load(conn)?;
    diesel::delete(bodies::table.filter(bodies::digest.eq_any(old))).execute(conn)
}

/// Of the oldest payments that name a customer, those that are old enough: ids begin with their time, and nothing behind
/// them is looked at.
fn prune_customers(conn: &mut SqliteConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let named = details::table.inner_join(payments::table).filter(names_a_customer()).order(details::payment_id);
    let oldest: Vec<(String, Micros)> =
        named.select((details::payment_id, payments::created_at)).limit(limit).load(conn)?;
    let old = oldest.into_iter().filter(|(_, began)| *began < before).map(|(id, _)| id);
    let old = details::table.filter(details::payment_id.eq_any(old.collect::<Vec<_>>()));
    diesel::update(old).set(WithoutCustomer::default()).execute(conn)
}

/// Up to the time at which the last of so many ended; those of the same moment go with it.
fn prune_keys(conn: &mut SqliteConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = keys::table.filter(keys::expires_at.lt(before)).order(keys::expires_at).limit(limit);
    let ends: Vec<Micros> = old.select(keys::expires_at).load(conn)?;
    let Some(last) = ends.last() else { return Ok(0) };
    diesel::delete(keys::table.filter(keys::expires_at.le(*last))).execute(conn)
}

/// Of the oldest messages, which stand first, those that are old enough: nothing behind them is looked at.
fn old_messages(conn: &mut SqliteConnection, before: Micros, limit: i64) -> QueryResult<Vec<i64>> {
    let oldest = outbox::table.filter(outbox::sent_at.is_not_null()).order(outbox::position).limit(limit);
    let oldest: Vec<(i64, Micros)> = oldest.select((outbox::position, outbox::at)).load(conn)?;
    Ok(oldest.into_iter().filter(|(_, at)| *at < before).map(|(position, _)| position).collect())
}

fn prune_missed(conn: &mut SqliteConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = old_messages(conn, before, limit)?;
    diesel::delete(dispatches::table.filter(dispatches::position.eq_any(old))).execute(conn)
}

fn prune_messages(conn: &mut SqliteConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let old = old_messages(conn, before, limit)?;
    diesel::delete(outbox::table.filter(outbox::position.eq_any(old))).execute(conn)
}

fn prune_deliveries(conn: &mut SqliteConnection, before: Micros, limit: i64) -> QueryResult<usize> {
    let oldest = inbox::table.filter(inbox::state.eq(DELIVERY_DONE)).order(inbox::position).limit(limit);
    let oldest: Vec<i64> = oldest.select(inbox::position).load(conn)?;
    let old = inbox::table.filter(inbox::position.eq_any(oldest)).filter(inbox::received_at.lt(before));
    diesel::delete(old).execute(conn)
}
