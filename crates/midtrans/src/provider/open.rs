use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, OpenCharge, OpenedCharge, Operation, ProviderError, ProviderErrorKind,
};

use crate::channels::Channel;
use crate::client::{Client, Talk};
use crate::request;
use crate::response::{Transaction, Unreadable};

/// Opens a transaction, with one `POST` under the charge's key.
pub(super) async fn open(
    client: &Client,
    account: &ProviderAccount,
    charge: &OpenCharge,
) -> Result<OpenedCharge, ProviderError> {
    let channel = Channel::of(charge.method).ok_or_else(|| client.unsupported(Operation::Open))?;
    let talk = client.talk(account, Operation::Open, charge.within);
    let body = request::open_body(charge, channel)
        .map_err(|error| talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error))?;
    let (url, key) = (request::charge(talk.base()), charge.charge.open_key());
    let reply = talk.post_notified(url, body, key, Endpoint::Open).await?;
    Transaction::parse(&reply.body)
        .and_then(|opened| as_asked(&talk, charge, channel, opened))
        .map_err(|why| talk.malformed(&reply, why))
}

/// What was opened, if its reference and its amount are what was asked.
fn as_asked(
    talk: &Talk<'_>,
    charge: &OpenCharge,
    channel: &Channel,
    opened: Transaction,
) -> Result<OpenedCharge, Unreadable> {
    let artefact = opened.artefact(channel.shown)?;
    let our_reference = Some(opened.reference)
        .filter(|echoed| echoed == charge.our_reference.as_str())
        .ok_or(Unreadable::Mismatch("order_id"))?;
    let amount =
        Some(opened.asked).filter(|echoed| echoed.fits(&charge.amount)).ok_or(Unreadable::Mismatch("gross_amount"))?;
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
