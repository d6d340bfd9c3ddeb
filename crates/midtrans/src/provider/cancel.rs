use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{CancelCharge, Canceled, Endpoint, Operation, ProviderError, SnapshotStatus};

use crate::client::Client;
use crate::error;
use crate::request;
use crate::response::{Transaction, Unreadable};

/// Closes a charge, under a key of its own: under the charge's it would get the charge's answer. One that is over
/// already is refused with a code that says so.
pub(super) async fn cancel(
    client: &Client,
    account: &ProviderAccount,
    charge: &CancelCharge,
) -> Result<Canceled, ProviderError> {
    let talk = client.talk(account, Operation::Cancel, charge.within);
    let url = request::cancel(talk.base(), &charge.charge_ref);
    let reply = match talk.post(url, None, charge.charge.cancel_key(), Endpoint::Cancel).await {
        Err(refused) if error::says_over_before(&refused) => return Ok(Canceled::TooLate),
        outcome => outcome?,
    };
    let closed = Transaction::parse(&reply.body);
    closed.and_then(|closed| outcome(charge, &closed)).map_err(|why| talk.malformed(&reply, why))
}

fn outcome(asked: &CancelCharge, closed: &Transaction) -> Result<Canceled, Unreadable> {
    if closed.id != asked.charge_ref {
        return Err(Unreadable::Mismatch("transaction_id"));
    }
    match closed.status {
        SnapshotStatus::Canceled => Ok(Canceled::Confirmed),
        SnapshotStatus::Expired | SnapshotStatus::Failed(_) => Ok(Canceled::TooLate),
        // Still open, or paid: neither is what a success of a cancel can mean.
        SnapshotStatus::Pending | SnapshotStatus::Unrecognised(_) => Err(Unreadable::Field("transaction_status")),
    }
}
