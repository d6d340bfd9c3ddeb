//! What fuzzers try here (`fuzz/`), and what must hold of it: a broken promise is a panic. In no build that ships.
#![expect(clippy::indexing_slicing, reason = "a member that a JSON value does not have is null")]

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::value::RawValue;

use crate::http::holds_card_number;
use crate::language::Language;
use crate::problem::{Problem, Told};

/// A body of `POST /api/v1/pos/payments`: what is taken keeps within every limit, and what is not is told why.
pub fn create_body(data: &[u8]) {
    crate::http::fuzzing::create_body(data);
}

/// A body of `POST /api/v1/pos/offline/batch-sync`: each thing in it is taken or told what is wrong with it.
pub fn sync_batch(data: &[u8]) {
    crate::http::fuzzing::sync_batch(data);
}

/// A token, or a head, a line end and claims to make some of: none opens that was not signed as its key wants it.
pub fn token(data: &[u8]) {
    crate::auth::fuzzing::token(data);
}

/// A refusal that a client can use: of the client's making, with its code, and without what must be said to nobody.
pub(crate) fn tells_why(problem: &Problem) {
    let status = problem.code.status();
    assert!(status.is_client_error(), "{status}");
    let body = problem.body(&Told { language: Language::English, request_id: "r".to_owned() });
    let told: Value = serde_json::from_slice(&body).unwrap_or_default();
    assert_eq!(told["status"], status.as_u16(), "{told}");
    assert_eq!(told["error_code"], problem.code.code(), "{told}");
    assert!(told["message"].as_str().is_some_and(|message| !message.is_empty()), "{told}");
    let is_named = |pointer: &str| pointer.is_empty() || pointer.starts_with('/');
    let faults = &problem.faults;
    assert!(faults.iter().all(|fault| !fault.reason.is_empty() && is_named(&fault.pointer)), "{told}");
    assert!(!holds_card_number(&String::from_utf8_lossy(&body)), "{told}");
}

/// The same object with its members turned round; `None` where it is none, or says something twice.
pub(crate) fn turned_round(body: &str) -> Option<String> {
    let members: BTreeMap<String, Box<RawValue>> = serde_json::from_str(body).ok()?;
    let members = members.iter().rev();
    let turned: Vec<String> = members.map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
    Some(format!("{{{}}}", turned.join(", ")))
}

#[cfg(test)]
mod tests {
    use mstore_pay_fuzz_seeds::replay;

    #[test]
    fn what_a_till_may_ask_for_keeps_within_the_limits() {
        replay("create_body", super::create_body);
    }

    #[test]
    fn each_thing_of_a_batch_is_taken_or_told_what_is_wrong_with_it() {
        replay("sync_batch", super::sync_batch);
    }

    #[test]
    fn no_token_opens_that_its_key_did_not_sign() {
        replay("token", super::token);
    }
}
