use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{ChargeSnapshot, Endpoint, ProviderError, Query};

use super::refunds::gone_back;
use super::{request_v3, snapshot};
use crate::client::Talk;
use crate::request;
use crate::response::{Payment, Session, Unreadable};

/// A session and the money that came through its page. Unconfirmed: that the request made on the page carries
/// the session's reference; where it does not, the payment that a completed session names is found all the same.
pub(super) async fn ask(talk: &Talk<'_>, id: &ProviderRef, query: &Query) -> Result<ChargeSnapshot, ProviderError> {
    let reply = talk.get(request::session::session(talk.base(), id), Endpoint::Inquire).await?;
    let session = match Session::parse(&reply.body) {
        Ok(session) if &session.charge.id == id => session,
        Ok(_other) => return Err(talk.malformed(&reply, Unreadable::Mismatch("payment_session_id"))),
        Err(why) => return Err(talk.malformed(&reply, why)),
    };
    let is_its_own = |payment: &Payment| {
        let by_request = session.request.is_some() && payment.made_on == session.request;
        by_request || payment.reference.as_deref() == Some(query.our_reference.as_str())
    };
    let receipts = request_v3::receipts_where(talk, query, session.payment.as_ref(), true, is_its_own).await?;
    let refunds = gone_back(talk, query, session.request.as_ref()).await?;
    Ok(snapshot(talk, session.charge, receipts, refunds))
}
