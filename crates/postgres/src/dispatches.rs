//! What endpoints are still to be told.

mod news;

use async_trait::async_trait;
use diesel::dsl::{exists, not};
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::ids::{EndpointId, LeaseToken, MerchantId, MessageId};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::ports::{AtOnce, Backlog, Dispatches, LeasedDispatch, Setback, StoreError};
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{
    Cells, DispatchRow, ENDPOINT_ENABLED, EndpointRow, MessageRow, StandingColumns, backlog_of,
};
use mstore_pay_tables::schema::{event_dispatches as dispatches, event_endpoints as endpoints, outbox};
use mstore_pay_tables::types::Micros;

use crate::clock::{self, clock_timestamp};
use crate::errors::Fault;
use crate::feed;
use crate::leases::{CLAIM_ROWS_MAX, NO_HOLDER, NO_TIME, NO_TOKEN};
use crate::read;
use crate::store::PostgresStore;
use crate::write::{Locked, try_lock};

pub(crate) use self::news::News;

#[async_trait]
impl Dispatches for PostgresStore {
    /// Merchants without endpoints, which are most, cost no transaction.
    async fn spread(&self, merchant: &MerchantId, limit: u32) -> Result<bool, StoreError> {
        if !self.news.is_anyone_to_be_told(merchant.as_str()).await? {
            return Ok(false);
        }
        Ok(session!(self.transaction, |conn| spread(conn, merchant.as_str(), limit))?)
    }

    async fn unspread(&self, limit: u32) -> Result<Vec<MerchantId>, StoreError> {
        Ok(session!(self.plain, |conn| unspread(conn, limit))?)
    }

    async fn backlog(&self) -> Result<Backlog, StoreError> {
        Ok(session!(self.plain, |conn| backlog(conn))?)
    }

    async fn claim_dispatches(
        &self,
        limit: u32,
        at_once: AtOnce,
        lease: Lease,
    ) -> Result<Vec<LeasedDispatch>, StoreError> {
        if !session!(self.plain, |conn| is_anything_due(conn))? {
            return Ok(Vec::new());
        }
        let holder = self.presence.number();
        Ok(session!(self.transaction, |conn| claim(conn, limit, Held { at_once, lease, holder }))?)
    }

    async fn dispatched(
        &self,
        endpoint: &EndpointId,
        message: &MessageId,
        token: LeaseToken,
    ) -> Result<(), StoreError> {
        let (endpoint, message, token) = (endpoint.to_string(), message.to_string(), token.to_string());
        Ok(session!(self.transaction, |conn| dispatched(conn, &endpoint, &message, &token))?)
    }

    async fn set_back(
        &self,
        endpoint: &EndpointId,
        message: &MessageId,
        token: LeaseToken,
        setback: Setback,
    ) -> Result<(), StoreError> {
        let (endpoint, message, token) = (endpoint.to_string(), message.to_string(), token.to_string());
        Ok(session!(self.transaction, |conn| set_back(conn, &endpoint, &message, &token, setback))?)
    }
}

/// By whom dispatches are held, and how many at once.
#[derive(Clone, Copy)]
struct Held {
    at_once: AtOnce,
    lease: Lease,
    holder: Option<i32>,
}

async fn is_anyone_to_be_told(conn: &mut AsyncPgConnection, merchant: &str) -> Result<bool, Fault> {
    let news = outbox::table
        .filter(outbox::merchant_id.eq(endpoints::merchant_id))
        .filter(outbox::position.gt(endpoints::told_to));
    let told = endpoints::table.filter(endpoints::merchant_id.eq(merchant));
    let told = told.filter(endpoints::state.eq(ENDPOINT_ENABLED)).filter(exists(news));
    Ok(diesel::select(exists(told)).get_result(conn).await?)
}

async fn is_anything_due(conn: &mut AsyncPgConnection) -> Result<bool, Fault> {
    let due = dispatches::table.filter(dispatches::due_at.le(clock_timestamp()));
    let is_free = dispatches::lease_until.is_null().or(dispatches::lease_until.le(clock_timestamp().nullable()));
    let due = due.filter(is_free);
    Ok(diesel::select(exists(due)).get_result(conn).await?)
}

/// A merchant's endpoints that have not been told all: their names, branches, and how far they were. Whoever spreads
/// the same waits.
async fn to_be_told(conn: &mut AsyncPgConnection, merchant: &str) -> QueryResult<Vec<(String, Option<String>, i64)>> {
    let news = outbox::table
        .filter(outbox::merchant_id.eq(endpoints::merchant_id))
        .filter(outbox::position.gt(endpoints::told_to));
    endpoints::table
        .filter(endpoints::merchant_id.eq(merchant))
        .filter(endpoints::state.eq(ENDPOINT_ENABLED))
        .filter(exists(news))
        .select((endpoints::id, endpoints::branch_id, endpoints::told_to))
        .for_update()
        .load(conn)
        .await
}

async fn unspread(conn: &mut AsyncPgConnection, limit: u32) -> Result<Vec<MerchantId>, Fault> {
    let news = outbox::table
        .filter(outbox::merchant_id.eq(endpoints::merchant_id))
        .filter(outbox::position.gt(endpoints::told_to));
    let behind = endpoints::table.filter(endpoints::state.eq(ENDPOINT_ENABLED)).filter(exists(news));
    let merchants = behind.select(endpoints::merchant_id).distinct().order(endpoints::merchant_id).limit(limit.into());
    let merchants: Vec<String> = merchants.load(conn).await?;
    let read = |merchant: &String| Cells { table: "event_endpoints", id: merchant }.text("merchant_id", merchant);
    Ok(merchants.iter().map(read).collect::<Result<_, _>>()?)
}

async fn backlog(conn: &mut AsyncPgConnection) -> Result<Backlog, Fault> {
    let waiting = || {
        dispatches::table
            .inner_join(endpoints::table.on(endpoints::id.eq(dispatches::endpoint_id)))
            .inner_join(outbox::table.on(outbox::position.eq(dispatches::position)))
            .filter(endpoints::state.eq(ENDPOINT_ENABLED))
    };
    let count: i64 = waiting().count().get_result(conn).await?;
    let oldest = waiting().order(outbox::position).select(outbox::at);
    let oldest: Option<Micros> = oldest.first(conn).await.optional()?;
    let standing = endpoints::table.group_by(endpoints::state).select((endpoints::state, diesel::dsl::count_star()));
    let standing: Vec<(String, i64)> = standing.load(conn).await?;
    Ok(backlog_of(count, oldest, &standing)?)
}

async fn spread(conn: &mut AsyncPgConnection, merchant: &str, limit: u32) -> Result<bool, Fault> {
    let now = clock::now(conn).await?;
    let mut is_more = false;
    let behind = to_be_told(conn, merchant).await?;
    if behind.is_empty() {
        return Ok(false);
    }
    let last = feed::last_of(conn, merchant).await?.unwrap_or_default();
    let settled_to = feed::settled_to(conn, merchant, last).await?;
    for (endpoint, branch, told_to) in behind {
        let new = feed::between(merchant, told_to, settled_to).limit(limit.into()).select((
            outbox::position,
            outbox::payment_id,
            outbox::branch_id,
        ));
        let new: Vec<(i64, String, Option<String>)> = new.kept().load(conn).await?;
        is_more |= u32::try_from(new.len()).is_ok_and(|taken| taken >= limit);
        let Some((last, _, _)) = new.last() else { continue };
        let told_to = *last;
        let of_branch = new.iter().filter(|(_, _, of)| branch.is_none() || *of == branch);
        let rows: Vec<_> = of_branch
            .map(|(position, payment, _)| {
                (
                    dispatches::merchant_id.eq(merchant),
                    dispatches::endpoint_id.eq(&endpoint),
                    dispatches::position.eq(*position),
                    dispatches::payment_id.eq(payment),
                    dispatches::due_at.eq(now),
                )
            })
            .collect();
        diesel::insert_into(dispatches::table).values(rows).execute(conn).await?;
        let told = endpoints::table.find((merchant, &endpoint));
        diesel::update(told).set(endpoints::told_to.eq(told_to)).execute(conn).await?;
    }
    Ok(is_more)
}

/// Endpoints looked at in one claim, of which many may have all under way that they may have.
const ENDPOINTS_LOOKED_AT_MAX: usize = 256;

/// An endpoint that may be told something: whose it is, its name, and whether it failed last.
type DueEndpoint = (String, String, i64);

/// Dispatches of a merchant that may be taken up beside those that are held: none while another claim takes up some of
/// the merchant's, which this one cannot see yet.
async fn room_of_merchant(
    conn: &mut AsyncPgConnection,
    merchant: &str,
    at_once: AtOnce,
    now: Micros,
) -> Result<i64, Fault> {
    if !try_lock(conn, Locked::Dispatches, merchant).await? {
        return Ok(0);
    }
    let held: i64 = dispatches::table
        .filter(dispatches::merchant_id.eq(merchant))
        .filter(dispatches::lease_token.is_not_null())
        .filter(dispatches::lease_until.gt(now))
        .count()
        .get_result(conn)
        .await?;
    Ok(i64::from(at_once.of_merchant).saturating_sub(held))
}

/// Those that may be told something now, whoever waited longest first. Whoever has one of them locked takes up what
/// is due to it, so that no dispatch needs a lock of its own. Whose merchant has all under way that it may have keeps
/// its turn.
async fn due_endpoints(
    conn: &mut AsyncPgConnection,
    now: Micros,
    looked_at: &[String],
    of_merchant: u32,
    limit: i64,
) -> QueryResult<Vec<DueEndpoint>> {
    let due = dispatches::table
        .filter(dispatches::merchant_id.eq(endpoints::merchant_id))
        .filter(dispatches::endpoint_id.eq(endpoints::id))
        .filter(dispatches::due_at.le(now))
        .filter(dispatches::lease_until.is_null().or(dispatches::lease_until.le(now)));
    let under_way = dispatches::table
        .filter(dispatches::merchant_id.eq(endpoints::merchant_id))
        .filter(dispatches::lease_token.is_not_null())
        .filter(dispatches::lease_until.gt(now))
        .count()
        .single_value();
    endpoints::table
        .filter(endpoints::state.eq(ENDPOINT_ENABLED))
        .filter(endpoints::rest_until.is_null().or(endpoints::rest_until.le(now)))
        .filter(exists(due))
        .filter(under_way.lt(i64::from(of_merchant)))
        .filter(endpoints::id.ne_all(looked_at))
        .order((endpoints::claimed_at.asc().nulls_first(), endpoints::id))
        .limit(limit)
        .select((endpoints::merchant_id, endpoints::id, endpoints::failures))
        .for_update()
        .skip_locked()
        .load(conn)
        .await
}

async fn claim(conn: &mut AsyncPgConnection, limit: u32, held: Held) -> Result<Vec<LeasedDispatch>, Fault> {
    let now = clock::now(conn).await?;
    let mut room = i64::from(limit.min(CLAIM_ROWS_MAX));
    let mut claimed = Vec::new();
    let mut looked_at = Vec::new();
    while room > 0 && looked_at.len() < ENDPOINTS_LOOKED_AT_MAX {
        let due = due_endpoints(conn, now, &looked_at, held.at_once.of_merchant, room).await?;
        if due.is_empty() {
            break;
        }
        for one in due {
            let of_merchant = room_of_merchant(conn, &one.0, held.at_once, now).await?;
            let of_one = if of_merchant > 0 {
                claim_of(conn, &one, room.min(of_merchant), held, now).await?
            } else {
                Vec::new()
            };
            room = room.saturating_sub(i64::try_from(of_one.len()).unwrap_or(i64::MAX));
            claimed.extend(of_one);
            looked_at.push(one.1);
            if room == 0 {
                break;
            }
        }
    }
    Ok(claimed)
}

async fn claim_of(
    conn: &mut AsyncPgConnection,
    (merchant, endpoint, failures): &DueEndpoint,
    room: i64,
    Held { at_once, lease, holder }: Held,
    now: Micros,
) -> Result<Vec<LeasedDispatch>, Fault> {
    let own = || {
        let own = dispatches::table.filter(dispatches::merchant_id.eq(merchant));
        own.filter(dispatches::endpoint_id.eq(endpoint))
    };
    let held: i64 = own()
        .filter(dispatches::lease_token.is_not_null())
        .filter(dispatches::lease_until.gt(now))
        .count()
        .get_result(conn)
        .await?;
    let at_once = if *failures == 0 { i64::from(at_once.of_endpoint) } else { 1 };
    let earlier = diesel::alias!(mstore_pay_tables::schema::event_dispatches as earlier);
    let before = earlier
        .filter(earlier.field(dispatches::merchant_id).eq(dispatches::merchant_id))
        .filter(earlier.field(dispatches::endpoint_id).eq(dispatches::endpoint_id))
        .filter(earlier.field(dispatches::payment_id).eq(dispatches::payment_id))
        .filter(earlier.field(dispatches::position).lt(dispatches::position));
    let places: Vec<i64> = own()
        .filter(dispatches::due_at.le(now))
        .filter(dispatches::lease_until.is_null().or(dispatches::lease_until.le(now)))
        .filter(not(exists(before)))
        // Of an endpoint that fails, what was tried least goes first: what it never takes keeps nothing else from it.
        .order((dispatches::attempts * i64::from(*failures > 0), dispatches::position))
        .limit(at_once.saturating_sub(held).clamp(0, room))
        .select(dispatches::position)
        .load(conn)
        .await?;
    // A turn in which nothing was free is a turn too.
    diesel::update(endpoints::table.find((merchant, endpoint)))
        .set(endpoints::claimed_at.eq(now))
        .execute(conn)
        .await?;
    if places.is_empty() {
        return Ok(Vec::new());
    }
    diesel::update(own().filter(dispatches::position.eq_any(&places)))
        .set((
            dispatches::attempts.eq(dispatches::attempts + 1),
            dispatches::lease_token.eq(lease.token.to_string()),
            dispatches::lease_until.eq(now.plus(lease.ttl)),
            dispatches::lease_holder.eq(holder),
        ))
        .execute(conn)
        .await?;
    let rows: Vec<(DispatchRow, MessageRow, EndpointRow, StandingColumns)> = dispatches::table
        .inner_join(outbox::table.on(outbox::position.eq(dispatches::position)))
        .inner_join(endpoints::table.on(endpoints::id.eq(dispatches::endpoint_id)))
        .filter(dispatches::endpoint_id.eq(endpoint))
        .filter(dispatches::position.eq_any(&places))
        .order(dispatches::position)
        .select((
            DispatchRow::as_select(),
            MessageRow::as_select(),
            EndpointRow::as_select(),
            StandingColumns::as_select(),
        ))
        .load(conn)
        .await?;
    let leased = |(dispatch, message, of, standing): &(DispatchRow, MessageRow, EndpointRow, StandingColumns)| {
        Ok(LeasedDispatch {
            message: message.read()?,
            endpoint: of.read()?,
            attempts: dispatch.attempts()?,
            failures: standing.failures(&of.id)?,
            token: lease.token,
        })
    };
    Ok(read::claimed(rows.iter().map(|row| (row.1.id.clone(), leased(row)))))
}

async fn held_place(
    conn: &mut AsyncPgConnection,
    endpoint: &str,
    message: &str,
    token: &str,
) -> QueryResult<Option<i64>> {
    dispatches::table
        .inner_join(outbox::table.on(outbox::position.eq(dispatches::position)))
        .filter(outbox::id.eq(message))
        .filter(dispatches::endpoint_id.eq(endpoint))
        .filter(dispatches::lease_token.eq(token))
        .select(dispatches::position)
        .first(conn)
        .await
        .optional()
}

async fn dispatched(conn: &mut AsyncPgConnection, endpoint: &str, message: &str, token: &str) -> Result<(), Fault> {
    let Some(place) = held_place(conn, endpoint, message, token).await? else { return Ok(()) };
    let one = dispatches::table.filter(dispatches::endpoint_id.eq(endpoint)).filter(dispatches::position.eq(place));
    let one = one.filter(dispatches::lease_token.eq(token));
    if diesel::delete(one).execute(conn).await? == 0 {
        return Ok(());
    }
    let failing = endpoints::failures.gt(0).or(endpoints::failing_since.is_not_null());
    diesel::update(endpoints::table.filter(endpoints::id.eq(endpoint)).filter(failing))
        .set((endpoints::failures.eq(0), endpoints::failing_since.eq(NO_TIME), endpoints::rest_until.eq(NO_TIME)))
        .execute(conn)
        .await?;
    Ok(())
}

async fn set_back(
    conn: &mut AsyncPgConnection,
    endpoint: &str,
    message: &str,
    token: &str,
    setback: Setback,
) -> Result<(), Fault> {
    let Some(place) = held_place(conn, endpoint, message, token).await? else { return Ok(()) };
    let now = clock::now(conn).await?;
    let one = dispatches::table.filter(dispatches::endpoint_id.eq(endpoint)).filter(dispatches::position.eq(place));
    let one = one.filter(dispatches::lease_token.eq(token));
    diesel::update(one)
        .set((
            dispatches::due_at.eq(now.plus(setback.pause)),
            dispatches::lease_token.eq(NO_TOKEN),
            dispatches::lease_until.eq(NO_TIME),
            dispatches::lease_holder.eq(NO_HOLDER),
        ))
        .execute(conn)
        .await?;
    let Some(rest) = setback.rest else { return Ok(()) };
    let failed = endpoints::table.filter(endpoints::id.eq(endpoint));
    diesel::update(failed.filter(endpoints::failing_since.is_null()))
        .set(endpoints::failing_since.eq(Micros::from(setback.at)))
        .execute(conn)
        .await?;
    let at_work = endpoints::rest_until.is_null().or(endpoints::rest_until.le(now));
    diesel::update(failed.filter(at_work))
        .set((endpoints::failures.eq(endpoints::failures + 1), endpoints::rest_until.eq(now.plus(rest))))
        .execute(conn)
        .await?;
    Ok(())
}
