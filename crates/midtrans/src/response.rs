//! What Midtrans answers: pure. Unknown fields and words are no error; a field that is needed and cannot be
//! read is.

mod fields;
mod page;
mod refund;
mod refusal;
mod transaction;

use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::money::{Currency, Money, ReportedMoney};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::json::{JsonError, Object};
use thiserror::Error;

pub(crate) use fields::unknown_fields;
pub(crate) use page::Page;
pub(crate) use refund::{Refunded, Refunds};
pub(crate) use refusal::{Refusal, Said};
pub(crate) use transaction::{Standing, Transaction};

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

/// The order code that we sent along.
pub(crate) fn order_code(object: &Object) -> Option<String> {
    object.text("custom_field1")
}

/// A time of western Indonesia, written without its offset.
pub(crate) fn time(object: &Object, name: &str) -> Option<Timestamp> {
    let (day, of_day) = object.text(name)?.split_once(' ').map(|(day, of_day)| (day.to_owned(), of_day.to_owned()))?;
    Timestamp::parse_rfc3339(&format!("{day}T{of_day}+07:00"))
}

/// When the customer's money moved: of a card when it was charged, for it settles only the day after. A time that
/// stands there and is none is not another one.
pub(crate) fn moved_at(object: &Object) -> Result<Timestamp, Unreadable> {
    let is_card = object.text("payment_type").as_deref() == Some("credit_card");
    let name = if is_card || !is_settled(object) { "transaction_time" } else { "settlement_time" };
    time(object, name).ok_or(Unreadable::Field(name))
}

/// Whether it was settled, whatever became of it.
pub(crate) fn is_settled(object: &Object) -> bool {
    object.raw("settlement_time").is_some()
}

/// The shop's amount: where a fee was put on top and the customer bears it, without the fee. `None` where an amount
/// stands that is none.
pub(crate) fn shop_amount(object: &Object) -> Option<ReportedMoney> {
    let fee = object.object("metadata").and_then(|data| data.object("extra_info"));
    let fee = fee.and_then(|info| info.object("gross_amount_info"));
    let text = match &fee {
        Some(info) if info.has("original_amount") => decimal(info, "original_amount"),
        Some(_) | None => decimal(object, "gross_amount"),
    };
    Some(ReportedMoney { amount: Money::parse(&text?).ok()?, currency: currency(object) })
}

/// Rupiah where no other currency is named: older answers name none.
fn currency(object: &Object) -> String {
    object.text("currency").unwrap_or_else(|| Currency::Idr.code().to_owned())
}

/// Amounts are texts, and in some places numbers.
pub(crate) fn decimal(object: &Object, name: &str) -> Option<String> {
    object.text(name).or_else(|| object.raw(name).map(str::to_owned))
}
