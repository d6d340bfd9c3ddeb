use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, OpenCharge, OpenedCharge, Operation, ProviderError, ProviderErrorKind, SnapshotStatus,
};

use crate::channels::Channel;
use crate::client::{Client, Talk};
use crate::response::{Page, Transaction, Unreadable};
use crate::{error, request};

/// Opens a transaction, with one `POST` under the charge's key and a look at what is there where the order id is taken, or a
/// page, which has no key, with one `POST` and never a
/// second.
pub(super) async fn open(
    client: &Client,
    account: &ProviderAccount,
    charge: &OpenCharge,
) -> Result<OpenedCharge, ProviderError> {
    let channel = Channel::of(client.config.api, charge.method).ok_or_else(|| client.unsupported(Operation::Open))?;
    let talk = client.talk(account, Operation::Open, charge.within);
    if channel.is_page(charge) { page(&talk, charge, channel).await } else { transaction(&talk, charge, channel).await }
}

async fn transaction(talk: &Talk<'_>, charge: &OpenCharge, channel: &Channel) -> Result<OpenedCharge, ProviderError> {
    let body = request::open_body(charge, channel).map_err(|error| unspeakable(talk, error))?;
    let (url, key) = (request::charge(talk.core()), charge.charge.open_key());
    let reply = match talk.post_notified(url, body, key, Endpoint::Open).await {
        Err(refused) if error::says_order_known(&refused) => {
            return opened_before(talk, charge, channel, refused).await;
        }
        answered => answered?,
    };
    let opened = Transaction::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    let told = Some(opened.id.clone()).filter(|_| opened.reference == charge.our_reference.as_str());
    as_asked(talk, charge, channel, opened).map_err(|why| talk.malformed(&reply, why).telling(told))
}

/// What stands under the order id, if it is what was asked for and its status still tells what to show, which it does not
/// of a QR code: a call before this one made it, whose key Midtrans no longer keeps.
async fn opened_before(
    talk: &Talk<'_>,
    charge: &OpenCharge,
    channel: &Channel,
    refused: ProviderError,
) -> Result<OpenedCharge, ProviderError> {
    let reply = talk.get(request::status(talk.core(), charge.our_reference.as_str()), Endpoint::Inquire).await;
    let opened = reply.ok().and_then(|reply| Transaction::parse(&reply.body).ok());
    opened
        .and_then(|opened| as_asked(talk, charge, channel, opened).ok())
        .ok_or_else(|| refused.during(talk.exchange()))
}

/// A page's answer names neither the order id nor the amount: the money that comes does.
async fn page(talk: &Talk<'_>, charge: &OpenCharge, channel: &Channel) -> Result<OpenedCharge, ProviderError> {
    let body = request::snap::open_body(charge, channel).map_err(|error| unspeakable(talk, error))?;
    let reply = talk.open_page(request::snap::transactions(talk.snap()), body).await?;
    let opened = Page::parse(&reply.body).map_err(|why| talk.malformed(&reply, why))?;
    Ok(OpenedCharge {
        provider_ref: opened.name,
        our_reference: charge.our_reference.to_string(),
        amount: ReportedMoney::idr(charge.amount.clone()),
        artefact: Artefact::Link { checkout_url: Some(opened.url), deeplink_url: None },
        expires_at: None,
        status: SnapshotStatus::Pending,
        exchange: talk.exchange(),
    })
}

fn unspeakable(talk: &Talk<'_>, error: serde_json::Error) -> ProviderError {
    talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error)
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
