//! What Midtrans is sent: pure. Here the Core API; beneath, Snap.

pub(crate) mod snap;

use std::time::Duration;

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::ports::{CardToken, OpenCharge, RefundCharge};
use serde::ser::Error as _;
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use url::Url;

use crate::channels::{Channel, Shown};

/// Midtrans' own limit for the reason of a refund.
const REASON_CHARS_MAX: usize = 255;
/// What stands on a Mandiri bill beside the order code; each of the two lines is cut by Midtrans, silently.
const BILL_TITLE: &str = "Payment:";
const BILL_LINE_CHARS_MAX: usize = 30;

#[derive(Serialize)]
struct OpenBody<'a> {
    payment_type: &'static str,
    transaction_details: TransactionDetails<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bank_transfer: Option<BankTransfer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    echannel: Option<Bill>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ovo: Option<Ovo>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gopay: Option<Wallet<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    shopeepay: Option<Wallet<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit_card: Option<Card<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    custom_expiry: Option<CustomExpiry>,
    /// The order code, so that staff find it in Midtrans' dashboard. No e-mail and no name go along: a customer who
    /// was written to could pay what no till shows.
    custom_field1: &'a str,
}

#[derive(Serialize)]
struct TransactionDetails<'a> {
    order_id: &'a str,
    gross_amount: Exact<'a>,
}

#[derive(Serialize)]
struct BankTransfer {
    bank: &'static str,
}

#[derive(Serialize)]
struct Bill {
    bill_info1: &'static str,
    bill_info2: String,
}

#[derive(Serialize)]
struct Ovo {
    payer_phone_number: String,
}

/// Where the wallet's app leads afterwards.
#[derive(Serialize)]
struct Wallet<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    enable_callback: Option<bool>,
    callback_url: &'a str,
}

/// A card whose bank asks its holder first.
#[derive(Serialize)]
struct Card<'a> {
    token_id: &'a str,
    authentication: bool,
}

#[derive(Serialize)]
struct CustomExpiry {
    order_time: String,
    expiry_duration: u64,
    unit: &'static str,
}

#[derive(Serialize)]
struct RefundBody<'a> {
    refund_key: String,
    amount: Exact<'a>,
    reason: String,
}

/// An amount as a JSON number, digit for digit. Midtrans takes whole rupiah.
struct Exact<'a>(&'a Money);

impl Serialize for Exact<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(S::Error::custom)?.serialize(serializer)
    }
}

/// The body of `POST /v2/charge`.
pub(crate) fn open_body(charge: &OpenCharge, channel: &Channel) -> Result<String, serde_json::Error> {
    let back = charge.return_urls.as_ref().map(|urls| urls.success.as_str());
    let wallet = |enable_callback| back.map(|callback_url| Wallet { enable_callback, callback_url });
    let is = |code: &str| channel.code == code;
    serde_json::to_string(&OpenBody {
        payment_type: channel.code,
        transaction_details: TransactionDetails {
            order_id: charge.our_reference.as_str(),
            gross_amount: Exact(&charge.amount),
        },
        bank_transfer: match channel.shown {
            Shown::AccountNumber { bank, .. } => Some(BankTransfer { bank }),
            Shown::QrString | Shown::Bill | Shown::Deeplink | Shown::Page | Shown::Push => None,
        },
        echannel: (channel.shown == Shown::Bill).then(|| Bill {
            bill_info1: BILL_TITLE,
            bill_info2: charge.order_code.as_str().chars().take(BILL_LINE_CHARS_MAX).collect(),
        }),
        ovo: (channel.shown == Shown::Push)
            .then(|| Ovo { payer_phone_number: charge.customer_phone.as_deref().map(national).unwrap_or_default() }),
        gopay: wallet(Some(true)).filter(|_| is("gopay")),
        shopeepay: wallet(None).filter(|_| is("shopeepay")),
        credit_card: charge.card_token.as_ref().filter(|_| is("credit_card")).map(card),
        custom_expiry: custom_expiry(charge, channel),
        custom_field1: charge.order_code.as_str(),
    })
}

fn card(token: &CardToken) -> Card<'_> {
    Card { token_id: token.expose(), authentication: true }
}

/// None for a card: the page of its bank has a time of its own.
fn custom_expiry(charge: &OpenCharge, channel: &Channel) -> Option<CustomExpiry> {
    if channel.shown == Shown::Page {
        return None;
    }
    let (order_time, given) = time_given(charge, channel)?;
    Some(CustomExpiry { order_time, expiry_duration: given.as_secs(), unit: "second" })
}

/// Our expiry, as Midtrans takes it: a time to count from, and for how long. That the time may lie a little ahead,
/// where a till asked for longer than is usual, is unconfirmed.
fn time_given(charge: &OpenCharge, channel: &Channel) -> Option<(String, Duration)> {
    let given = channel.given_time()?;
    let starts = charge.expires_at.minus(given).to_datetime();
    Some((starts.format("%Y-%m-%d %H:%M:%S +0000").to_string(), given))
}

/// A phone number as Indonesians write it: Midtrans' example for OVO has no country's prefix.
fn national(phone: &str) -> String {
    phone.strip_prefix("+62").map_or_else(|| phone.to_owned(), |rest| format!("0{rest}"))
}

/// The body of a refund.
pub(crate) fn refund_body(refund: &RefundCharge) -> Result<String, serde_json::Error> {
    serde_json::to_string(&RefundBody {
        refund_key: refund.refund.to_string(),
        amount: Exact(&refund.amount),
        reason: refund.reason.chars().take(REASON_CHARS_MAX).collect(),
    })
}

/// `/v2/charge`.
pub(crate) fn charge(base: &Url) -> Option<Url> {
    below(base, &["v2", "charge"])
}

/// `/v2/{id}/status`, of a transaction id or an order id.
pub(crate) fn status(base: &Url, name: &str) -> Option<Url> {
    below(base, &["v2", name, "status"])
}

/// `/v2/{id}/expire`, of a transaction id or an order id.
pub(crate) fn expire(base: &Url, name: &str) -> Option<Url> {
    below(base, &["v2", name, "expire"])
}

/// `/v2/{id}/cancel`.
pub(crate) fn cancel(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["v2", id.as_str(), "cancel"])
}

/// `/v2/{id}/refund`.
pub(crate) fn refund(base: &Url, id: &ProviderRef) -> Option<Url> {
    below(base, &["v2", id.as_str(), "refund"])
}

/// An address below the base; each segment is escaped whole. `None` for a segment that names no thing but a
/// way through the tree, which no escaping can keep.
fn below(base: &Url, segments: &[&str]) -> Option<Url> {
    let mut url = base.clone();
    if segments.iter().any(|segment| matches!(*segment, "" | "." | "..")) {
        return None;
    }
    url.path_segments_mut().ok()?.pop_if_empty().extend(segments);
    Some(url)
}

#[cfg(test)]
mod tests;
