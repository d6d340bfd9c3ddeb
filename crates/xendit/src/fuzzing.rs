//! What fuzzers try here (`fuzz/`), and what must hold of it: a broken promise is a panic. In no build that ships.
#![expect(clippy::unwrap_used, reason = "what cannot be put together fails the run, as it should")]

mod answer;
mod webhook;

use std::collections::BTreeMap;

pub use answer::answer;
pub use webhook::webhook;

use serde_json::Value;
use serde_json::value::RawValue;

/// What stands before the first line end, and what after it; with no line end all of it is what stands after.
fn first_line(data: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    match (parts.next(), parts.next()) {
        (Some(first), Some(rest)) => (first, rest),
        (Some(_) | None, Some(_) | None) => (&[], data),
    }
}

/// Whether one of the words stands anywhere among the texts and names of a body, however it is spelt there; true where it
/// is nested too deep to tell.
fn says(body: &[u8], words: &[&str]) -> bool {
    serde_json::from_slice::<Value>(body).map_or(true, |value| is_within(&value, words))
}

fn is_within(value: &Value, words: &[&str]) -> bool {
    let is_word = |text: &str| words.contains(&text);
    match value {
        Value::String(text) => is_word(text),
        Value::Array(items) => items.iter().any(|item| is_within(item, words)),
        Value::Object(members) => members.iter().any(|(name, member)| is_word(name) || is_within(member, words)),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

/// The same object with its members turned round; `None` where it is none, or one that says something twice.
fn turned_round(body: &[u8]) -> Option<Vec<u8>> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_slice(body).ok()?;
    let members = members.iter().rev();
    let turned: Vec<String> = members.map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
    Some(format!("{{{}}}", turned.join(", ")).into_bytes())
}

/// A text of others that was passed on is short and prints.
fn is_kept(text: &str) -> bool {
    text.chars().count() <= 300 && !text.chars().any(char::is_control)
}

#[cfg(test)]
mod tests {
    use mstore_pay_fuzz_seeds::replay;

    #[test]
    fn only_what_is_proven_is_read_and_only_words_for_money_claim_it() {
        replay("xendit_webhook", super::webhook);
    }

    #[test]
    fn no_answer_tells_of_money_without_a_word_for_it() {
        replay("xendit_answer", super::answer);
    }
}
