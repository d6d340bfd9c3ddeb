use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{Certainty, Endpoint, ProviderError, ProviderErrorKind, Query};

use super::request_v3::payment_named;
use crate::client::Talk;
use crate::config::XenditApi;
use crate::request;
use crate::response::{TransactionPage, v2};

/// Finds a charge whose id is not known: in v2 in the list of requests, and in either API by money on it.
/// Of a charge nobody paid, only v2 has a list; not to be found elsewhere proves nothing.
pub(super) async fn find(talk: &Talk<'_>, query: &Query) -> Result<ProviderRef, ProviderError> {
    let named = match talk.api() {
        XenditApi::V3 => by_payment(talk, query).await?,
        XenditApi::V2 => in_the_list(talk, query).await?,
    };
    if let Some(charge_ref) = named {
        return Ok(charge_ref);
    }
    let rows = rows_of(talk, query).await?;
    let found = rows.rows.into_iter().find_map(|row| row.charge_ref);
    found.ok_or_else(|| talk.error(ProviderErrorKind::NotFound, Certainty::Unknown))
}

/// By a payment that was heard of.
async fn by_payment(talk: &Talk<'_>, query: &Query) -> Result<Option<ProviderRef>, ProviderError> {
    for payment_ref in &query.payment_refs {
        let Some(payment) = payment_named(talk, payment_ref).await? else { continue };
        let is_ours = payment.reference.as_deref() == Some(query.our_reference.as_str());
        if let Some(request) = payment.made_on.filter(|_| is_ours) {
            return Ok(Some(request));
        }
    }
    Ok(None)
}

/// In the list of payment requests, paid or not.
async fn in_the_list(talk: &Talk<'_>, query: &Query) -> Result<Option<ProviderRef>, ProviderError> {
    let url = request::v2::payment_requests_of(talk.base(), &query.our_reference);
    let reply = talk.get(url, Endpoint::Inquire).await?;
    v2::named(&reply.body, query.our_reference.as_str()).map_err(|why| talk.malformed(&reply, why))
}

/// Money that arrived under our reference.
pub(super) async fn rows_of(talk: &Talk<'_>, query: &Query) -> Result<TransactionPage, ProviderError> {
    let reply = talk.get(request::transactions::of(talk.base(), &query.our_reference), Endpoint::Sweep).await?;
    let mut page = TransactionPage::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    page.rows.retain(|row| row.our_reference.as_deref() == Some(query.our_reference.as_str()));
    Ok(page)
}
