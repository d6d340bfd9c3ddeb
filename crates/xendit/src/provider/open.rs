use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, OpenCharge, OpenedCharge, Operation, ProviderError, ProviderErrorKind,
};

use crate::channels::{Channel, Shown};
use crate::client::{Client, Talk};
use crate::request;
use crate::response::{PaymentRequest, Session, Unreadable};

/// Opens a payment request, or a session where a page is to be shown, with one `POST` and never a second.
pub(super) async fn open(
    client: &Client,
    account: &ProviderAccount,
    charge: &OpenCharge,
) -> Result<OpenedCharge, ProviderError> {
    let channel = Channel::of(charge.method).ok_or_else(|| client.unsupported(Operation::Open))?;
    let talk = client.talk(account, Operation::Open, charge.within);
    if channel.shown == Shown::SessionPage && charge.card_token.is_none() {
        return open_session(&talk, charge, channel).await;
    }
    let body = request::open_body(charge, channel).map_err(|error| unspeakable(&talk, error))?;
    let reply = talk.post(request::payment_requests(talk.base()), Some(body), Endpoint::Open).await?;
    PaymentRequest::parse(&reply.body)
        .and_then(|opened| {
            let artefact = opened.artefact(channel.shown).ok_or(Unreadable::Field("actions"))?;
            let (our_reference, amount) = echoed(charge, opened.reference, opened.asked, "request_amount")?;
            Ok(OpenedCharge {
                provider_ref: opened.id,
                our_reference,
                amount,
                artefact,
                expires_at: opened.expires_at,
                status: opened.status,
                exchange: talk.exchange(),
            })
        })
        .map_err(|why| talk.malformed(&reply, why))
}

async fn open_session(talk: &Talk<'_>, charge: &OpenCharge, channel: &Channel) -> Result<OpenedCharge, ProviderError> {
    let body = request::session_body(charge, channel).map_err(|error| unspeakable(talk, error))?;
    let reply = talk.post(request::sessions(talk.base()), Some(body), Endpoint::Open).await?;
    Session::parse(&reply.body)
        .and_then(|opened| {
            let page_url = opened.page_url.ok_or(Unreadable::Field("payment_link_url"))?;
            let (our_reference, amount) = echoed(charge, opened.reference, opened.asked, "amount")?;
            Ok(OpenedCharge {
                provider_ref: opened.id,
                our_reference,
                amount,
                artefact: Artefact::Link { checkout_url: Some(page_url), deeplink_url: None },
                expires_at: opened.expires_at,
                status: opened.status,
                exchange: talk.exchange(),
            })
        })
        .map_err(|why| talk.malformed(&reply, why))
}

fn unspeakable(talk: &Talk<'_>, error: serde_json::Error) -> ProviderError {
    talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error)
}

/// The reference and the amount of an answer, if they are what was asked.
fn echoed(
    charge: &OpenCharge,
    reference: Option<String>,
    amount: Option<ReportedMoney>,
    amount_field: &'static str,
) -> Result<(String, ReportedMoney), Unreadable> {
    let our_reference = reference
        .filter(|echoed| echoed == charge.our_reference.as_str())
        .ok_or(Unreadable::Mismatch("reference_id"))?;
    let amount = amount.filter(|echoed| echoed.fits(&charge.amount)).ok_or(Unreadable::Mismatch(amount_field))?;
    Ok((our_reference, amount))
}
