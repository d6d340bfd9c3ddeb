use mstore_pay_domain::account::ProviderAccount;
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::ports::{
    Certainty, Endpoint, OpenCharge, OpenedCharge, Operation, ProviderError, ProviderErrorKind,
};
use mstore_pay_outbound::Reply;

use crate::channels::{Channel, Opens, Rail};
use crate::client::{Client, Talk};
use crate::request;
use crate::response::{Described, QrCode, Session, Unreadable, v2, v3};

/// Opens what the method becomes, with one `POST` and never a second; where Xendit takes an idempotency key, with
/// that.
pub(super) async fn open(
    client: &Client,
    account: &ProviderAccount,
    charge: &OpenCharge,
) -> Result<OpenedCharge, ProviderError> {
    let channel = Channel::of(client.config.api, charge.method).ok_or_else(|| client.unsupported(Operation::Open))?;
    let talk = client.talk(account, Operation::Open, charge.within);
    match channel.opens(charge) {
        Opens::RequestV3 => request_v3(&talk, charge, channel).await,
        Opens::RequestV2(rail) => request_v2(&talk, charge, channel, rail).await,
        Opens::QrCode => qr_code(&talk, charge).await,
        Opens::Session => session(&talk, charge).await,
    }
}

async fn request_v3(talk: &Talk<'_>, charge: &OpenCharge, channel: &Channel) -> Result<OpenedCharge, ProviderError> {
    let body = request::v3::open_body(charge, channel).map_err(|error| unspeakable(talk, error))?;
    let reply = talk.post(request::v3::payment_requests(talk.base()), Some(body), Endpoint::Open).await?;
    let opened = v3::PaymentRequest::parse(&reply.body);
    let opened =
        opened.map(|opened| (opened.artefact(channel.shown).ok_or(Unreadable::Field("actions")), opened.charge));
    taken(talk, &reply, charge, opened)
}

async fn request_v2(
    talk: &Talk<'_>,
    charge: &OpenCharge,
    channel: &Channel,
    rail: Rail,
) -> Result<OpenedCharge, ProviderError> {
    let body = request::v2::open_body(charge, channel, rail).map_err(|error| unspeakable(talk, error))?;
    let (url, key) = (request::v2::payment_requests(talk.base()), request::v2::open_key(charge));
    let reply = talk.post_under(url, Some(body), Some(key), Endpoint::Open).await?;
    let opened = v2::PaymentRequest::parse(&reply.body);
    let shown = |opened: &v2::PaymentRequest| opened.artefact(channel.shown).ok_or(Unreadable::Field("payment_method"));
    taken(talk, &reply, charge, opened.map(|opened| (shown(&opened), opened.charge)))
}

async fn qr_code(talk: &Talk<'_>, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
    let body = request::qr_code::open_body(charge).map_err(|error| unspeakable(talk, error))?;
    let (url, key) = (request::qr_code::qr_codes(talk.base()), request::qr_code::open_key(charge));
    let reply = talk.post_under(url, Some(body), Some(key), Endpoint::Open).await?;
    let shown = |qr_string: Option<String>| {
        qr_string.map(|qr_string| Artefact::Qr { qr_string }).ok_or(Unreadable::Field("qr_string"))
    };
    let opened = QrCode::parse(&reply.body).map(|opened| (shown(opened.qr_string), opened.charge));
    taken(talk, &reply, charge, opened)
}

async fn session(talk: &Talk<'_>, charge: &OpenCharge) -> Result<OpenedCharge, ProviderError> {
    let body = request::session::open_body(charge).map_err(|error| unspeakable(talk, error))?;
    let reply = talk.post(request::session::sessions(talk.base()), Some(body), Endpoint::Open).await?;
    let shown = |page_url: Option<String>| {
        let page = page_url.map(|url| Artefact::Link { checkout_url: Some(url), deeplink_url: None });
        page.ok_or(Unreadable::Field("payment_link_url"))
    };
    let opened = Session::parse(&reply.body).map(|opened| (shown(opened.page_url), opened.charge));
    taken(talk, &reply, charge, opened)
}

fn unspeakable(talk: &Talk<'_>, error: serde_json::Error) -> ProviderError {
    talk.error(ProviderErrorKind::InvalidRequest, Certainty::NotApplied).because(error)
}

/// What was opened, if it is what was asked. If it is ours and otherwise not what was asked, its id is told.
fn taken(
    talk: &Talk<'_>,
    reply: &Reply,
    charge: &OpenCharge,
    opened: Result<(Result<Artefact, Unreadable>, Described), Unreadable>,
) -> Result<OpenedCharge, ProviderError> {
    let (artefact, described) = opened.map_err(|why| talk.malformed(reply, why))?;
    let is_ours = described.reference.as_deref() == Some(charge.our_reference.as_str());
    let told = is_ours.then(|| described.id.clone());
    artefact
        .and_then(|artefact| as_asked(talk, charge, described, artefact))
        .map_err(|why| talk.malformed(reply, why).telling(told))
}

/// What was opened, if its reference and its amount are what was asked.
fn as_asked(
    talk: &Talk<'_>,
    charge: &OpenCharge,
    opened: Described,
    artefact: Artefact,
) -> Result<OpenedCharge, Unreadable> {
    let our_reference = opened
        .reference
        .filter(|echoed| echoed == charge.our_reference.as_str())
        .ok_or(Unreadable::Mismatch("reference_id"))?;
    let amount = opened.asked.filter(|echoed| echoed.fits(&charge.amount)).ok_or(Unreadable::Mismatch("amount"))?;
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
