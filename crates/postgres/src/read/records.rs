//! Orders, exceptions, idempotency keys, the audit trail and the feed of changes.

use std::sync::LazyLock;

use diesel::dsl::{exists, sql};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::sql_types::{Array, Bool, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use mstore_pay_domain::audit::{AuditRecord, Digest, MerchantRecord};
use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::event::{Change, FeedPiece, FeedPlace};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot};
use mstore_pay_domain::ids::{BranchId, ExceptionId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::order::Order;
use mstore_pay_domain::ports::{ExceptionFilter, ExceptionPlace};
use mstore_pay_tables::columns::ByColumn as _;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{
    EXCEPTION_IS_OPEN, EventBodyRow, EventRow, ExceptionRow, IdempotencyRow, MerchantEventRow, MessageRow, OrderRow,
    TenderRow, integer,
};
use mstore_pay_tables::schema::{
    cash_tenders, exceptions, merchant_events, outbox, payment_bodies, payment_event_bodies, payment_events, payments,
    transactions,
};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;
use crate::feed;

/// Each order is looked up by itself: a plan for all of them, made while the table was small, walks through it.
static ORDERS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT found.* FROM unnest($1, $2) AS n (merchant_id, order_code) CROSS JOIN LATERAL (SELECT {} \
         FROM transactions AS t WHERE t.merchant_id = n.merchant_id AND t.order_code = n.order_code LIMIT 1) AS found",
        OrderRow::NAMES
    )
});

/// As `ORDERS`.
static KEYS: LazyLock<String> = LazyLock::new(|| {
    format!(
        "SELECT found.* FROM unnest($1, $2, $3) AS n (merchant_id, route, key) CROSS JOIN LATERAL (SELECT {} \
         FROM idempotency_keys AS k WHERE k.merchant_id = n.merchant_id AND k.route = n.route AND k.key = n.key LIMIT 1) \
         AS found",
        IdempotencyRow::NAMES
    )
});

/// The orders of those merchants and codes that are registered.
pub(crate) async fn orders(
    mut conn: &AsyncPgConnection,
    named: &[(&MerchantId, &OrderCode)],
) -> Result<Vec<Order>, Fault> {
    let (merchants, codes): (Vec<_>, Vec<_>) = named.iter().map(|(of, code)| (of.as_str(), code.as_str())).unzip();
    let rows: Vec<OrderRow> = diesel::sql_query(ORDERS.as_str())
        .bind::<Array<Text>, _>(merchants)
        .bind::<Array<Text>, _>(codes)
        .kept()
        .load(&mut conn)
        .await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

/// The cash that was taken for an order, in the order in which we were told.
pub(crate) async fn tenders(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Vec<CashTender>, Fault> {
    let rows = cash_tenders::table
        .filter(cash_tenders::merchant_id.eq(merchant.as_str()))
        .filter(cash_tenders::order_code.eq(code.as_str()))
        .order(cash_tenders::position)
        .select(TenderRow::as_select())
        .load(conn)
        .await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

/// Exceptions, newest first.
pub(crate) async fn exceptions(
    conn: &mut AsyncPgConnection,
    filter: &ExceptionFilter,
    after: Option<ExceptionPlace>,
    limit: u32,
) -> Result<Vec<MoneyException>, Fault> {
    let query = exceptions::table
        .order((exceptions::at.desc(), exceptions::id.desc()))
        .limit(limit.into())
        .select(ExceptionRow::as_select())
        .into_boxed::<Pg>();
    let mut query = match filter {
        ExceptionFilter::Merchant(merchant) => query.filter(exceptions::merchant_id.eq(merchant.as_str())),
        ExceptionFilter::Branch(merchant, branch) => {
            let of_branch = payments::table
                .filter(payments::id.nullable().eq(exceptions::payment_id))
                .filter(payments::branch_id.eq(branch.as_str()));
            // Cash belongs to no payment; its order says where it was taken.
            let cash_of_branch = transactions::table
                .filter(transactions::merchant_id.nullable().eq(exceptions::merchant_id))
                .filter(transactions::order_code.nullable().eq(exceptions::order_code))
                .filter(transactions::branch_id.eq(branch.as_str()));
            let of_cash = exceptions::payment_id.is_null().and(exists(cash_of_branch));
            query.filter(exceptions::merchant_id.eq(merchant.as_str())).filter(exists(of_branch).or(of_cash))
        }
        ExceptionFilter::Payment(payment) => query.filter(exceptions::payment_id.eq(payment.to_string())),
        ExceptionFilter::Unmatched => query.filter(exceptions::merchant_id.is_null()),
        ExceptionFilter::Open => query.filter(sql::<Bool>(EXCEPTION_IS_OPEN)),
    };
    if let Some(ExceptionPlace { at, id }) = after {
        let (at, id) = (Micros::from(at), id.to_string());
        query = query.filter(exceptions::at.lt(at).or(exceptions::at.eq(at).and(exceptions::id.lt(id))));
    }
    let rows = query.load(conn).await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

pub(crate) async fn exception(conn: &mut AsyncPgConnection, id: &ExceptionId) -> Result<Option<MoneyException>, Fault> {
    let row = exceptions::table.find(id.to_string()).select(ExceptionRow::as_select()).first(conn).await.optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

/// What those keys stand for that were used.
pub(crate) async fn keys(
    mut conn: &AsyncPgConnection,
    slots: &[&IdempotencySlot],
) -> Result<Vec<IdempotencyRecord>, Fault> {
    let rows: Vec<IdempotencyRow> = diesel::sql_query(KEYS.as_str())
        .bind::<Array<Text>, _>(slots.iter().map(|slot| slot.merchant.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(slots.iter().map(|slot| slot.route.as_str()).collect::<Vec<_>>())
        .bind::<Array<Text>, _>(slots.iter().map(|slot| slot.key.as_str()).collect::<Vec<_>>())
        .kept()
        .load(&mut conn)
        .await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

/// A payment's chain, in order.
pub(crate) async fn records(conn: &mut AsyncPgConnection, payment: &PaymentId) -> Result<Vec<AuditRecord>, Fault> {
    let id = payment.to_string();
    let rows: Vec<EventRow> = payment_events::table
        .filter(payment_events::payment_id.eq(&id))
        .order(payment_events::seq)
        .select(EventRow::as_select())
        .load(conn)
        .await?;
    let bodies: Vec<EventBodyRow> = payment_event_bodies::table
        .filter(payment_event_bodies::payment_id.eq(&id))
        .order((payment_event_bodies::seq, payment_event_bodies::position))
        .select(EventBodyRow::as_select())
        .load(conn)
        .await?;
    let records: Vec<AuditRecord> = rows.iter().map(EventRow::read).collect::<Result<_, _>>()?;
    EventBodyRow::check(&bodies, payment, &records)?;
    Ok(records)
}

/// A merchant's chain behind a place, in order.
pub(crate) async fn merchant_records(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    after: u64,
    limit: u32,
) -> Result<Vec<MerchantRecord>, Fault> {
    let rows = merchant_events::table
        .filter(merchant_events::merchant_id.eq(merchant.as_str()))
        .filter(merchant_events::seq.gt(integer(after)))
        .order(merchant_events::seq)
        .limit(limit.into())
        .select(MerchantEventRow::as_select())
        .load(conn)
        .await?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

pub(crate) async fn body(conn: &mut AsyncPgConnection, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
    let found = payment_bodies::table.find(digest.as_bytes().to_vec()).select(payment_bodies::body).first(conn);
    Ok(found.await.optional()?)
}

/// A merchant's messages behind a place, as far as none is added among them any more.
pub(crate) async fn changes(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    branch: Option<&BranchId>,
    after: FeedPlace,
    limit: u32,
) -> Result<FeedPiece, Fault> {
    let nothing = FeedPiece::of(Vec::new(), after, limit, after);
    // Past the largest number there is nothing.
    let Ok(behind) = i64::try_from(after.number()) else { return Ok(nothing) };
    let Some(last) = feed::last_of(conn, merchant.as_str()).await?.filter(|last| *last > behind) else {
        return Ok(nothing);
    };
    let settled_to = feed::settled_to(conn, merchant.as_str(), last).await?;
    let query = feed::between(merchant.as_str(), behind, settled_to)
        .limit(limit.into())
        .select((outbox::position, MessageRow::as_select()));
    let query = match branch {
        Some(branch) => query.filter(outbox::branch_id.eq(branch.as_str())),
        None => query,
    };
    let rows: Vec<(i64, MessageRow)> = query.kept().load(conn).await?;
    let change = |(position, row): &(i64, MessageRow)| {
        Ok(Change { place: FeedPlace::of(position.unsigned_abs()), message: row.read()? })
    };
    let changes = rows.iter().map(change).collect::<Result<_, Fault>>()?;
    Ok(FeedPiece::of(changes, after, limit, FeedPlace::of(u64::try_from(settled_to).unwrap_or_default())))
}
