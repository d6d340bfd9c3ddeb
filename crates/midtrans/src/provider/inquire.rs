use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ChargeSnapshot, Endpoint, Operation, ProviderError, Query, SnapshotStatus};
use mstore_pay_domain::time::Timestamp;

use crate::client::{Client, Talk};
use crate::page;
use crate::request;
use crate::response::{Transaction, Unreadable};

/// Queries that are asked about at once.
const QUERIES_AT_ONCE: usize = 8;

/// Asks about charges: a transaction and the money on it are one object.
pub(super) async fn inquire(
    client: &Client,
    account: &ProviderAccount,
    queries: &[Query],
    within: Duration,
) -> Vec<Result<ChargeSnapshot, ProviderError>> {
    let deadline = mstore_pay_outbound::Deadline::within(within);
    let mut answers = Vec::with_capacity(queries.len());
    for some in queries.chunks(QUERIES_AT_ONCE) {
        let asked = some.iter().map(|query| {
            let talk = client.talk(account, Operation::Inquire, deadline.left());
            Box::pin(async move { ask(&talk, query).await })
        });
        answers.extend(join_all(asked).await);
    }
    answers
}

/// By its own id where that is known: an order id may be used again after a cancel. A page is asked about by what was
/// picked on it, and found once something was: before that Midtrans knows no transaction, and says so of a page that
/// never was as well.
async fn ask(talk: &Talk<'_>, query: &Query) -> Result<ChargeSnapshot, ProviderError> {
    let transaction = query.charge_ref.as_ref().filter(|name| page::token(name).is_none());
    let id = transaction.or_else(|| query.payment_refs.first());
    let name = id.map_or(query.our_reference.as_str(), ProviderRef::as_str);
    let reply = talk.get(request::status(talk.core(), name), Endpoint::Inquire).await?;
    let transaction = Transaction::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    let is_meant = id.map_or(transaction.reference == name, |id| transaction.id == *id);
    if !is_meant {
        return Err(talk.malformed(&reply, Unreadable::Mismatch("transaction_id")));
    }
    let reversal = transaction.reversal(was_paid(query, &transaction)).map_err(|why| talk.malformed(&reply, why))?;
    Ok(snapshot(talk, query, transaction, reversal))
}

/// Whether money came by this transaction, as far as whoever asks knows.
fn was_paid(query: &Query, transaction: &Transaction) -> bool {
    // A transaction is its own payment: what was heard of under its id is money on it.
    let is_heard_of = query.payment_refs.contains(&transaction.id);
    let is_on_page = query.charge_ref.as_ref().is_some_and(|name| page::token(name).is_some());
    match transaction.status {
        // Most that are cancelled never were money, and on a page the money known of may have come by another.
        SnapshotStatus::Canceled => query.was_paid && (is_heard_of || !is_on_page),
        SnapshotStatus::Pending
        | SnapshotStatus::Expired
        | SnapshotStatus::Failed(_)
        | SnapshotStatus::Unrecognised(_) => query.was_paid || is_heard_of,
    }
}

fn snapshot(
    talk: &Talk<'_>,
    query: &Query,
    transaction: Transaction,
    reversal: Option<(ProviderRef, Timestamp)>,
) -> ChargeSnapshot {
    let receipts = transaction.receipt().into_iter().collect();
    let fees = transaction.fee_borne().into_iter().collect();
    let mut exchange = talk.exchange();
    exchange.unknown_fields.extend(transaction.refunds.unread);
    let page = query.charge_ref.as_ref().filter(|name| page::token(name).is_some());
    // Who was denied may pick again, under the same order id and another transaction: that fails nothing.
    let status = match transaction.status {
        SnapshotStatus::Failed(_) if page.is_some() => SnapshotStatus::Pending,
        status => status,
    };
    ChargeSnapshot {
        receipts,
        reversals: reversal.into_iter().collect(),
        charge_ref: Some(page.cloned().unwrap_or(transaction.id)),
        our_reference: Some(transaction.reference),
        order_code: transaction.order_code,
        asked: Some(transaction.asked),
        status,
        refunds: transaction.refunds.confirmed,
        fees,
        expires_at: transaction.expires_at,
        exchange,
    }
}
