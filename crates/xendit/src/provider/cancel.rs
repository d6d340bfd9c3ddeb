use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{
    CancelCharge, Canceled, Endpoint, Operation, ProviderError, ProviderErrorKind, SnapshotStatus,
};

use super::object::Object;
use crate::client::{Client, Talk};
use crate::error;
use crate::request;
use crate::response::{Described, Session, Unreadable, v2, v3};

/// Closes a charge. One that is over already is refused with a code that says so.
pub(super) async fn cancel(
    client: &Client,
    account: &ProviderAccount,
    charge: &CancelCharge,
) -> Result<Canceled, ProviderError> {
    let talk = client.talk(account, Operation::Cancel, charge.within);
    match Object::of(&charge.charge_ref, talk.api()) {
        Object::Session => session(&talk, charge).await,
        Object::RequestV3 => request_v3(&talk, charge).await,
        // One that v2 does not know may have been opened before the API was changed.
        Object::RequestV2 => match request_v2(client, &talk, charge).await {
            Err(error) if error.kind == ProviderErrorKind::NotFound => request_v3(&talk, charge).await,
            outcome => outcome,
        },
        Object::QrCode => Err(client.unsupported(Operation::Cancel)),
    }
}

async fn session(talk: &Talk<'_>, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
    let url = request::session::cancel(talk.base(), &charge.charge_ref);
    let reply = match talk.post(url, None, Endpoint::Cancel).await {
        Err(refused) if error::says_over_before(&refused) => return Ok(Canceled::TooLate),
        outcome => outcome?,
    };
    let closed = Session::parse(&reply.body).map(|session| session.charge);
    closed.and_then(|closed| outcome(charge, &closed)).map_err(|why| talk.malformed(&reply, why))
}

async fn request_v3(talk: &Talk<'_>, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
    let url = request::v3::cancel(talk.base(), &charge.charge_ref);
    let reply = match talk.post(url, None, Endpoint::Cancel).await {
        Err(refused) if error::says_over_before(&refused) => return Ok(Canceled::TooLate),
        outcome => outcome?,
    };
    let closed = v3::PaymentRequest::parse(&reply.body).map(|request| request.charge);
    closed.and_then(|closed| outcome(charge, &closed)).map_err(|why| talk.malformed(&reply, why))
}

/// In v2 it is the payment method that is closed, and which one that is only the request tells.
async fn request_v2(client: &Client, talk: &Talk<'_>, charge: &CancelCharge) -> Result<Canceled, ProviderError> {
    let url = request::v2::payment_request(talk.base(), &charge.charge_ref);
    let reply = talk.get(url, Endpoint::Inquire).await?;
    let request = v2::PaymentRequest::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    if request.charge.id != charge.charge_ref {
        return Err(talk.malformed(&reply, OTHER));
    }
    if !request.can_be_closed {
        return Err(client.unsupported(Operation::Cancel));
    }
    if !request.is_open {
        return Ok(Canceled::TooLate);
    }
    let method = request.payment_method.ok_or_else(|| talk.malformed(&reply, Unreadable::Field("payment_method")))?;
    let reply = match talk.post(request::v2::expire(talk.base(), &method), None, Endpoint::Cancel).await {
        Err(refused) if error::says_over_before(&refused) => return Ok(Canceled::TooLate),
        outcome => outcome?,
    };
    match v2::is_closed(&reply.body, &method) {
        Ok(true) => Ok(Canceled::Confirmed),
        Ok(false) => Err(talk.malformed(&reply, Unreadable::Field("status"))),
        Err(why) => Err(talk.malformed(&reply, why)),
    }
}

const OTHER: Unreadable = Unreadable::Mismatch("id");

fn outcome(asked: &CancelCharge, closed: &Described) -> Result<Canceled, Unreadable> {
    if closed.id != asked.charge_ref {
        return Err(OTHER);
    }
    match closed.status {
        SnapshotStatus::Canceled => Ok(Canceled::Confirmed),
        SnapshotStatus::Expired | SnapshotStatus::Failed(_) => Ok(Canceled::TooLate),
        // Still open, or paid: neither is what a 2xx to a cancel can mean.
        SnapshotStatus::Pending | SnapshotStatus::Unrecognised(_) => Err(Unreadable::Field("status")),
    }
}
