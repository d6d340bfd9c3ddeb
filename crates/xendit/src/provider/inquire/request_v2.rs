use mstore_pay_domain::charge::Receipt;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ChargeSnapshot, Endpoint, ProviderError, Query};

use super::refunds::gone_back;
use super::snapshot;
use crate::client::Talk;
use crate::request;
use crate::response::{Unreadable, v2};

/// A payment request of v2 and, once it may hold money, the payments of its payment method.
pub(super) async fn ask(talk: &Talk<'_>, id: &ProviderRef, query: &Query) -> Result<ChargeSnapshot, ProviderError> {
    let reply = talk.get(request::v2::payment_request(talk.base(), id), Endpoint::Inquire).await?;
    let request = match v2::PaymentRequest::parse(&reply.body) {
        Ok(request) if &request.charge.id == id => request,
        Ok(_other) => return Err(talk.malformed(&reply, Unreadable::Mismatch("id"))),
        Err(why) => return Err(talk.malformed(&reply, why)),
    };
    let may_hold_money = !request.is_open || !query.payment_refs.is_empty();
    let receipts = match &request.payment_method {
        Some(method) if may_hold_money => receipts(talk, method, id).await?,
        Some(_) | None => Vec::new(),
    };
    let refunds = gone_back(talk, query, Some(id)).await?;
    Ok(snapshot(talk, request.charge, receipts, refunds))
}

/// The money on a request. That the list can be asked for one request is unconfirmed, so what belongs to another is
/// left out here.
async fn receipts(talk: &Talk<'_>, method: &ProviderRef, request: &ProviderRef) -> Result<Vec<Receipt>, ProviderError> {
    let reply = talk.get(request::v2::payments(talk.base(), method, request), Endpoint::Inquire).await?;
    let listed = v2::payments(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    let its_own = listed.into_iter().filter(|payment| payment.made_on.as_ref() == Some(request));
    Ok(its_own.filter_map(|payment| payment.receipt).collect())
}
