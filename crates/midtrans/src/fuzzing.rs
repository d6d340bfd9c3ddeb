//! What fuzzers try here (`fuzz/`), and what must hold of it: a broken promise is a panic. In no build that ships.
#![expect(clippy::unwrap_used, reason = "what cannot be put together fails the run, as it should")]

mod answer;
mod webhook;

use std::collections::BTreeMap;

pub use answer::answer;
pub use webhook::webhook;

use serde_json::Value;
use serde_json::value::RawValue;

/// The members of an object by name, as they were written.
type Members = BTreeMap<String, Box<RawValue>>;

/// What `transaction_status` may say of money that came, in whatever case.
const MONEY_CAME: [&str; 6] = ["capture", "settlement", "refund", "partial_refund", "chargeback", "partial_chargeback"];

/// An object's members; `None` where it is none.
fn members(body: &[u8]) -> Option<Members> {
    serde_json::from_slice(body).ok()
}

/// A member that is a text.
fn text(members: &Members, name: &str) -> Option<String> {
    serde_json::from_str(members.get(name)?.get()).ok()
}

/// The object with those members, the last first.
fn turned_round(members: &Members) -> Vec<u8> {
    let members = members.iter().rev();
    let turned: Vec<String> = members.map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
    format!("{{{}}}", turned.join(", ")).into_bytes()
}

/// Whether the state that the body names is one of those words, in whatever case.
fn stands_at(body: &[u8], words: &[&str]) -> bool {
    let status = members(body).and_then(|members| text(&members, "transaction_status"));
    status.is_some_and(|status| words.iter().any(|word| status.eq_ignore_ascii_case(word)))
}

#[cfg(test)]
mod tests {
    use mstore_pay_fuzz_seeds::replay;

    #[test]
    fn a_signature_opens_for_what_it_is_over_and_only_money_claims_money() {
        replay("midtrans_webhook", super::webhook);
    }

    #[test]
    fn no_answer_tells_of_money_without_a_word_for_it() {
        replay("midtrans_answer", super::answer);
    }
}
