//! What Xendit answers: pure. Unknown fields and words are no error; a field that is needed and cannot be
//! read is.

mod fields;
mod qr_code;
mod refund;
mod refusal;
mod session;
mod transactions;
pub(crate) mod v2;
pub(crate) mod v3;

use mstore_pay_domain::charge::{Payer, Receipt};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::{Currency, ReportedMoney};
use mstore_pay_domain::ports::SnapshotStatus;
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::{JsonError, Object};
use serde_json::value::RawValue;
use thiserror::Error;

pub(crate) use fields::unknown_fields;
pub(crate) use qr_code::QrCode;
pub(crate) use refund::{Refund, RefundState};
pub(crate) use refusal::Refusal;
pub(crate) use session::Session;
pub(crate) use transactions::TransactionPage;

/// Why an answer cannot be used.
#[derive(Debug, Error)]
pub(crate) enum Unreadable {
    /// It is no object, or an ambiguous one.
    #[error("could not read the answer")]
    Json(#[from] JsonError),
    /// Something that is needed is not there, or is not what it should be.
    #[error("the answer's {0} is missing or unreadable")]
    Field(&'static str),
    /// It speaks of something else than was asked.
    #[error("the answer's {0} is not what was asked")]
    Mismatch(&'static str),
}

/// What every object that can be paid says of itself, whichever API it belongs to.
#[derive(Debug)]
pub(crate) struct Described {
    pub(crate) id: ProviderRef,
    pub(crate) reference: Option<String>,
    pub(crate) order_code: Option<String>,
    pub(crate) asked: Option<ReportedMoney>,
    pub(crate) status: SnapshotStatus,
    pub(crate) expires_at: Option<Timestamp>,
}

/// A payment as Xendit describes it: the object that says whether money came.
#[derive(Debug)]
pub(crate) struct Payment {
    /// The request or code it was made on.
    pub(crate) made_on: Option<ProviderRef>,
    /// The reference of that request or code.
    pub(crate) reference: Option<String>,
    /// The money, if it came.
    pub(crate) receipt: Option<Receipt>,
}

/// A field that is an id, if it is one.
pub(crate) fn provider_ref(object: &Object, name: &str) -> Option<ProviderRef> {
    ProviderRef::parse(object.text(name)?).ok()
}

/// An amount with its currency, if it is there at all.
fn money(object: &Object, name: &'static str, currency: Option<&str>) -> Result<Option<ReportedMoney>, Unreadable> {
    let amount = object.money(name).map_err(|_no_amount| Unreadable::Field(name))?;
    Ok(amount.zip(currency).map(|(amount, currency)| ReportedMoney { amount, currency: currency.to_owned() }))
}

/// The currency of an object; the first QR Codes API knew rupiah only and names none.
pub(crate) fn currency_or_rupiah(object: &Object) -> String {
    object.text("currency").unwrap_or_else(|| Currency::Idr.code().to_owned())
}

/// The order code that we sent along.
pub(crate) fn order_code(object: &Object) -> Option<String> {
    object.object("metadata")?.text("order_code")
}

/// Who paid, in whichever words.
fn payer(details: &Object) -> Payer {
    let issuer = details.text("issuer_name").or_else(|| details.text("source"));
    let name = details.text("payer_name").or_else(|| details.text("name"));
    Payer::told(issuer, name, details.text("receipt_id"))
}

/// The rows of a list: of its `data`, or of an array without anything around it, as the first QR Codes API gives.
pub(crate) fn rows(body: &[u8]) -> Result<Vec<Object>, Unreadable> {
    if let Ok(bare) = serde_json::from_slice::<Vec<&RawValue>>(body) {
        return bare.into_iter().map(|row| Ok(Object::parse(row.get().as_bytes())?)).collect();
    }
    let object = Object::parse(body)?;
    if object.has("data") { Ok(object.objects("data")?) } else { Err(Unreadable::Field("data")) }
}
