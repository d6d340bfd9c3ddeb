use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{CancelCharge, Canceled, Endpoint, Operation, ProviderError, SnapshotStatus};

use crate::client::Client;
use crate::error;
use crate::request;
use crate::response::{PaymentRequest, Session, Unreadable};

/// Closes a payment request or a session. One that is over already is refused with a code that says so.
pub(super) async fn cancel(
    client: &Client,
    account: &ProviderAccount,
    charge: &CancelCharge,
) -> Result<Canceled, ProviderError> {
    let talk = client.talk(account, Operation::Cancel, charge.within);
    let is_session = Session::is_id(&charge.charge_ref);
    let address = if is_session { request::cancel_session } else { request::cancel };
    let reply = match talk.post(address(talk.base(), &charge.charge_ref), None, Endpoint::Cancel).await {
        Err(refused) if error::says_over_before(&refused) => return Ok(Canceled::TooLate),
        outcome => outcome?,
    };
    let closed = if is_session {
        Session::parse(&reply.body).map(|session| (session.id, session.status))
    } else {
        PaymentRequest::parse(&reply.body).map(|request| (request.id, request.status))
    };
    closed
        .and_then(|(id, status)| if id == charge.charge_ref { outcome(&status) } else { Err(OTHER) })
        .map_err(|why| talk.malformed(&reply, why))
}

const OTHER: Unreadable = Unreadable::Mismatch("id");

fn outcome(status: &SnapshotStatus) -> Result<Canceled, Unreadable> {
    match status {
        SnapshotStatus::Canceled => Ok(Canceled::Confirmed),
        SnapshotStatus::Expired | SnapshotStatus::Failed(_) => Ok(Canceled::TooLate),
        // Still open, or paid: neither is what a 2xx to a cancel can mean.
        SnapshotStatus::Pending | SnapshotStatus::Unrecognised(_) => Err(Unreadable::Field("status")),
    }
}
