use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::{CancelCharge, Canceled, Endpoint, Operation, ProviderError, SnapshotStatus};

use crate::client::{Client, Talk};
use crate::response::{Page, Said, Transaction, Unreadable};
use crate::{error, page, request};

/// Closes a charge, under a key of its own: under the charge's it would get the charge's answer. One that is over
/// already is refused with a code that says so.
pub(super) async fn cancel(
    client: &Client,
    account: &ProviderAccount,
    charge: &CancelCharge,
) -> Result<Canceled, ProviderError> {
    let talk = client.talk(account, Operation::Cancel, charge.within);
    match page::token(&charge.charge_ref) {
        Some(token) => close_page(&talk, charge, token).await,
        // A cancel would give back what was just taken from a card.
        None if charge.method == Method::CreditCard => expire(&talk, charge, charge.charge_ref.as_str()).await,
        None => withdraw(&talk, charge).await,
    }
}

async fn withdraw(talk: &Talk<'_>, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
    let url = request::cancel(talk.core(), &charge.charge_ref);
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

/// Ends what nobody has paid, by its id or our reference.
async fn expire(talk: &Talk<'_>, charge: &CancelCharge, name: &str) -> Result<Canceled, ProviderError> {
    let url = request::expire(talk.core(), name);
    let reply = match talk.post(url, None, charge.charge.cancel_key(), Endpoint::Cancel).await {
        Err(refused) if error::says_over_before(&refused) => return Ok(Canceled::TooLate),
        outcome => outcome?,
    };
    let ended = Transaction::parse(&reply.body).and_then(|ended| {
        let is_meant = ended.reference == charge.our_reference.as_str();
        let meant = is_meant.then_some(ended).ok_or(Unreadable::Mismatch("order_id"))?;
        let is_expired = meant.status == SnapshotStatus::Expired;
        is_expired.then_some(Canceled::Confirmed).ok_or(Unreadable::Field("transaction_status"))
    });
    ended.map_err(|why| talk.malformed(&reply, why))
}

/// Closes a page. Where the customer has picked, that is ended first: the page stays open meanwhile.
async fn close_page(talk: &Talk<'_>, charge: &CancelCharge, token: &str) -> Result<Canceled, ProviderError> {
    let refused = match close(talk, token).await {
        Ok(closed) => return Ok(closed),
        Err(refused) => refused,
    };
    match error::said(&refused) {
        Some(Said::ClosedBefore) => return Ok(Canceled::Confirmed),
        Some(Said::Picked) => {}
        Some(Said::OrderTaken | Said::NoPage) | None => return Err(refused),
    }
    if expire(talk, charge, charge.our_reference.as_str()).await? == Canceled::TooLate {
        return Ok(Canceled::TooLate);
    }
    close(talk, token).await
}

async fn close(talk: &Talk<'_>, token: &str) -> Result<Canceled, ProviderError> {
    let reply = talk.close_page(request::snap::cancel(talk.snap(), token)).await?;
    Page::parse_closed(&reply.body).map(|()| Canceled::Confirmed).map_err(|why| talk.malformed(&reply, why))
}
