//! Card data, which is not accepted anywhere.

mod within;

use std::collections::BTreeMap;

use mstore_pay_outbound::json::Object;

use super::fields::Fields;
use super::text;
use crate::problem::catalogue::ErrorCode;

/// Fields that only card data comes in; whatever is in them is refused unread.
const CARD_FIELDS: [&str; 10] =
    ["card_number", "card_no", "card", "pan", "cvv", "cvc", "cvn", "card_cvn", "card_cvv", "card_cvc"];
/// Free texts in which a card number could be typed.
const FREE_TEXTS: [&str; 6] = ["customer_name", "description", "order_note", "note", "notes", "reason"];

/// Codes of a till's own, which are digits as it likes: of those as long as a card's number, one in ten would pass for one.
const OWN_CODES: [&str; 3] = ["offline_reference", "transaction_code", "order_code"];

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
    if object.raw("metadata").is_some_and(metadata_holds_card_number) {
        fields.refuse(ErrorCode::CardDataNotAccepted, "metadata", "must not hold a card number");
    }
}

/// The same for what is kept as it came: there, card data is refused at any depth, and whatever it is called.
pub(super) fn refuse_card_data_within(object: &Object, fields: &mut Fields<'_>) {
    refuse_card_data(object, fields);
    let looked_at = |name: &&str| CARD_FIELDS.contains(name) || FREE_TEXTS.contains(name) || *name == "metadata";
    for name in object.others(&OWN_CODES).filter(|name| !looked_at(name)) {
        if text::bears_card_number(name) {
            // Not told by its name, which nobody is to read again.
            fields.refuse(ErrorCode::CardDataNotAccepted, "", "a field's name must not hold a card number");
        } else if object.raw(name).is_some_and(within::holds_card_data) {
            fields.refuse(ErrorCode::CardDataNotAccepted, name, "must not hold card data");
        }
    }
}

/// As it was written, and as it reads: a digit that is written as an escape is one all the same.
fn metadata_holds_card_number(json: &str) -> bool {
    let entries: BTreeMap<String, String> = serde_json::from_str(json).unwrap_or_default();
    let mut texts = entries.iter().flat_map(|(name, value)| [name, value]);
    text::holds_card_number(json) || texts.any(|text| text::holds_card_number(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(metadata: &str, want: bool) {
        assert_eq!(metadata_holds_card_number(metadata), want, "{metadata}");
    }

    #[test]
    fn a_card_number_in_metadata_is_found_however_it_is_written() {
        check(r#"{"note":"4111 1111 1111 1111"}"#, true);
        check(r#"{"4111111111111111":"note"}"#, true);
        check(r#"{"note":"\u0034111 1111 1111 1111"}"#, true);
        check(r#"{"note":"4111\t1111\t1111\t1111"}"#, false);
        check(r#"{"note":"table 4"}"#, false);
        check("7", false);
    }
}
