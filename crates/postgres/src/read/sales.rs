//! What is on record before something is sold, of several orders and keys at once.

use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt as _;
use mstore_pay_domain::idempotency::IdempotencySlot;
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_domain::ports::BeforeSale;
use mstore_pay_tables::prepared::KeepPrepared as _;

use super::payments::orders_with_payments;
use super::records::keys;
use crate::errors::Fault;
use crate::pipeline::{Flight, in_order};

/// An order that is to be sold, and the key that came with the request, if one did.
pub(crate) type Sale<'a> = (&'a MerchantId, &'a OrderCode, Option<&'a IdempotencySlot>);

/// The places among those asked for, from one on, of which there is anything. Each subquery is of one order or key, and none is an
/// `EXISTS`, which the server may choose to answer for all by reading the whole table once (a hashed subplan).
const KNOWN: &str = "SELECT n.place FROM unnest($1, $2, $3, $4) WITH ORDINALITY AS n (merchant_id, order_code, route, key, place) \
    WHERE (SELECT 1 FROM idempotency_keys AS k WHERE k.merchant_id = n.merchant_id AND k.route = n.route AND k.key = n.key \
        LIMIT 1) IS NOT NULL \
    OR (SELECT 1 FROM transactions AS t WHERE t.merchant_id = n.merchant_id AND t.order_code = n.order_code LIMIT 1) IS NOT NULL \
    OR (SELECT 1 FROM payments AS p WHERE p.merchant_id = n.merchant_id AND p.order_code = n.order_code LIMIT 1) IS NOT NULL";

#[derive(QueryableByName)]
struct KnownCells {
    #[diesel(sql_type = BigInt)]
    place: i64,
}

/// Of which of those there is a key, an order or a payment. A key is of its order's merchant.
pub(crate) async fn are_known(mut conn: &AsyncPgConnection, asked: &[Sale<'_>]) -> Result<Vec<bool>, Fault> {
    let merchants: Vec<&str> = asked.iter().map(|(merchant, _, _)| merchant.as_str()).collect();
    let codes: Vec<&str> = asked.iter().map(|(_, code, _)| code.as_str()).collect();
    let routes: Vec<Option<&str>> = asked.iter().map(|(_, _, slot)| slot.map(|slot| slot.route.as_str())).collect();
    let names: Vec<Option<&str>> = asked.iter().map(|(_, _, slot)| slot.map(|slot| slot.key.as_str())).collect();
    let rows: Vec<KnownCells> = diesel::sql_query(KNOWN)
        .bind::<Array<Text>, _>(merchants)
        .bind::<Array<Text>, _>(codes)
        .bind::<Array<Nullable<Text>>, _>(routes)
        .bind::<Array<Nullable<Text>>, _>(names)
        .kept()
        .load(&mut conn)
        .await?;
    let is_known = |place: i64| rows.iter().any(|row| row.place == place);
    Ok((1..).zip(asked).map(|(place, _)| is_known(place)).collect())
}

/// What is on record of each.
pub(crate) async fn before_sales(conn: &AsyncPgConnection, asked: &[Sale<'_>]) -> Result<Vec<BeforeSale>, Fault> {
    let slots: Vec<&IdempotencySlot> = asked.iter().filter_map(|(_, _, slot)| *slot).collect();
    let named: Vec<_> = asked.iter().map(|(merchant, code, _)| (*merchant, *code)).collect();
    let (mut used, mut orders) = (Vec::new(), Vec::new());
    {
        let (used, orders) = (&mut used, &mut orders);
        let mut flight: Flight<'_> = Vec::new();
        if !slots.is_empty() {
            flight.push(
                async {
                    *used = keys(conn, &slots).await?;
                    Ok(())
                }
                .boxed(),
            );
        }
        if !named.is_empty() {
            flight.push(
                async {
                    *orders = orders_with_payments(conn, &named).await?;
                    Ok(())
                }
                .boxed(),
            );
        }
        in_order(flight).await?;
    }
    let key = |slot: &IdempotencySlot| used.iter().find(|record| record.slot == *slot).cloned();
    let of = |(_, _, slot): &Sale<'_>| slot.and_then(key);
    Ok(asked.iter().zip(orders).map(|(one, order)| BeforeSale { key: of(one), order }).collect())
}
