//! Orders, exceptions, idempotency keys, the audit trail and the feed of changes.

use diesel::dsl::{exists, max, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel::sqlite::{Sqlite, SqliteConnection};
use mstore_pay_domain::audit::{AuditRecord, Digest, MerchantRecord};
use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::event::{Change, FeedPiece, FeedPlace};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot};
use mstore_pay_domain::ids::{BranchId, ExceptionId, MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::order::Order;
use mstore_pay_domain::ports::{ExceptionFilter, ExceptionPlace};
use mstore_pay_tables::rows::{
    EXCEPTION_IS_OPEN, EventBodyRow, EventRow, ExceptionRow, IdempotencyRow, MerchantEventRow, MessageRow, OrderRow,
    TenderRow, integer,
};
use mstore_pay_tables::schema::{
    cash_tenders, exceptions, idempotency_keys, merchant_events, outbox, payment_bodies, payment_event_bodies,
    payment_events, payments, transactions,
};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;

pub(crate) fn order(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Option<Order>, Fault> {
    let row = transactions::table
        .find((merchant.as_str(), code.as_str()))
        .select(OrderRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

/// The cash that was taken for an order, in the order in which we were told.
pub(crate) fn tenders(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Vec<CashTender>, Fault> {
    let rows = cash_tenders::table
        .filter(cash_tenders::merchant_id.eq(merchant.as_str()))
        .filter(cash_tenders::order_code.eq(code.as_str()))
        .order(cash_tenders::position)
        .select(TenderRow::as_select())
        .load(conn)?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

/// Exceptions, newest first.
pub(crate) fn exceptions(
    conn: &mut SqliteConnection,
    filter: &ExceptionFilter,
    after: Option<ExceptionPlace>,
    limit: u32,
) -> Result<Vec<MoneyException>, Fault> {
    let query = exceptions::table
        .order((exceptions::at.desc(), exceptions::id.desc()))
        .limit(limit.into())
        .select(ExceptionRow::as_select())
        .into_boxed::<Sqlite>();
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
    let rows = query.load(conn)?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

pub(crate) fn exception(conn: &mut SqliteConnection, id: &ExceptionId) -> Result<Option<MoneyException>, Fault> {
    let row = exceptions::table.find(id.to_string()).select(ExceptionRow::as_select()).first(conn).optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

pub(crate) fn idempotency(
    conn: &mut SqliteConnection,
    slot: &IdempotencySlot,
) -> Result<Option<IdempotencyRecord>, Fault> {
    let row = idempotency_keys::table
        .find((slot.merchant.as_str(), &slot.route, slot.key.as_str()))
        .select(IdempotencyRow::as_select())
        .first(conn)
        .optional()?;
    Ok(row.map(|row| row.read()).transpose()?)
}

/// A payment's chain, in order.
pub(crate) fn records(conn: &mut SqliteConnection, payment: &PaymentId) -> Result<Vec<AuditRecord>, Fault> {
    let id = payment.to_string();
    let rows: Vec<EventRow> = payment_events::table
        .filter(payment_events::payment_id.eq(&id))
        .order(payment_events::seq)
        .select(EventRow::as_select())
        .load(conn)?;
    let bodies: Vec<EventBodyRow> = payment_event_bodies::table
        .filter(payment_event_bodies::payment_id.eq(&id))
        .order((payment_event_bodies::seq, payment_event_bodies::position))
        .select(EventBodyRow::as_select())
        .load(conn)?;
    let records: Vec<AuditRecord> = rows.iter().map(EventRow::read).collect::<Result<_, _>>()?;
    EventBodyRow::check(&bodies, payment, &records)?;
    Ok(records)
}

/// A merchant's chain behind a place, in order.
pub(crate) fn merchant_records(
    conn: &mut SqliteConnection,
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
        .load(conn)?;
    rows.iter().map(|row| row.read().map_err(Fault::from)).collect()
}

pub(crate) fn body(conn: &mut SqliteConnection, digest: &Digest) -> Result<Option<Vec<u8>>, Fault> {
    let found = payment_bodies::table.find(digest.as_bytes().to_vec()).select(payment_bodies::body).first(conn);
    Ok(found.optional()?)
}

/// A merchant's messages behind a place. One thread numbers them in the order in which they commit.
pub(crate) fn changes(
    conn: &mut SqliteConnection,
    merchant: &MerchantId,
    branch: Option<&BranchId>,
    after: FeedPlace,
    limit: u32,
) -> Result<FeedPiece, Fault> {
    // Past the largest number there is nothing.
    let Ok(behind) = i64::try_from(after.number()) else { return Ok(FeedPiece::of(Vec::new(), after, limit, after)) };
    let of_merchant = outbox::table.filter(outbox::merchant_id.eq(merchant.as_str()));
    let last: Option<i64> = of_merchant.select(max(outbox::position)).get_result(conn)?;
    let query = outbox::table
        .filter(outbox::merchant_id.eq(merchant.as_str()))
        .filter(outbox::position.gt(behind))
        .order(outbox::position)
        .limit(limit.into())
        .select((outbox::position, MessageRow::as_select()))
        .into_boxed::<Sqlite>();
    let query = match branch {
        Some(branch) => query.filter(outbox::branch_id.eq(branch.as_str())),
        None => query,
    };
    let rows: Vec<(i64, MessageRow)> = query.load(conn)?;
    let change = |(position, row): &(i64, MessageRow)| {
        Ok(Change { place: FeedPlace::of(position.unsigned_abs()), message: row.read()? })
    };
    let changes = rows.iter().map(change).collect::<Result<_, Fault>>()?;
    Ok(FeedPiece::of(changes, after, limit, FeedPlace::of(last.unwrap_or_default().unsigned_abs())))
}
