//! Transactions as Midtrans' bodies. Scalars are texts; what is absent is left out.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use data_encoding::HEXLOWER;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::{Digest as _, Sha512};

use super::channels::{bank, created_message, payment_type};
use super::state::{self, State};
use super::time;
use crate::amount::Amount;
use crate::config::MidtransMerchant;
use crate::faults::Lie;
use crate::ledger::{Books, Charge, Method, Payment, Refund, RefundOutcome};
use crate::sandbox::json;

/// Mandiri's code for bills of Midtrans'.
const BILLER_CODE: &str = "70012";
const CARD_BANK: &str = "bni";

/// A transaction, and how far it has come.
pub(super) struct Standing<'a> {
    pub(super) charge: &'a Charge,
    pub(super) state: State,
    /// The money that came.
    pub(super) payment: Option<&'a Payment>,
    pub(super) refunds: Vec<&'a Refund>,
    /// Of the refunds, whether the last is told as confirmed.
    pub(super) last_confirmed: bool,
}

impl<'a> Standing<'a> {
    /// As it is now.
    pub(super) fn now(books: &'a Books, charge: &'a Charge, now: DateTime<Utc>) -> Self {
        let refunds: Vec<&Refund> = books.refunds_of(&charge.id).filter(|refund| refund.counts()).collect();
        Self {
            charge,
            state: State::of(books, charge, now),
            payment: books.payments_of(&charge.id).filter(|payment| payment.succeeded()).last(),
            last_confirmed: refunds.last().is_some_and(|last| last.outcome == RefundOutcome::Succeeded),
            refunds,
        }
    }
}

/// What a body says beside the transaction itself.
pub(super) struct Saying<'a> {
    pub(super) code: u16,
    pub(super) message: &'a str,
    /// The key to sign with; only status replies and notifications are signed.
    pub(super) signed_with: Option<&'a str>,
    /// Where the API is, for links; only the answer to a charge has any.
    pub(super) links: Option<&'a str>,
}

#[derive(Serialize)]
struct TransactionView<'a> {
    status_code: String,
    status_message: &'a str,
    transaction_id: &'a str,
    order_id: &'a str,
    merchant_id: &'a str,
    gross_amount: String,
    currency: &'a str,
    payment_type: &'static str,
    transaction_time: String,
    transaction_status: &'static str,
    fraud_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    settlement_time: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expiry_time: Option<String>,
    #[serde(flatten)]
    shown: Shown<'a>,
    #[serde(flatten)]
    card: Option<CardView<'a>>,
    #[serde(flatten)]
    refunded: Option<RefundsView<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    actions: Vec<ActionView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    redirect_url: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature_key: Option<String>,
    #[serde(flatten)]
    echo: BTreeMap<&'a str, &'a RawValue>,
}

/// What the customer is shown, and what is known of the way the money took.
#[derive(Default, Serialize)]
struct Shown<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    va_numbers: Option<[VaView<'a>; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    biller_code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bill_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    qr_string: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    acquirer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issuer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    transaction_type: Option<&'static str>,
}

#[derive(Serialize)]
struct VaView<'a> {
    bank: &'static str,
    va_number: &'a str,
}

#[derive(Serialize)]
struct CardView<'a> {
    masked_card: &'a str,
    bank: &'static str,
    card_type: &'static str,
    approval_code: &'a str,
    channel_response_code: &'static str,
    channel_response_message: &'static str,
}

#[derive(Serialize)]
struct RefundsView<'a> {
    /// Of all refunds together.
    refund_amount: String,
    refunds: Vec<RefundView<'a>>,
}

#[derive(Serialize)]
struct RefundView<'a> {
    refund_chargeback_id: usize,
    refund_amount: String,
    created_at: String,
    reason: &'a str,
    refund_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_confirmed_at: Option<String>,
}

#[derive(Serialize)]
struct ActionView {
    name: &'static str,
    method: &'static str,
    url: String,
}

/// The body about a transaction.
pub(super) fn transaction(
    merchant: &MidtransMerchant,
    standing: &Standing<'_>,
    saying: &Saying<'_>,
    lie: &Lie,
) -> String {
    let charge = standing.charge;
    let order_id = lie.reference(&charge.reference);
    let amount = standing.payment.map(|payment| &payment.amount).or(charge.amount.as_ref());
    let gross_amount = amount.map(|amount| decimal(&lie.amount(amount))).unwrap_or_default();
    let status_code = saying.code.to_string();
    let wants_page = charge.method == Method::Card && standing.state == State::Pending;
    let view = TransactionView {
        status_message: saying.message,
        transaction_id: &charge.id,
        order_id,
        merchant_id: &merchant.merchant_id,
        currency: standing.payment.map_or(&charge.currency, |payment| &payment.currency),
        payment_type: payment_type(charge.method),
        transaction_time: time::written(charge.created_at),
        transaction_status: lie.status(standing.state.word()),
        fraud_status: standing.state.fraud(charge),
        settlement_time: standing.payment.filter(|_| standing.state.is_settled()).map(|payment| {
            let arrived = payment.arrived_at();
            time::written(if state::is_card(charge) { state::settled(charge, payment) } else { arrived })
        }),
        expiry_time: (!state::is_card(charge)).then(|| time::written(charge.payable_until)),
        shown: shown(standing, saying.links.is_some()),
        card: card(standing),
        refunded: refunds(standing),
        actions: saying.links.map(|base| actions(charge, base)).unwrap_or_default(),
        redirect_url: saying.links.filter(|_| wants_page).map(|_| charge.artefact.as_str()),
        signature_key: saying.signed_with.map(|key| signature(order_id, &status_code, &gross_amount, key)),
        echo: echo(charge),
        status_code,
        gross_amount,
    };
    lie.finish(json(&view))
}

/// What a charge is answered with, by how it went.
pub(super) fn charged_message(charge: &Charge, state: State) -> &'static str {
    match state {
        State::Deny => "Deny by Bank [BNI] with code [05] and message [Do not honour]",
        State::Pending
        | State::Authorize
        | State::Challenge
        | State::Capture
        | State::Settlement
        | State::Cancel
        | State::Expire
        | State::PartialRefund
        | State::Refund
        | State::Chargeback => created_message(charge.method),
    }
}

fn shown<'a>(standing: &Standing<'a>, opening: bool) -> Shown<'a> {
    let charge = standing.charge;
    let artefact = charge.artefact.as_str();
    match charge.method {
        Method::VaBca | Method::VaBni | Method::VaBri => Shown {
            va_numbers: bank(charge.method).map(|bank| [VaView { bank, va_number: artefact }]),
            ..Shown::default()
        },
        Method::VaMandiri => Shown { biller_code: Some(BILLER_CODE), bill_key: Some(artefact), ..Shown::default() },
        Method::Qris => {
            let issuer = standing.payment.map(|payment| payment.issuer_name.to_ascii_lowercase());
            let acquirer = acquirer(charge);
            Shown {
                qr_string: opening.then_some(artefact),
                transaction_type: issuer.as_ref().map(|issuer| if *issuer == acquirer { "on-us" } else { "off-us" }),
                acquirer: Some(acquirer),
                issuer,
                ..Shown::default()
            }
        }
        Method::Gopay | Method::Ovo | Method::Dana | Method::Shopeepay | Method::Card | Method::CardPage => {
            Shown::default()
        }
    }
}

/// The acquirer that the request chose.
fn acquirer(charge: &Charge) -> String {
    let chosen = charge.echoed("qris").and_then(|qris| crate::body::Body::read(qris.get().as_bytes()).ok());
    chosen.and_then(|qris| qris.text("acquirer")).unwrap_or_else(|| "gopay".to_owned())
}

fn card<'a>(standing: &Standing<'a>) -> Option<CardView<'a>> {
    let card = standing.charge.transaction.as_ref()?.card.as_ref()?;
    let (code, message) = if standing.state == State::Deny { ("05", "Do not honour") } else { ("00", "Approved") };
    Some(CardView {
        masked_card: &card.masked,
        bank: CARD_BANK,
        card_type: "credit",
        approval_code: &card.approval_code,
        channel_response_code: code,
        channel_response_message: message,
    })
}

fn refunds<'a>(standing: &Standing<'a>) -> Option<RefundsView<'a>> {
    if standing.refunds.is_empty() {
        return None;
    }
    let last = standing.refunds.len();
    let rows = standing.refunds.iter().enumerate().map(|(place, refund)| {
        let confirmed =
            if place + 1 == last { standing.last_confirmed } else { refund.outcome == RefundOutcome::Succeeded };
        let at = refund.settles.as_ref().map_or(refund.updated_at, |(at, _)| *at);
        RefundView {
            refund_chargeback_id: place + 1,
            refund_amount: decimal(&refund.amount),
            created_at: time::written(refund.created_at),
            reason: &refund.reason,
            refund_key: refund.reference.as_deref().unwrap_or_default(),
            bank_confirmed_at: confirmed.then(|| time::written(at)),
        }
    });
    Some(RefundsView { refund_amount: decimal(&state::total(&standing.refunds)), refunds: rows.collect() })
}

fn actions(charge: &Charge, base: &str) -> Vec<ActionView> {
    let id = &charge.id;
    let get = |name, url: String| ActionView { name, method: "GET", url };
    match charge.method {
        Method::Qris => vec![get("generate-qr-code", format!("{base}/v2/qris/{id}/qr-code"))],
        Method::Gopay => vec![
            get("generate-qr-code", format!("{base}/v2/gopay/{id}/qr-code")),
            get("deeplink-redirect", charge.artefact.clone()),
            get("get-status", format!("{base}/v2/{id}/status")),
            ActionView { name: "cancel", method: "POST", url: format!("{base}/v2/{id}/cancel") },
        ],
        Method::Shopeepay => vec![get("deeplink-redirect", charge.artefact.clone())],
        Method::Ovo
        | Method::Dana
        | Method::VaBca
        | Method::VaBni
        | Method::VaBri
        | Method::VaMandiri
        | Method::Card
        | Method::CardPage => Vec::new(),
    }
}

/// Fields of the request that come back with everything, the choice of an acquirer aside.
fn echo(charge: &Charge) -> BTreeMap<&str, &RawValue> {
    let repeated = charge.echo.iter().filter(|(name, _)| name.as_str() != "qris");
    repeated.map(|(name, value)| (name.as_str(), value.as_ref())).collect()
}

/// Amounts as Midtrans writes, and signs, them: with two decimals.
pub(super) fn decimal(amount: &Amount) -> String {
    format!("{amount}.00")
}

/// SHA-512 over the texts exactly as they are sent; the status itself is not among them.
pub(super) fn signature(order_id: &str, status_code: &str, gross_amount: &str, server_key: &str) -> String {
    HEXLOWER.encode(&Sha512::digest(format!("{order_id}{status_code}{gross_amount}{server_key}")))
}
