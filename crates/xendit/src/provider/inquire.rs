mod find;
mod heard_of;
mod qr_code;
mod refunds;
mod request_v2;
mod request_v3;
mod session;

use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::{Receipt, RefundFact};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ChargeSnapshot, Endpoint, Operation, ProviderError, ProviderErrorKind, Query};

pub(super) use refunds::refunds_of;

use super::object::Object;
use crate::client::{Client, Talk};
use crate::config::XenditApi;
use crate::response::Described;

/// Queries that are asked about at once.
const QUERIES_AT_ONCE: usize = 8;

/// Asks about charges: for a payment that was heard of first; where there is none, or it is no money on the
/// charge, for the object and each payment on it that is known of.
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
            let talk = client
                .talk(account, Operation::Inquire, deadline.left())
                .reserved(counted_under(query, client.config.api));
            Box::pin(async move { ask(&talk, query).await })
        });
        answers.extend(join_all(asked).await);
    }
    answers
}

/// What the first call about a query counts under: Xendit counts `GET /v3/payments/{id}` apart (limits are per endpoint, by
/// its documentation of 2026-06).
pub(super) fn counted_under(query: &Query, api: XenditApi) -> Endpoint {
    if heard_of::is_asked_first(query, api) { Endpoint::Payment } else { Endpoint::Inquire }
}

async fn ask(talk: &Talk<'_>, query: &Query) -> Result<ChargeSnapshot, ProviderError> {
    if let Some(borne_out) = heard_of::ask(talk, query).await? {
        return Ok(borne_out);
    }
    let charge_ref = match &query.charge_ref {
        Some(charge_ref) => charge_ref.clone(),
        None => find::find(talk, query).await?,
    };
    let object = Object::of(&charge_ref, talk.api());
    match ask_object(talk, object, &charge_ref, query).await {
        Err(unknown) if unknown.kind == ProviderErrorKind::NotFound => {
            // It may have been opened before the API was changed, or on a page, which is always of v3.
            let Some(other) = in_the_other_api(object, talk.api()) else { return Err(unknown) };
            ask_object(talk, other, &charge_ref, query).await
        }
        answer => answer,
    }
}

async fn ask_object(
    talk: &Talk<'_>,
    object: Object,
    id: &ProviderRef,
    query: &Query,
) -> Result<ChargeSnapshot, ProviderError> {
    match object {
        Object::Session => session::ask(talk, id, query).await,
        Object::QrCode => qr_code::ask(talk, id).await,
        Object::RequestV3 => request_v3::ask(talk, id, query).await,
        Object::RequestV2 => request_v2::ask(talk, id, query).await,
    }
}

/// What a payment request that the API in force does not know is in the other.
fn in_the_other_api(object: Object, api: XenditApi) -> Option<Object> {
    match (object, api) {
        (Object::RequestV2, XenditApi::V2) => Some(Object::RequestV3),
        (Object::RequestV3, XenditApi::V3) => Some(Object::RequestV2),
        (Object::Session | Object::QrCode | Object::RequestV2 | Object::RequestV3, _) => None,
    }
}

fn snapshot(talk: &Talk<'_>, charge: Described, receipts: Vec<Receipt>, refunds: Vec<RefundFact>) -> ChargeSnapshot {
    ChargeSnapshot {
        charge_ref: Some(charge.id),
        our_reference: charge.reference,
        order_code: charge.order_code,
        asked: charge.asked,
        status: charge.status,
        receipts,
        refunds,
        reversals: Vec::new(),
        fees: Vec::new(),
        expires_at: charge.expires_at,
        exchange: talk.exchange(),
    }
}
