//! `GET /transactions`: money that arrived, newest first, a little late.

mod query;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use url::form_urlencoded;

pub(super) use query::Query;

use super::channels::{self, Channel};
use super::view;
use crate::amount::Amount;
use crate::config::XenditAccount;
use crate::faults::Lie;
use crate::ledger::{Books, Charge, Payment};
use crate::provider::Provider;
use crate::sandbox::json;

/// Bank Indonesia's rate for regular merchants, 0.7 %.
const QRIS_FEE_PERMILLE: u32 = 7;
/// Value-added tax on the fee.
const VAT_PERMILLE: u32 = 110;
/// QRIS settles two calendar days later.
const QRIS_SETTLEMENT_DAYS: i64 = 2;

#[derive(Serialize)]
struct Page<'a> {
    has_more: bool,
    data: Vec<Row<'a>>,
    links: Vec<Link>,
}

#[derive(Serialize)]
struct Link {
    href: String,
    rel: &'static str,
    method: &'static str,
}

#[derive(Serialize)]
struct Row<'a> {
    /// Of this row; the payment's own id is `product_id`.
    id: &'a str,
    product_id: &'a str,
    r#type: &'static str,
    status: &'static str,
    channel_category: &'static str,
    channel_code: &'static str,
    reference_id: &'a str,
    account_identifier: Option<&'a str>,
    currency: &'a str,
    amount: Amount,
    net_amount: Amount,
    net_amount_currency: &'a str,
    cashflow: &'static str,
    settlement_status: &'static str,
    estimated_settlement_time: String,
    business_id: &'a str,
    created: String,
    updated: String,
    fee: Costs,
    product_data: ProductData<'a>,
}

#[derive(Serialize)]
struct Costs {
    xendit_fee: Amount,
    value_added_tax: Amount,
    xendit_withholding_tax: u8,
    third_party_withholding_tax: u8,
    status: &'static str,
}

#[derive(Serialize)]
struct ProductData<'a> {
    capture_id: &'a str,
    payment_request_id: &'a str,
}

/// One page of the account's transactions.
pub(super) fn list(
    books: &Books,
    account: &XenditAccount,
    query: &Query,
    raw_query: &str,
    lie: &Lie,
    now: DateTime<Utc>,
) -> String {
    let mut rows = candidates(books, query)
        .filter(|payment| payment.succeeded() && payment.account == account.name)
        .filter(|payment| payment.listed_from <= now)
        .filter_map(|payment| Some((books.charge(&payment.charge_id)?, payment)))
        .filter(|(charge, payment)| charge.provider == Provider::Xendit && query.wants(charge, payment));
    let mut found: Vec<(&Charge, &Payment)> = match (&query.after_id, &query.before_id) {
        (Some(after), _) => {
            rows.skip_while(|(_, payment)| payment.row_id != *after).skip(1).take(query.limit + 1).collect()
        }
        (None, Some(before)) => {
            let newer: Vec<_> = rows.by_ref().take_while(|(_, payment)| payment.row_id != *before).collect();
            let skipped = newer.len().saturating_sub(query.limit);
            newer.into_iter().skip(skipped).collect()
        }
        (None, None) => rows.take(query.limit + 1).collect(),
    };
    let has_more = found.len() > query.limit;
    found.truncate(query.limit);
    let next = found.last().filter(|_| has_more);
    let page = Page {
        has_more,
        links: next.map(|(_, last)| next_link(raw_query, &last.row_id)).into_iter().collect(),
        data: found.iter().map(|(charge, payment)| row(charge, payment, &account.business_id, lie)).collect(),
    };
    lie.finish(json(&page))
}

/// Payments that may fit, newest first. A wanted reference goes through the index, a wanted time ends the walk: the
/// list is asked every second or two, and must not cost more with every payment ever made.
fn candidates<'a>(books: &'a Books, query: &Query) -> Box<dyn Iterator<Item = &'a Payment> + 'a> {
    if let Some(reference) = &query.reference {
        let mut payments: Vec<&Payment> =
            books.charges_named(reference).flat_map(|charge| books.payments_of(&charge.id)).collect();
        payments.sort_by_key(|payment| std::cmp::Reverse(payment.arrived_at()));
        return Box::new(payments.into_iter());
    }
    // Payments are kept in the order they came; a clock that was set back a little must not hide any.
    let slack = TimeDelta::minutes(5);
    let from = query.updated.from.max(query.created.from);
    let newest = books.arrivals_backwards(Provider::Xendit);
    match from {
        Some(from) => Box::new(newest.take_while(move |payment| payment.arrived_at() + slack >= from)),
        None => Box::new(newest),
    }
}

fn row<'a>(charge: &'a Charge, payment: &'a Payment, business_id: &'a str, lie: &'a Lie) -> Row<'a> {
    let fee = payment.amount.permille(QRIS_FEE_PERMILLE);
    let vat = fee.permille(VAT_PERMILLE);
    Row {
        id: &payment.row_id,
        product_id: &payment.id,
        r#type: "PAYMENT",
        status: lie.status("SUCCESS"),
        channel_category: channels::category(charge.method),
        channel_code: Channel::code_of(charge.method),
        reference_id: lie.reference(&charge.reference),
        account_identifier: None,
        currency: &payment.currency,
        amount: lie.amount(&payment.amount),
        net_amount: payment.amount.less(&fee).less(&vat),
        net_amount_currency: &payment.currency,
        cashflow: "MONEY_IN",
        settlement_status: "PENDING",
        estimated_settlement_time: view::time(payment.arrived_at() + TimeDelta::days(QRIS_SETTLEMENT_DAYS)),
        business_id,
        created: view::time(payment.arrived_at()),
        updated: view::time(payment.arrived_at()),
        fee: Costs {
            xendit_fee: fee,
            value_added_tax: vat,
            xendit_withholding_tax: 0,
            third_party_withholding_tax: 0,
            status: "PENDING",
        },
        product_data: ProductData { capture_id: &payment.capture_id, payment_request_id: charge.request_id() },
    }
}

/// The same query, from the last row on.
fn next_link(raw_query: &str, last_row: &str) -> Link {
    let kept =
        form_urlencoded::parse(raw_query.as_bytes()).filter(|(name, _)| name != "after_id" && name != "before_id");
    let query =
        form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("after_id", last_row).finish();
    Link { href: format!("/transactions?{query}"), rel: "next", method: "GET" }
}
