use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, Operation, ProviderError, ProviderErrorKind, RefundCharge, RefundOutcome,
};

use crate::client::Client;
use crate::request;
use crate::response::{Refunded, Unreadable};

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
    // Which method it came by, only the transaction tells.
    let reply = talk.get(request::status(talk.base(), refund.charge_ref.as_str()), Endpoint::Inquire).await?;
    let paid = crate::response::Transaction::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    if TRANSFERS.contains(&paid.payment_type.as_str()) {
        return Err(client.unsupported(Operation::Refund));
    }
    let body = request::refund_body(refund)
        .map_err(|error| talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error))?;
    let (url, key) = (request::refund(talk.base(), &refund.charge_ref), refund.refund.to_string());
    let reply = talk.post(url, Some(body), key, Endpoint::Refund).await?;
    let refunded = Refunded::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    if refunded.id != refund.charge_ref || refunded.key != refund.refund.to_string() {
        return Err(talk.malformed(&reply, Unreadable::Mismatch("refund_key")));
    }
    let refund_ref =
        ProviderRef::parse(refunded.key).map_err(|_no_name| talk.malformed(&reply, Unreadable::Field("refund_key")))?;
    Ok(RefundOutcome::Pending { refund_ref })
}
