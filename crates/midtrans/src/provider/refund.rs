use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, Operation, ProviderError, ProviderErrorKind, RefundCharge, RefundOutcome,
};

use crate::client::{Client, Talk};
use crate::request;
use crate::response::{Refunded, Transaction, Unreadable};

/// Money that came by these is not given back through Midtrans.
const TRANSFERS: [&str; 2] = ["bank_transfer", "echannel"];

/// Gives money back, under a key of its own: the same key again is the same refund. That it is on its way is all that
/// the answer says; the bank's word comes by notification.
pub(super) async fn refund(
    client: &Client,
    account: &ProviderAccount,
    refund: &RefundCharge,
) -> Result<RefundOutcome, ProviderError> {
    let talk = client.talk(account, Operation::Refund, refund.within);
    // So far nothing was asked for that could give money back.
    let paid =
        paid(&talk, refund).await.map_err(|error| ProviderError { certainty: Certainty::NotApplied, ..error })?;
    if TRANSFERS.contains(&paid.payment_type.as_str()) {
        return Err(client.unsupported(Operation::Refund));
    }
    let body = request::refund_body(refund)
        .map_err(|error| talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error))?;
    let (url, key) = (request::refund(talk.core(), &refund.payment_ref), refund.refund.to_string());
    let reply = talk.post(url, Some(body), key, Endpoint::Refund).await?;
    let refunded = Refunded::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    if refunded.id != refund.payment_ref || refunded.key != refund.refund.to_string() {
        return Err(talk.malformed(&reply, Unreadable::Mismatch("refund_key")));
    }
    let refund_ref =
        ProviderRef::parse(refunded.key).map_err(|_no_name| talk.malformed(&reply, Unreadable::Field("refund_key")))?;
    Ok(RefundOutcome::Pending { refund_ref })
}

/// The transaction, which is the payment itself: which method the money came by, only it tells.
async fn paid(talk: &Talk<'_>, refund: &RefundCharge) -> Result<Transaction, ProviderError> {
    let reply = talk.get(request::status(talk.core(), refund.payment_ref.as_str()), Endpoint::Inquire).await?;
    Transaction::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))
}
