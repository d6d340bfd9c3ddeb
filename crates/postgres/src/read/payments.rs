//! Finding payments.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use diesel::dsl::{IntoBoxed, array, exists};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel_async::{AsyncPgConnection, RunQueryDsl};
use futures::FutureExt as _;
use mstore_pay_domain::ids::{AccountId, MerchantId, OrderCode, OurReference, PaymentId, ProviderId, ProviderRef};
use mstore_pay_domain::order::Order;
use mstore_pay_domain::payment::{Payment, PaymentStatus, Revision};
use mstore_pay_domain::ports::{OrderWithPayments, PaymentFilter, PaymentInOrder, PaymentName, PaymentPlace};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_tables::prepared::KeepPrepared as _;
use mstore_pay_tables::rows::{Cells, OrderRow, PaymentRow, PaymentState, status_word};
use mstore_pay_tables::schema::{charges, payments, receipts};
use mstore_pay_tables::types::Micros;

use super::named::{in_orders_named_at, named_by_merchants, of_orders};
use super::records::orders;
use super::whole::{Assembled, InOrderRow, StateInOrderRow, WholeRow, assemble, in_order, states_in_order, whole};
use crate::errors::Fault;
use crate::pipeline::{self, Flight};

fn one(row: Option<WholeRow>) -> Result<Option<Payment>, Fault> {
    Ok(row.map(|row| assemble(row).1).transpose()?)
}

fn all(rows: Vec<WholeRow>) -> Result<Vec<Payment>, Fault> {
    Ok(rows.into_iter().map(|row| assemble(row).1).collect::<Result<_, _>>()?)
}

/// A merchant's payment.
pub(crate) async fn payment(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    id: &PaymentId,
) -> Result<Option<Payment>, Fault> {
    let named = whole().filter(payments::id.eq(id.to_string())).filter(payments::merchant_id.eq(merchant.as_str()));
    one(named.first(conn).await.optional()?)
}

/// A merchant's payment with what the rest of its order says of it.
pub(crate) async fn payment_in_order(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    name: &PaymentName,
) -> Result<Option<PaymentInOrder>, Fault> {
    let (id, provider_ref) = by_either(name);
    let (merchants, ids, provider_refs) = ([merchant.as_str()], [id], [provider_ref]);
    let named = in_order().filter(named_by_merchants(&merchants, &ids, &provider_refs));
    let oldest: Option<InOrderRow> = named.first(conn).await.optional()?;
    oldest.map(with_order).transpose()
}

/// The id of ours or the provider's.
fn by_either(name: &PaymentName) -> (Option<String>, Option<&str>) {
    match name {
        PaymentName::Id(id) => (Some(id.to_string()), None),
        PaymentName::ProviderRef(provider_ref) => (None, Some(provider_ref.as_str())),
    }
}

/// The payments of those names, each of its merchant, with what the rest of their orders says of them, oldest first.
pub(crate) async fn payments_in_order(
    conn: &mut AsyncPgConnection,
    asked: &[(&MerchantId, &PaymentName)],
) -> Result<Vec<PaymentInOrder>, Fault> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let merchants: Vec<&str> = asked.iter().map(|(merchant, _)| merchant.as_str()).collect();
    let (ids, provider_refs): (Vec<_>, Vec<_>) = asked.iter().map(|(_, name)| by_either(name)).unzip();
    let named = in_order().filter(named_by_merchants(&merchants, &ids, &provider_refs));
    let rows: Vec<InOrderRow> = named.spelled_in(&TEXT).load(conn).await?;
    rows.into_iter().map(with_order).collect()
}

/// In which state a payment is, and what the rest of its order says of it.
pub(crate) struct Standing {
    pub(crate) state: PaymentState,
    pub(crate) order: Option<Order>,
    pub(crate) paid_by: Option<PaymentId>,
}

/// How the payments of those names stand, each of its merchant, oldest first.
pub(crate) async fn standing(
    conn: &mut AsyncPgConnection,
    asked: &[(&MerchantId, &PaymentName)],
) -> Result<Vec<Standing>, Fault> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let merchants: Vec<&str> = asked.iter().map(|(merchant, _)| merchant.as_str()).collect();
    let (ids, provider_refs): (Vec<_>, Vec<_>) = asked.iter().map(|(_, name)| by_either(name)).unzip();
    let named = states_in_order().filter(named_by_merchants(&merchants, &ids, &provider_refs));
    let rows: Vec<StateInOrderRow> = named.spelled_in(&TEXT).load(conn).await?;
    let read = |(row, order, paid_by): StateInOrderRow| {
        let (order, paid_by) = order_of(row.cells(), order, paid_by.as_deref())?;
        Ok(Standing { state: row.read()?, order, paid_by })
    };
    rows.into_iter().map(read).collect()
}

/// The payments of those ids, each readable or not, in no order.
pub(crate) async fn by_ids(conn: &mut AsyncPgConnection, ids: &[String]) -> QueryResult<Vec<Assembled>> {
    let found: Vec<WholeRow> = whole().filter(payments::id.eq_any(ids)).load(conn).await?;
    Ok(found.into_iter().map(assemble).collect())
}

/// A merchant's payment with a charge of that id of its provider's.
pub(crate) async fn by_provider_ref(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    provider_ref: &ProviderRef,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::merchant_id.eq(merchant.as_str()))
        .filter(charges::provider_ref.eq(provider_ref.as_str()))
        .select(charges::payment_id);
    one(whole().filter(payments::id.eq_any(array(charged))).first(conn).await.optional()?)
}

/// The orders of all payments with a charge, or a receipt, of one of those ids at its account.
pub(crate) async fn by_account_refs(
    conn: &mut AsyncPgConnection,
    named: &[(&ProviderId, &AccountId, &[ProviderRef])],
) -> Result<Vec<OrderWithPayments>, Fault> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let (mut providers, mut accounts, mut refs) = (Vec::new(), Vec::new(), Vec::new());
    for (provider, account, name) in
        named.iter().flat_map(|(of, at, names)| names.iter().map(move |name| (of, at, name)))
    {
        providers.push(provider.as_str());
        accounts.push(account.as_str());
        refs.push(name.as_str());
    }
    let named = in_order().filter(in_orders_named_at(&providers, &accounts, &refs)).spelled_in(&TEXT);
    let mut orders: BTreeMap<(MerchantId, OrderCode), OrderWithPayments> = BTreeMap::new();
    let rows: Vec<InOrderRow> = named.load(conn).await?;
    for row in rows {
        let PaymentInOrder { payment, order: of, .. } = with_order(row)?;
        let order = orders.entry((payment.merchant.clone(), payment.order_code.clone())).or_default();
        order.order = of;
        order.payments.push(payment);
    }
    Ok(orders.into_values().collect())
}

/// The payment with a charge of that reference of ours at an account.
pub(crate) async fn by_our_reference(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    account: &AccountId,
    reference: &OurReference,
) -> Result<Option<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::our_reference.eq(reference.as_str()))
        .select(charges::payment_id);
    one(whole().filter(payments::id.eq_any(array(charged))).first(conn).await.optional()?)
}

/// Every payment with a charge at an account for an order of that code.
pub(crate) async fn by_account_order(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    account: &AccountId,
    code: &OrderCode,
) -> Result<Vec<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .filter(charges::order_code.eq(code.as_str()))
        .select(charges::payment_id);
    all(whole().filter(payments::id.eq_any(array(charged))).load(conn).await?)
}

/// The payments made from a time on with a charge at an account, oldest first, behind a place.
pub(crate) async fn at_account(
    conn: &mut AsyncPgConnection,
    provider: &ProviderId,
    account: &AccountId,
    since: Timestamp,
    after: Option<PaymentPlace>,
    limit: u32,
) -> Result<Vec<Payment>, Fault> {
    let charged = charges::table
        .filter(charges::provider.eq(provider.as_str()))
        .filter(charges::account_id.eq(account.as_str()))
        .select(charges::payment_id);
    let since = payments::created_at.ge(Micros::from(since));
    let mut query = whole().filter(since).filter(payments::id.eq_any(charged)).into_boxed();
    if let Some(PaymentPlace { created_at, id }) = after {
        let at = Micros::from(created_at);
        let behind = payments::created_at.gt(at).or(payments::id.gt(id.to_string()));
        query = query.filter(payments::created_at.ge(at)).filter(behind);
    }
    all(query.limit(limit.into()).load(conn).await?)
}

/// Every payment of an order.
pub(crate) async fn of_order(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Vec<Payment>, Fault> {
    let of_merchant = whole().filter(payments::merchant_id.eq(merchant.as_str()));
    all(of_merchant.filter(payments::order_code.eq(code.as_str())).load(conn).await?)
}

/// The orders of those merchants and codes, each with every payment of it. Both are asked for at once: of what is about
/// to be sold there are no payments, with which its order would come.
pub(crate) async fn orders_with_payments(
    conn: &AsyncPgConnection,
    named: &[(&MerchantId, &OrderCode)],
) -> Result<Vec<OrderWithPayments>, Fault> {
    static TEXT: OnceLock<String> = OnceLock::new();
    let (merchants, codes): (Vec<_>, Vec<_>) = named.iter().map(|(of, code)| (of.as_str(), code.as_str())).unzip();
    let (mut rows, mut registered): (Vec<InOrderRow>, _) = (Vec::new(), Vec::new());
    {
        let (rows, registered) = (&mut rows, &mut registered);
        let mut paying = conn;
        let with_orders = in_order().filter(of_orders(&merchants, &codes)).spelled_in(&TEXT);
        let flight: Flight<'_> = vec![
            async move {
                *rows = with_orders.load(&mut paying).await?;
                Ok(())
            }
            .boxed(),
            async move {
                *registered = orders(conn, named).await?;
                Ok(())
            }
            .boxed(),
        ];
        pipeline::in_order(flight).await?;
    }
    let mut found: BTreeMap<(MerchantId, OrderCode), OrderWithPayments> = BTreeMap::new();
    for order in registered {
        let place = (order.merchant.clone(), order.code.clone());
        found.insert(place, OrderWithPayments { order: Some(order), payments: Vec::new() });
    }
    for row in rows {
        let PaymentInOrder { payment, order, .. } = with_order(row)?;
        let of = found.entry((payment.merchant.clone(), payment.order_code.clone())).or_default();
        // It comes with its payments as it stood with them.
        of.order = order;
        of.payments.push(payment);
    }
    let of = |(merchant, code): &(&MerchantId, &OrderCode)| {
        found.get(&((*merchant).clone(), (*code).clone())).cloned().unwrap_or_default()
    };
    Ok(named.iter().map(of).collect())
}

/// A payment with what the rest of its order says of it, of what was selected.
fn with_order(row: InOrderRow) -> Result<PaymentInOrder, Fault> {
    let (row, details, charges, receipts, refunds, reversals, order, paid_by) = row;
    let (order, paid_by) = order_of(row.cells(), order, paid_by.as_deref())?;
    let payment = assemble((row, details, charges, receipts, refunds, reversals)).1?;
    Ok(PaymentInOrder { payment, order, paid_by })
}

/// A registered order, and who paid it, as they came with a payment.
fn order_of(
    payment: Cells<'_>,
    order: Option<OrderRow>,
    paid_by: Option<&str>,
) -> Result<(Option<Order>, Option<PaymentId>), Fault> {
    Ok((order.map(|order| order.read()).transpose()?, payment.some_text("id", paid_by)?))
}

/// The oldest payment of an order that holds money.
pub(crate) async fn paid_of_order(
    conn: &mut AsyncPgConnection,
    merchant: &MerchantId,
    code: &OrderCode,
) -> Result<Option<PaymentId>, Fault> {
    let [whole, partly] = PaymentStatus::HOLDING_MONEY.map(status_word);
    let paid: Option<(String, i64)> = payments::table
        .filter(payments::merchant_id.eq(merchant.as_str()))
        .filter(payments::order_code.eq(code.as_str()))
        .filter(payments::status.eq(whole).or(payments::status.eq(partly)))
        .order((payments::created_at, payments::id))
        .select((payments::id, payments::revision))
        .first(conn)
        .await
        .optional()?;
    let read = |(id, revision): (String, i64)| PaymentRow::read_revision(&id, revision);
    Ok(paid.map(read).transpose()?.map(|(id, _)| id))
}

/// The payments that a filter admits, newest first, behind a place.
pub(crate) async fn list(
    conn: &mut AsyncPgConnection,
    filter: &PaymentFilter,
    after: Option<PaymentPlace>,
    limit: u32,
) -> Result<Vec<Payment>, Fault> {
    let mut query = admitted(filter);
    if let Some(PaymentPlace { created_at, id }) = after {
        let at = Micros::from(created_at);
        // The first condition is what an index can start from.
        let behind = payments::created_at.lt(at).or(payments::id.lt(id.to_string()));
        query = query.filter(payments::created_at.le(at)).filter(behind);
    }
    let newest = (payments::created_at.desc(), payments::id.desc());
    all(query.order(newest).limit(limit.into()).load(conn).await?)
}

/// The revisions of those payments that are there.
pub(crate) async fn revisions(
    conn: &mut AsyncPgConnection,
    ids: &[PaymentId],
) -> Result<Vec<(PaymentId, Revision)>, Fault> {
    let ids: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let rows = payments::table.filter(payments::id.eq_any(&ids)).select((payments::id, payments::revision));
    let found: Vec<(String, i64)> = rows.load(conn).await?;
    Ok(found.iter().map(|(id, revision)| PaymentRow::read_revision(id, *revision)).collect::<Result<_, _>>()?)
}

fn admitted(filter: &PaymentFilter) -> IntoBoxed<'_, whole, Pg> {
    let mut query = whole().into_boxed().filter(payments::merchant_id.eq(filter.merchant.as_str()));
    if let Some(branch) = &filter.branch {
        query = query.filter(payments::branch_id.eq(branch.as_str()));
    }
    if let Some(code) = &filter.order_code {
        query = query.filter(payments::order_code.eq(code.as_str()));
    }
    if let Some(status) = filter.status {
        query = query.filter(payments::status.eq(status_word(status)));
    }
    if let Some(method) = filter.method {
        query = query.filter(payments::method.eq(method.code()));
    }
    if let Some(provider) = &filter.provider {
        let shown = charges::table
            .filter(charges::payment_id.eq(payments::id))
            .filter(charges::provider.eq(provider.as_str()))
            .filter(charges::hidden_since.is_null());
        query = query.filter(exists(shown));
    }
    if let Some(id) = &filter.receipt_id {
        let received = receipts::table.filter(receipts::payer_receipt_id.eq(id)).select(receipts::payment_id);
        query = query.filter(payments::id.eq_any(received));
    }
    if let Some(from) = filter.from {
        query = query.filter(payments::created_at.ge(Micros::from(from)));
    }
    if let Some(to) = filter.to {
        query = query.filter(payments::created_at.lt(Micros::from(to)));
    }
    query
}
