use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, Operation, ProviderError, ProviderErrorKind, RefundCharge, RefundOutcome, Upstream,
};
use mstore_pay_outbound::Reply;

use super::inquire::refunds_of;
use super::object::Object;
use crate::client::{Client, Talk};
use crate::error;
use crate::request;
use crate::response::{Refund, RefundState, Session, Unreadable};

/// Gives money back, once under the refund's id however often it is asked.
pub(super) async fn refund(
    client: &Client,
    account: &ProviderAccount,
    refund: &RefundCharge,
) -> Result<RefundOutcome, ProviderError> {
    let talk = client.talk(account, Operation::Refund, refund.within);
    let made_on = match Object::of(&refund.charge_ref, talk.api()) {
        Object::RequestV3 | Object::RequestV2 => refund.charge_ref.clone(),
        // So far nothing was asked for that could give money back.
        Object::Session => request_of(&talk, &refund.charge_ref)
            .await
            .map_err(|error| ProviderError { certainty: Certainty::NotApplied, ..error })?,
        Object::QrCode => return Err(client.unsupported(Operation::Refund)),
    };
    let body = request::refunds::body(refund, &made_on)
        .map_err(|error| talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error))?;
    let (url, key) = (request::refunds::refunds(talk.base()), request::refunds::key(refund));
    match talk.post_under(url, Some(body), Some(key), Endpoint::Refund).await {
        Ok(reply) => {
            let told = Refund::parse(&reply.body).and_then(|told| as_asked(refund, &made_on, told));
            outcome(&talk, &reply, told.map_err(|why| talk.malformed(&reply, why))?)
        }
        // Where the key is not honoured, our name for it still is.
        Err(refused) if error::says_duplicate(&refused) => asked_before(&talk, refund, &made_on, refused).await,
        Err(error) => Err(error),
    }
}

/// The request that was made on a page.
async fn request_of(talk: &Talk<'_>, id: &ProviderRef) -> Result<ProviderRef, ProviderError> {
    let reply = talk.get(request::session::session(talk.base(), id), Endpoint::Inquire).await?;
    let session = Session::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    // Nobody paid there.
    session.request.ok_or_else(|| talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied))
}

/// A refund under our name is there already: which one, the listing tells. That the listing cannot be read says nothing
/// about the refund.
async fn asked_before(
    talk: &Talk<'_>,
    refund: &RefundCharge,
    made_on: &ProviderRef,
    refused: ProviderError,
) -> Result<RefundOutcome, ProviderError> {
    let listing = refunds_of(talk, made_on).await;
    let (reply, listed) = listing.map_err(|error| ProviderError { certainty: Certainty::Unknown, ..error })?;
    let name = request::refunds::reference(refund);
    let Some(told) = listed.into_iter().find(|listed| listed.reference.as_deref() == Some(name.as_str())) else {
        return Err(refused);
    };
    let told = as_asked(refund, made_on, told).map_err(|why| talk.malformed(&reply, why))?;
    outcome(talk, &reply, told)
}

fn as_asked(refund: &RefundCharge, made_on: &ProviderRef, told: Refund) -> Result<Refund, Unreadable> {
    let other = |asked: &ProviderRef, told: &Option<ProviderRef>| told.as_ref().is_some_and(|told| told != asked);
    if other(made_on, &told.request) {
        return Err(Unreadable::Mismatch("payment_request_id"));
    }
    if other(&refund.payment_ref, &told.payment) {
        return Err(Unreadable::Mismatch("payment_id"));
    }
    if told.amount != refund.amount {
        return Err(Unreadable::Mismatch("amount"));
    }
    Ok(told)
}

fn outcome(talk: &Talk<'_>, reply: &Reply, told: Refund) -> Result<RefundOutcome, ProviderError> {
    if let RefundState::Failed(code) = told.state {
        let code = code.map(String::into_boxed_str);
        let upstream = Upstream::answered(reply.status).with_code(code);
        return Err(talk.error(ProviderErrorKind::Declined, Certainty::NotApplied).saying(upstream));
    }
    let refund_ref = told.id.clone();
    Ok(told.fact().map_or(RefundOutcome::Pending { refund_ref }, RefundOutcome::Done))
}
