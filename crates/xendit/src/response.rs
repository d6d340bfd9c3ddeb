//! What Xendit answers: pure. Unknown fields and words are no error; a field that is needed and cannot be
//! read is.

mod fields;
mod payment;
mod payment_request;
mod refusal;
mod session;
mod transactions;

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_outbound::json::{JsonError, Object};
use thiserror::Error;

pub(crate) use fields::unknown_fields;
pub(crate) use payment::Payment;
pub(crate) use payment_request::PaymentRequest;
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

/// A field that is an id, if it is one.
pub(crate) fn provider_ref(object: &Object, name: &str) -> Option<ProviderRef> {
    ProviderRef::parse(object.text(name)?).ok()
}

/// An amount with its currency, if it is there at all.
fn money(object: &Object, name: &'static str, currency: Option<&str>) -> Result<Option<ReportedMoney>, Unreadable> {
    let amount = object.money(name).map_err(|_no_amount| Unreadable::Field(name))?;
    Ok(amount.zip(currency).map(|(amount, currency)| ReportedMoney { amount, currency: currency.to_owned() }))
}

/// What was really paid: the sum of the captures, or without any the amount asked for. Some deliveries lack
/// the latter, and a reusable code may be paid with another.
pub(crate) fn captured(payment: &Object) -> Result<Option<ReportedMoney>, Unreadable> {
    let currency = payment.text("currency");
    let mut amounts = Vec::new();
    for capture in payment.objects("captures")? {
        let amount = capture.money("capture_amount").map_err(|_no_amount| Unreadable::Field("capture_amount"))?;
        amounts.extend(amount);
    }
    if amounts.is_empty() {
        return money(payment, "request_amount", currency.as_deref());
    }
    let amount = mstore_pay_domain::money::Money::sum(&amounts);
    Ok(currency.map(|currency| ReportedMoney { amount, currency }))
}

/// When money moved: the first capture, else when the payment last changed.
pub(crate) fn captured_at(payment: &Object) -> Option<mstore_pay_domain::time::Timestamp> {
    let captures = payment.objects("captures").unwrap_or_default();
    let first = captures.iter().filter_map(|capture| capture.time("capture_timestamp")).min();
    first.or_else(|| payment.time("updated")).or_else(|| payment.time("created"))
}

/// The order code that we sent along.
pub(crate) fn order_code(object: &Object) -> Option<String> {
    object.object("metadata")?.text("order_code")
}
