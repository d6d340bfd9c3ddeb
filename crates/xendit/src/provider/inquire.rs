use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::{join, join_all};
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::Receipt;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{
    Certainty, ChargeSnapshot, Endpoint, Operation, ProviderError, ProviderErrorKind, Query,
};

use crate::client::{Client, Talk};
use crate::request;
use crate::response::{Payment, PaymentRequest, Session, TransactionPage, Unreadable};

/// Queries that are asked about at once.
const QUERIES_AT_ONCE: usize = 8;

/// Asks about charges: the request first, then each payment on it that is known of.
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

async fn ask(talk: &Talk<'_>, query: &Query) -> Result<ChargeSnapshot, ProviderError> {
    let charge_ref = match &query.charge_ref {
        Some(charge_ref) => charge_ref.clone(),
        None => find(talk, query).await?,
    };
    if Session::is_id(&charge_ref) {
        return ask_session(talk, &charge_ref, query).await;
    }
    let request = request_named(talk, &charge_ref).await?;
    let receipts = receipts_of(talk, &request, query).await?;
    Ok(ChargeSnapshot {
        charge_ref: Some(request.id),
        our_reference: request.reference,
        order_code: request.order_code,
        asked: request.asked,
        status: request.status,
        receipts,
        refunds: Vec::new(),
        reversals: Vec::new(),
        expires_at: request.expires_at,
        exchange: talk.exchange(),
    })
}

/// A session and the money that came through its page. Unconfirmed: that the request made on the page carries
/// the session's reference; where it does not, the payment that a completed session names is found all the same.
async fn ask_session(talk: &Talk<'_>, id: &ProviderRef, query: &Query) -> Result<ChargeSnapshot, ProviderError> {
    let reply = talk.get(request::session(talk.base(), id), Endpoint::Inquire).await?;
    let session = match Session::parse(&reply.body) {
        Ok(session) if &session.id == id => session,
        Ok(_other) => return Err(talk.malformed(&reply, Unreadable::Mismatch("payment_session_id"))),
        Err(why) => return Err(talk.malformed(&reply, why)),
    };
    let is_its_own = |payment: &Payment| {
        let by_request = session.request.is_some() && payment.request == session.request;
        by_request || payment.reference.as_deref() == Some(query.our_reference.as_str())
    };
    let receipts = receipts_where(talk, query, session.payment.as_ref(), true, is_its_own).await?;
    Ok(ChargeSnapshot {
        charge_ref: Some(session.id),
        our_reference: session.reference,
        order_code: session.order_code,
        asked: session.asked,
        status: session.status,
        receipts,
        refunds: Vec::new(),
        reversals: Vec::new(),
        expires_at: session.expires_at,
        exchange: talk.exchange(),
    })
}

/// Finds a charge by money on it: a payment that was heard of, else the list of what arrived under our
/// reference. A charge nobody paid cannot be found so; that proves nothing of whether it exists.
async fn find(talk: &Talk<'_>, query: &Query) -> Result<ProviderRef, ProviderError> {
    for payment_ref in &query.payment_refs {
        let Some(payment) = payment_named(talk, payment_ref).await? else { continue };
        let is_ours = payment.reference.as_deref() == Some(query.our_reference.as_str());
        if let Some(request) = payment.request.filter(|_| is_ours) {
            return Ok(request);
        }
    }
    let rows = rows_of(talk, query).await?;
    let found = rows.rows.into_iter().find_map(|row| row.arrived.charge_ref);
    found.ok_or_else(|| talk.error(ProviderErrorKind::NotFound, Certainty::Unknown))
}

async fn receipts_of(talk: &Talk<'_>, request: &PaymentRequest, query: &Query) -> Result<Vec<Receipt>, ProviderError> {
    let is_its_own = |payment: &Payment| payment.request.as_ref() == Some(&request.id);
    receipts_where(talk, query, request.latest_payment.as_ref(), request.may_hold_money(), is_its_own).await
}

/// The money on a charge, from every payment known of: those heard of, the latest it names, and, where it may
/// hold money, those listed under our reference, because of several payments it names only the last.
async fn receipts_where(
    talk: &Talk<'_>,
    query: &Query,
    latest: Option<&ProviderRef>,
    may_hold_money: bool,
    is_its_own: impl Fn(&Payment) -> bool + Send,
) -> Result<Vec<Receipt>, ProviderError> {
    let known: BTreeSet<ProviderRef> = query.payment_refs.iter().chain(latest).cloned().collect();
    let listed = async { if may_hold_money { listed_payments(talk, query).await } else { BTreeSet::new() } };
    let (mut outcomes, listed) = join(payments(talk, known.iter()), listed).await;
    outcomes.extend(payments(talk, listed.difference(&known)).await);

    let (mut receipts, mut failure) = (Vec::new(), None);
    for outcome in outcomes {
        match outcome {
            Ok(Some(payment)) if is_its_own(&payment) => receipts.extend(payment.receipt),
            // Heard of in connection with this charge, but not its own, or not there at all.
            Ok(Some(_) | None) => {}
            Err(error) => failure = Some(error),
        }
    }
    match failure {
        // Money that was seen is not held back by a payment that could not be.
        Some(error) if receipts.is_empty() => Err(error),
        Some(_) | None => Ok(receipts),
    }
}

async fn payments(
    talk: &Talk<'_>,
    refs: impl Iterator<Item = &ProviderRef>,
) -> Vec<Result<Option<Payment>, ProviderError>> {
    join_all(refs.map(|payment_ref| payment_named(talk, payment_ref))).await
}

/// Payments listed under our reference. The list is late, and a key may not be allowed to read it: what it
/// does not tell, the next check finds.
async fn listed_payments(talk: &Talk<'_>, query: &Query) -> BTreeSet<ProviderRef> {
    match rows_of(talk, query).await {
        Ok(page) => page.rows.into_iter().filter_map(|row| row.payment_ref).collect(),
        Err(error) => {
            tracing::debug!(reference = %query.our_reference, %error, "no list of payments under {}", query.our_reference);
            BTreeSet::new()
        }
    }
}

async fn rows_of(talk: &Talk<'_>, query: &Query) -> Result<TransactionPage, ProviderError> {
    let reply = talk.get(request::transactions_of(talk.base(), &query.our_reference), Endpoint::Sweep).await?;
    let mut page = TransactionPage::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    page.rows.retain(|row| row.arrived.our_reference.as_deref() == Some(query.our_reference.as_str()));
    Ok(page)
}

async fn request_named(talk: &Talk<'_>, id: &ProviderRef) -> Result<PaymentRequest, ProviderError> {
    let reply = talk.get(request::payment_request(talk.base(), id), Endpoint::Inquire).await?;
    match PaymentRequest::parse(&reply.body) {
        Ok(request) if &request.id == id => Ok(request),
        Ok(_other) => Err(talk.malformed(&reply, Unreadable::Mismatch("payment_request_id"))),
        Err(why) => Err(talk.malformed(&reply, why)),
    }
}

/// A payment; `None` if there is no such thing, as with a hint that somebody made up.
async fn payment_named(talk: &Talk<'_>, id: &ProviderRef) -> Result<Option<Payment>, ProviderError> {
    match talk.get(request::payment(talk.base(), id), Endpoint::Inquire).await {
        Ok(reply) => Payment::parse(&reply.body).map(Some).map_err(|why| talk.malformed(&reply, why)),
        Err(error) if error.kind == ProviderErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}
