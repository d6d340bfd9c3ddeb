//! Leases: how many are given at once, and what becomes of those whose holder is dead.

use std::collections::BTreeSet;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use diesel_async::{AsyncPgConnection, RunQueryDsl};

use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::DELIVERY_IS_OPEN;
use mstore_pay_tables::schema::{event_dispatches as dispatches, outbox, payments, webhook_inbox as inbox};
use mstore_pay_tables::types::Micros;

use crate::errors::Fault;

/// Most rows that one claim takes, whatever is asked for.
pub(crate) const CLAIM_ROWS_MAX: u32 = 1_000;

/// What the cells of a lease hold where there is none.
pub(crate) const NO_TOKEN: Option<String> = None;
pub(crate) const NO_TIME: Option<Micros> = None;
pub(crate) const NO_HOLDER: Option<i32> = None;

/// The numbers of all nodes that hold leases.
pub(crate) async fn holders(conn: &mut AsyncPgConnection) -> Result<BTreeSet<i32>, Fault> {
    let of_payments: Vec<Option<i32>> = payments::table
        .filter(payments::lease_token.is_not_null())
        .select(payments::lease_holder)
        .distinct()
        .load(conn)
        .await?;
    let of_deliveries: Vec<Option<i32>> = inbox::table
        .filter(sql::<Bool>(DELIVERY_IS_OPEN))
        .filter(inbox::lease_token.is_not_null())
        .select(inbox::lease_holder)
        .distinct()
        .kept()
        .load(conn)
        .await?;
    let of_messages: Vec<Option<i32>> = outbox::table
        .filter(outbox::sent_at.is_null())
        .filter(outbox::lease_token.is_not_null())
        .select(outbox::lease_holder)
        .distinct()
        .load(conn)
        .await?;
    let of_dispatches: Vec<Option<i32>> = dispatches::table
        .filter(dispatches::lease_token.is_not_null())
        .select(dispatches::lease_holder)
        .distinct()
        .load(conn)
        .await?;
    Ok([of_payments, of_deliveries, of_messages, of_dispatches].into_iter().flatten().flatten().collect())
}

/// Ends all leases of these nodes, as if their time were over; returns how many there were.
pub(crate) async fn end_those_of(conn: &mut AsyncPgConnection, nodes: &[i32]) -> Result<usize, Fault> {
    let of_payments =
        payments::table.filter(payments::lease_token.is_not_null()).filter(payments::lease_holder.eq_any(nodes));
    let payments = diesel::update(of_payments)
        .set((
            payments::lease_token.eq(NO_TOKEN),
            payments::lease_until.eq(NO_TIME),
            payments::lease_holder.eq(NO_HOLDER),
        ))
        .execute(conn)
        .await?;
    let of_deliveries = inbox::table.filter(sql::<Bool>(DELIVERY_IS_OPEN)).filter(inbox::lease_holder.eq_any(nodes));
    let deliveries = diesel::update(of_deliveries)
        .set((inbox::lease_token.eq(NO_TOKEN), inbox::lease_until.eq(NO_TIME), inbox::lease_holder.eq(NO_HOLDER)))
        .kept()
        .execute(conn)
        .await?;
    let of_messages = outbox::table.filter(outbox::sent_at.is_null()).filter(outbox::lease_holder.eq_any(nodes));
    let messages = diesel::update(of_messages)
        .set((outbox::lease_token.eq(NO_TOKEN), outbox::lease_until.eq(NO_TIME), outbox::lease_holder.eq(NO_HOLDER)))
        .execute(conn)
        .await?;
    let dispatches = diesel::update(dispatches::table.filter(dispatches::lease_holder.eq_any(nodes)))
        .set((
            dispatches::lease_token.eq(NO_TOKEN),
            dispatches::lease_until.eq(NO_TIME),
            dispatches::lease_holder.eq(NO_HOLDER),
        ))
        .execute(conn)
        .await?;
    Ok([payments, deliveries, messages, dispatches].into_iter().fold(0, usize::saturating_add))
}
