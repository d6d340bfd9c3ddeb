//! The webhook inbox.

use std::time::Duration;

use async_trait::async_trait;
use diesel::dsl::{case_when, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{DeliveryId, LeaseToken};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{Accepted, InboxCounts, StoreError, WebhookInbox};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_domain::webhook::{Delivery, LeasedDelivery, NewDelivery};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{
    Cells, DELIVERY_DEAD, DELIVERY_IS_DEAD, DELIVERY_IS_OPEN, DELIVERY_IS_PARKED, DELIVERY_OPEN, DELIVERY_PARKED,
    DeliveryRow, NewDeliveryRow,
};
use mstore_pay_tables::schema::webhook_inbox as inbox;
use mstore_pay_tables::types::Micros;

use crate::census::number;
use crate::clock::{self, clock_timestamp, later};
use crate::errors::Fault;
use crate::intake::Taken;
use crate::leases::{CLAIM_ROWS_MAX, NO_HOLDER, NO_TIME, NO_TOKEN};
use crate::read;
use crate::store::PostgresStore;

#[async_trait]
impl WebhookInbox for PostgresStore {
    async fn accept(&self, delivery: &NewDelivery, lease: Lease) -> Result<Accepted, StoreError> {
        match self.intake.take_in(delivery, lease).await? {
            Taken::New => Ok(taken(delivery, lease)),
            Taken::Known { first, deliveries } => Ok(Accepted::Duplicate { first, deliveries }),
            Taken::Alone => Ok(session!(self.plain, |conn| accept(conn, delivery, lease, self.presence.number()))?),
        }
    }

    async fn claim(&self, limit: u32, lease: Lease) -> Result<Vec<LeasedDelivery>, StoreError> {
        Ok(session!(self.transaction, |conn| claim(conn, limit, lease, self.presence.number()))?)
    }

    async fn defer(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        Ok(session!(self.transaction, |conn| put_off(conn, delivery, token, pause, why, 1))?)
    }

    async fn postpone(
        &self,
        delivery: &DeliveryId,
        token: LeaseToken,
        pause: Duration,
        why: &str,
    ) -> Result<(), StoreError> {
        Ok(session!(self.transaction, |conn| put_off(conn, delivery, token, pause, why, 0))?)
    }

    async fn bury(&self, delivery: &DeliveryId, token: LeaseToken, why: &str) -> Result<(), StoreError> {
        Ok(session!(self.plain, |conn| bury(conn, delivery, token, why))?)
    }

    async fn replay(&self, delivery: &DeliveryId) -> Result<Option<Delivery>, StoreError> {
        Ok(session!(self.transaction, |conn| replay(conn, delivery))?)
    }

    async fn dead(&self, limit: u32) -> Result<Vec<DeliveryId>, StoreError> {
        Ok(session!(self.plain, |conn| dead(conn, limit))?)
    }

    async fn unpark(&self, came_since: Timestamp, limit: u32) -> Result<u64, StoreError> {
        Ok(session!(self.transaction, |conn| unpark(conn, came_since, limit))?)
    }

    async fn counts(&self) -> Result<InboxCounts, StoreError> {
        Ok(session!(self.plain, |conn| counts(conn))?)
    }
}

/// Its two writes stand alone: the first is all that a new delivery needs, the second counts one that is there already.
/// So it takes no place among the writers, behind whom a provider would wait through a rush of creates.
async fn accept(
    conn: &mut AsyncPgConnection,
    delivery: &NewDelivery,
    lease: Lease,
    holder: Option<i32>,
) -> Result<Accepted, Fault> {
    let inserted = diesel::insert_into(inbox::table)
        .values((
            NewDeliveryRow::of(delivery, lease, holder),
            inbox::due_at.eq(clock_timestamp()),
            inbox::lease_until.eq(later(lease.ttl).nullable()),
        ))
        // By its id as well: others may be writing the same one for whoever gave up waiting, and whichever index is filled first
        // tells of it.
        .on_conflict_do_nothing()
        .execute(conn)
        .await?;
    // Whoever gave up waiting for others to take it in may find that they did.
    if inserted > 0 || is_ours(conn, delivery, lease).await? {
        return Ok(taken(delivery, lease));
    }
    let digest = delivery.dedup_key();
    let known =
        Known { provider: delivery.provider.as_str(), account: delivery.account.as_str(), digest: digest.as_bytes() };
    let (first, deliveries) = known.count(conn, &[&lease.token.to_string()]).await?;
    Ok(Accepted::Duplicate { first, deliveries })
}

/// Whether it is there as this delivery, and held by whoever holds that lease.
async fn is_ours(conn: &mut AsyncPgConnection, delivery: &NewDelivery, lease: Lease) -> Result<bool, Fault> {
    let ours = inbox::table
        .filter(inbox::id.eq(delivery.id.to_string()))
        .filter(inbox::lease_token.eq(lease.token.to_string()));
    Ok(diesel::select(diesel::dsl::exists(ours)).get_result(conn).await?)
}

fn taken(delivery: &NewDelivery, lease: Lease) -> Accepted {
    let delivery = Delivery {
        id: delivery.id,
        provider: delivery.provider.clone(),
        account: delivery.account.clone(),
        received_at: delivery.received_at,
        body: delivery.authentic.body().to_vec(),
        attempts: 0,
    };
    Accepted::New(LeasedDelivery { delivery, token: lease.token })
}

/// A delivery that is there already.
pub(crate) struct Known<'a> {
    pub(crate) provider: &'a str,
    pub(crate) account: &'a str,
    pub(crate) digest: &'a [u8],
}

impl Known<'_> {
    /// Counts the copies that came, by the leases that they were to be held under: as which it is there, and how often it came in
    /// all. One that gave up waiting for others and went by itself meanwhile is held under its own, and no copy.
    pub(crate) async fn count(
        &self,
        conn: &mut AsyncPgConnection,
        copies: &[&str],
    ) -> Result<(DeliveryId, u32), Fault> {
        let number = i64::try_from(copies.len()).unwrap_or(i64::MAX);
        let is_itself = inbox::lease_token.assume_not_null().eq_any(copies);
        let itself = case_when(is_itself, 1_i64.into_sql::<BigInt>()).otherwise(0_i64.into_sql::<BigInt>());
        let same = inbox::table
            .filter(inbox::provider.eq(self.provider))
            .filter(inbox::account_id.eq(self.account))
            .filter(inbox::digest.eq(self.digest));
        let (first, deliveries): (String, i64) = diesel::update(same)
            .set(inbox::deliveries.eq(inbox::deliveries + number - itself))
            .returning((inbox::id, inbox::deliveries))
            .kept()
            .get_result(conn)
            .await?;
        let cells = Cells { table: "webhook_inbox", id: &first };
        Ok((cells.text("id", &first)?, cells.number("deliveries", deliveries)?))
    }
}

async fn claim(
    conn: &mut AsyncPgConnection,
    limit: u32,
    lease: Lease,
    holder: Option<i32>,
) -> Result<Vec<LeasedDelivery>, Fault> {
    let now = clock::now(conn).await?;
    let places: Vec<i64> = inbox::table
        .filter(sql::<Bool>(DELIVERY_IS_OPEN))
        .filter(inbox::due_at.le(now))
        .filter(inbox::lease_until.is_null().or(inbox::lease_until.le(now)))
        .order(inbox::position)
        .limit(limit.min(CLAIM_ROWS_MAX).into())
        .select(inbox::position)
        .for_update()
        .skip_locked()
        .kept()
        .load(conn)
        .await?;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(inbox::table.filter(inbox::position.eq_any(&places)))
        .set((
            inbox::lease_token.eq(lease.token.to_string()),
            inbox::lease_until.eq(now.plus(lease.ttl)),
            inbox::lease_holder.eq(holder),
        ))
        .kept()
        .execute(conn)
        .await?;
    let rows = inbox::table
        .filter(inbox::position.eq_any(&places))
        .order(inbox::position)
        .select(DeliveryRow::as_select())
        .load(conn)
        .await?;
    let deliveries = read::claimed(rows.into_iter().map(|row| (row.id.clone(), row.read())));
    Ok(deliveries.into_iter().map(|delivery| LeasedDelivery { delivery, token: lease.token }).collect())
}

/// Ends a lease, and makes the delivery due again after a pause.
async fn put_off(
    conn: &mut AsyncPgConnection,
    delivery: &DeliveryId,
    token: LeaseToken,
    pause: Duration,
    why: &str,
    failed_tries: i64,
) -> Result<(), Fault> {
    let due = clock::now(conn).await?.plus(pause);
    if put_down(conn, delivery, token, DELIVERY_OPEN, Some(why)).await? {
        let row = inbox::table.filter(inbox::id.eq(delivery.to_string()));
        let later = (inbox::due_at.eq(due), inbox::attempts.eq(inbox::attempts + failed_tries));
        diesel::update(row).set(later).kept().execute(conn).await?;
    }
    Ok(())
}

async fn bury(conn: &mut AsyncPgConnection, delivery: &DeliveryId, token: LeaseToken, why: &str) -> Result<(), Fault> {
    put_down(conn, delivery, token, DELIVERY_DEAD, Some(why)).await?;
    Ok(())
}

async fn replay(conn: &mut AsyncPgConnection, delivery: &DeliveryId) -> Result<Option<Delivery>, Fault> {
    let waits = inbox::table
        .filter(inbox::id.eq(delivery.to_string()))
        .filter(inbox::state.eq_any([DELIVERY_PARKED, DELIVERY_DEAD]));
    let reopened = (inbox::state.eq(DELIVERY_OPEN), inbox::attempts.eq(0), inbox::due_at.eq(clock_timestamp()));
    if diesel::update(waits).set(reopened).kept().execute(conn).await? == 0 {
        return Ok(None);
    }
    let named = inbox::table.filter(inbox::id.eq(delivery.to_string()));
    let row: DeliveryRow = named.select(DeliveryRow::as_select()).first(conn).await?;
    Ok(Some(row.read()?))
}

async fn dead(conn: &mut AsyncPgConnection, limit: u32) -> Result<Vec<DeliveryId>, Fault> {
    let dead = inbox::table.filter(sql::<Bool>(DELIVERY_IS_DEAD)).order(inbox::position).limit(limit.into());
    let ids: Vec<String> = dead.select(inbox::id).kept().load(conn).await?;
    ids.iter().map(|id| Ok(Cells { table: "webhook_inbox", id }.text("id", id)?)).collect()
}

/// Of several nodes that do so at once, each has others.
async fn unpark(conn: &mut AsyncPgConnection, came_since: Timestamp, limit: u32) -> Result<u64, Fault> {
    let places: Vec<i64> = inbox::table
        .filter(sql::<Bool>(DELIVERY_IS_PARKED))
        .filter(inbox::received_at.ge(Micros::from(came_since)))
        .order((inbox::due_at, inbox::position))
        .limit(limit.into())
        .select(inbox::position)
        .for_update()
        .skip_locked()
        .kept()
        .load(conn)
        .await?;
    if places.is_empty() {
        return Ok(0);
    }
    let parked = inbox::table.filter(inbox::position.eq_any(&places));
    let reopened = (inbox::state.eq(DELIVERY_OPEN), inbox::attempts.eq(0), inbox::due_at.eq(clock_timestamp()));
    let count = diesel::update(parked).set(reopened).kept().execute(conn).await?;
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Ends a lease and says what becomes of the delivery; `false` if the token is not the last holder's.
/// A holder whose time is over may still finish as long as nobody else took the delivery up.
pub(crate) async fn put_down(
    conn: &mut AsyncPgConnection,
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
            inbox::lease_token.eq(NO_TOKEN),
            inbox::lease_until.eq(NO_TIME),
            inbox::lease_holder.eq(NO_HOLDER),
        ))
        .kept()
        .execute(conn)
        .await?;
    Ok(changed > 0)
}

#[derive(QueryableByName)]
struct Counted {
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = BigInt)]
    parked: i64,
    #[diesel(sql_type = BigInt)]
    dead: i64,
}

/// Each by the index of its state: there is none of those that were dealt with.
async fn counts(conn: &mut AsyncPgConnection) -> Result<InboxCounts, Fault> {
    let count = "SELECT count(*) FROM webhook_inbox";
    let query = format!(
        "SELECT ({count} WHERE {DELIVERY_IS_OPEN}) AS open, ({count} WHERE {DELIVERY_IS_PARKED}) AS parked, \
         ({count} WHERE {DELIVERY_IS_DEAD}) AS dead"
    );
    let Counted { open, parked, dead } = diesel::sql_query(query).kept().get_result(conn).await?;
    Ok(InboxCounts { open: number(open), parked: number(parked), dead: number(dead) })
}
