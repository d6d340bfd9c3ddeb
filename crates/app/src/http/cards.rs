//! Card data, which is not accepted anywhere.

use mstore_pay_outbound::json::Object;

use super::fields::Fields;
use super::text;
use crate::problem::catalogue::ErrorCode;

/// Fields that only card data comes in; whatever is in them is refused unread.
const CARD_FIELDS: [&str; 10] =
    ["card_number", "card_no", "card", "pan", "cvv", "cvc", "cvn", "card_cvn", "card_cvv", "card_cvc"];
/// Free texts in which a card number could be typed.
const FREE_TEXTS: [&str; 6] = ["customer_name", "description", "order_note", "note", "notes", "reason"];

/// Card data is refused wherever it would be looked for, so that it is never stored and never logged.
pub(super) fn refuse_card_data(object: &Object, fields: &mut Fields<'_>) {
    for name in CARD_FIELDS.into_iter().filter(|name| object.raw(name).is_some()) {
        fields.refuse(ErrorCode::CardDataNotAccepted, name, "card data is not accepted");
    }
    for name in FREE_TEXTS {
        if object.text(name).is_some_and(|text| text::holds_card_number(&text)) {
            fields.refuse(ErrorCode::CardDataNotAccepted, name, "must not hold a card number");
        }
    }
    if object.raw("metadata").is_some_and(text::holds_card_number) {
        fields.refuse(ErrorCode::CardDataNotAccepted, "metadata", "must not hold a card number");
    }
}
