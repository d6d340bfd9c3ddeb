use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, OpenCharge, OpenedCharge, Operation, ProviderError, ProviderErrorKind,
};

use crate::channels::Channel;
use crate::client::{Client, Talk};
use crate::request;
use crate::response::{PaymentRequest, Unreadable};

/// Opens a payment request, with one `POST` and never a second.
pub(super) async fn open(
    client: &Client,
    account: &ProviderAccount,
    charge: &OpenCharge,
) -> Result<OpenedCharge, ProviderError> {
    let channel = Channel::of(charge.method).ok_or_else(|| client.unsupported(Operation::Open))?;
    let talk = client.talk(account, Operation::Open, charge.within);
    let body = request::open_body(charge, channel)
        .map_err(|error| talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error))?;
    let reply = talk.post(request::payment_requests(talk.base()), Some(body), Endpoint::Open).await?;
    PaymentRequest::parse(&reply.body)
        .and_then(|opened| checked(opened, charge, channel, &talk))
        .map_err(|why| talk.malformed(&reply, why))
}

/// The answer, if it speaks of what was asked and has something to show.
fn checked(
    opened: PaymentRequest,
    charge: &OpenCharge,
    channel: &Channel,
    talk: &Talk<'_>,
) -> Result<OpenedCharge, Unreadable> {
    let artefact = opened.artefact(channel.shown).ok_or(Unreadable::Field("actions"))?;
    let our_reference = opened
        .reference
        .filter(|echoed| echoed == charge.our_reference.as_str())
        .ok_or(Unreadable::Mismatch("reference_id"))?;
    let amount =
        opened.asked.filter(|echoed| echoed.fits(&charge.amount)).ok_or(Unreadable::Mismatch("request_amount"))?;
    Ok(OpenedCharge {
        provider_ref: opened.id,
        our_reference,
        amount,
        artefact,
        expires_at: opened.expires_at,
        status: opened.status,
        exchange: talk.exchange(),
    })
}
