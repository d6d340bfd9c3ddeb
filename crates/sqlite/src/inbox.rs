//! The webhook inbox.

use std::time::Duration;

use async_trait::async_trait;
use diesel::prelude::*;
use diesel::sqlite::SqliteConnection;
use mstore_pay_domain::ids::{DeliveryId, LeaseToken};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{Accepted, InboxCounts, StoreError, WebhookInbox};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Delivery, LeasedDelivery, NewDelivery};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{Cells, DELIVERY_DEAD, DELIVERY_OPEN, DELIVERY_PARKED, DeliveryRow, NewDeliveryRow};
use mstore_pay_tables::schema::webhook_inbox as inbox;
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::leases::CLAIM_ROWS_MAX;
use crate::store::SqliteStore;
use crate::{clock, read};

#[async_trait]
impl WebhookInbox for SqliteStore {
    async fn accept(&self, delivery: &NewDelivery, lease: Lease) -> Result<Accepted, StoreError> {
        let delivery = delivery.clone();
        Ok(self.write(move |conn| accept(conn, &delivery, lease)).await?)
    }

    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedDelivery>, StoreError> {
        Ok(self.write(move |conn| claim(conn, limit, lease)).await?)
    }

    async fn defer(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        let (delivery, why) = (*delivery, why.to_owned());
        Ok(self.write(move |conn| put_off(conn, &delivery, token, pause, &why, 1)).await?)
    }

    async fn postpone(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        let (delivery, why) = (*delivery, why.to_owned());
        Ok(self.write(move |conn| put_off(conn, &delivery, token, pause, &why, 0)).await?)
    }

    async fn bury(&self, delivery: &DeliveryId, token: LeaseToken, why: &str) -> Result<(), StoreError> {
        let (delivery, why) = (*delivery, why.to_owned());
        let bury = move |conn: &mut SqliteConnection| {
            put_down(conn, &delivery, token, DELIVERY_DEAD, Some(&why)).map(|_held| ()).map_err(Fault::from)
        };
        Ok(self.write(bury).await?)
    }

    async fn replay(&self, delivery: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        let delivery = *delivery;
        let replay = move |conn: &mut SqliteConnection| {
            let now = clock::now(conn)?;
            let waits = inbox::table
                .filter(inbox::id.eq(delivery.to_string()))
                .filter(inbox::state.eq_any([DELIVERY_PARKED, DELIVERY_DEAD]));
            let reopened = (inbox::state.eq(DELIVERY_OPEN), inbox::attempts.eq(0), inbox::due_at.eq(now));
            if diesel::update(waits).set(reopened).execute(conn)? == 0 {
                return Ok(None);
            }
            let named = inbox::table.filter(inbox::id.eq(delivery.to_string()));
            let row: DeliveryRow = named.select(DeliveryRow::as_select()).first(conn)?;
            Ok(Some(row.read()?))
        };
        Ok(self.write(replay).await?)
    }

    async fn dead(&self, limit: u32) -> Result<Vec<DeliveryId>, StoreError> {
        self.read(move |conn| dead(conn, limit)).await
    }

    async fn unpark(&self, came_since: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(self.write(move |conn| unpark(conn, came_since, limit)).await?)
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        self.read(counts).await
    }
}

/// As many at once as a statement may well name.
const UNPARKED_AT_ONCE: usize = 500;

fn unpark(conn: &mut SqliteConnection, came_since: Timestamp, limit: u32) -> Result<u64, Fault> {
    let now = clock::now(conn)?;
    let places: Vec<i64> = inbox::table
        .filter(inbox::state.eq(DELIVERY_PARKED))
        .filter(inbox::received_at.ge(Micros::from(came_since)))
        .order((inbox::due_at, inbox::position))
        .limit(limit.into())
        .select(inbox::position)
        .load(conn)?;
    for some in places.chunks(UNPARKED_AT_ONCE) {
        let reopened = (inbox::state.eq(DELIVERY_OPEN), inbox::attempts.eq(0), inbox::due_at.eq(now));
        diesel::update(inbox::table.filter(inbox::position.eq_any(some))).set(reopened).execute(conn)?;
    }
    Ok(u64::try_from(places.len()).unwrap_or(u64::MAX))
}

fn dead(conn: &mut SqliteConnection, limit: u32) -> Result<Vec<DeliveryId>, Fault> {
    let dead = inbox::table.filter(inbox::state.eq(DELIVERY_DEAD)).order(inbox::position).limit(limit.into());
    let ids: Vec<String> = dead.select(inbox::id).load(conn)?;
    ids.iter().map(|id| Ok(Cells { table: "webhook_inbox", id }.text("id", id)?)).collect()
}

fn accept(conn: &mut SqliteConnection, delivery: &NewDelivery, lease: Lease) -> Result<Accepted, Fault> {
    let now = clock::now(conn)?;
    let taken = diesel::insert_into(inbox::table)
        .values((
            NewDeliveryRow::of(delivery, lease, None),
            inbox::due_at.eq(now),
            inbox::lease_until.eq(now.plus(lease.ttl)),
        ))
        .on_conflict((inbox::provider, inbox::account_id, inbox::digest))
        .do_nothing()
        .kept()
        .execute(conn)?;
    if taken > 0 {
        let delivery = Delivery {
            id: delivery.id,
            provider: delivery.provider.clone(),
            account: delivery.account.clone(),
            received_at: delivery.received_at,
            body: delivery.authentic.body().to_vec(),
            attempts: 0,
        };
        return Ok(Accepted::New(LeasedDelivery { delivery, token: lease.token }));
    }
    let same = inbox::table
        .filter(inbox::provider.eq(delivery.provider.as_str()))
        .filter(inbox::account_id.eq(delivery.account.as_str()))
        .filter(inbox::digest.eq(delivery.dedup_key().as_bytes().to_vec()));
    let (first, deliveries): (String, i64) = diesel::update(same)
        .set(inbox::deliveries.eq(inbox::deliveries + 1))
        .returning((inbox::id, inbox::deliveries))
        .get_result(conn)?;
    let cells = Cells { table: "webhook_inbox", id: &first };
    Ok(Accepted::Duplicate { first: cells.text("id", &first)?, deliveries: cells.number("deliveries", deliveries)? })
}

fn claim(conn: &mut SqliteConnection, limit: u32, lease: Lease) -> Result<Vec<LeasedDelivery>, Fault> {
    let now = clock::now(conn)?;
    let places: Vec<i64> = inbox::table
        .filter(inbox::state.eq(DELIVERY_OPEN))
        .filter(inbox::due_at.le(now))
        .filter(inbox::lease_until.is_null().or(inbox::lease_until.le(now)))
        .order(inbox::position)
        .limit(limit.min(CLAIM_ROWS_MAX).into())
        .select(inbox::position)
        .load(conn)?;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(inbox::table.filter(inbox::position.eq_any(&places)))
        .set((inbox::lease_token.eq(lease.token.to_string()), inbox::lease_until.eq(now.plus(lease.ttl))))
        .execute(conn)?;
    let rows = inbox::table
        .filter(inbox::position.eq_any(&places))
        .order(inbox::position)
        .select(DeliveryRow::as_select())
        .load(conn)?;
    let deliveries = read::claimed(rows.into_iter().map(|row| (row.id.clone(), row.read())));
    Ok(deliveries.into_iter().map(|delivery| LeasedDelivery { delivery, token: lease.token }).collect())
}

/// Ends a lease, and makes the delivery due again after a pause.
fn put_off(
    conn: &mut SqliteConnection,
    delivery: &DeliveryId,
    token: LeaseToken,
    pause: Duration,
    why: &str,
    failed_tries: i64,
) -> Result<(), Fault> {
    let due = clock::now(conn)?.plus(pause);
    if put_down(conn, delivery, token, DELIVERY_OPEN, Some(why))? {
        let row = inbox::table.filter(inbox::id.eq(delivery.to_string()));
        let later = (inbox::due_at.eq(due), inbox::attempts.eq(inbox::attempts + failed_tries));
        diesel::update(row).set(later).execute(conn)?;
    }
    Ok(())
}

/// Ends a lease and says what becomes of the delivery; `false` if the token is not the last holder's.
/// A holder whose time is over may still finish as long as nobody else took the delivery up.
pub(crate) fn put_down(
    conn: &mut SqliteConnection,
    delivery: &DeliveryId,
    token: LeaseToken,
    state: &'static str,
    why: Option<&str>,
) -> QueryResult<bool> {
    let held = inbox::table.filter(inbox::id.eq(delivery.to_string())).filter(inbox::lease_token.eq(token.to_string()));
    let changed = diesel::update(held)
        .set((
            inbox::state.eq(state),
            inbox::reason.eq(why),
            inbox::lease_token.eq(None::<String>),
            inbox::lease_until.eq(None::<Micros>),
        ))
        .kept()
        .execute(conn)?;
    Ok(changed > 0)
}

/// Each by the index of states: those that were dealt with are not read.
fn counts(conn: &mut SqliteConnection) -> Result<InboxCounts, Fault> {
    let mut count = |state: &'static str| {
        let rows: i64 = inbox::table.filter(inbox::state.eq(state)).count().get_result(conn)?;
        Ok::<_, Fault>(Cells { table: "webhook_inbox", id: state }.number("state", rows)?)
    };
    Ok(InboxCounts { open: count(DELIVERY_OPEN)?, parked: count(DELIVERY_PARKED)?, dead: count(DELIVERY_DEAD)? })
}
