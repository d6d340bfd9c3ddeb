//! What an idempotency key stands for, and the answers that are kept under it.

use actix_web::http::StatusCode;
use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::gateway::{AnswerRenderer, Refusal};
use mstore_pay_domain::idempotency::StoredAnswer;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::Payment;

use super::dto::CreatedBody;
use super::{Links, reply};
use crate::problem::{Problem, Told};

/// The digest of a request: its route and its whole body in RFC 8785 form, so that blanks, the order of
/// members and the spelling of numbers do not matter. RFC 8785 writes numbers as binary floats would
/// hold them: the amount is put in as it was read, exactly.
pub(super) fn fingerprint(route: &str, body: &str, amount: &Money) -> Digest {
    let mut bytes = format!("{route}\n{amount}\n").into_bytes();
    // What has no such form, a number beyond all floats for one, stands for itself.
    let canonical = serde_json_canonicalizer::pipe(body);
    bytes.extend(canonical.map_or_else(|_no_such_form| body.as_bytes().to_vec(), String::into_bytes));
    Digest::of(&bytes)
}

/// Writes the answers to a create as they are sent, so that they can be kept.
pub(super) struct Answers {
    pub(super) links: Links,
    pub(super) told: Told,
}

impl AnswerRenderer for Answers {
    fn opened(&self, payment: &Payment) -> StoredAnswer {
        let status = StatusCode::OK;
        let body = reply::data_bytes(status, &CreatedBody::of(payment, &self.links));
        StoredAnswer { status: status.as_u16(), body }
    }

    fn refused(&self, refusal: &Refusal) -> StoredAnswer {
        let problem = Problem::refused(refusal);
        StoredAnswer { status: problem.code.status().as_u16(), body: problem.body(&self.told) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(body: &str, other: &str, same: bool) {
        let digest = |body| fingerprint("POST /x", body, &Money::from(1));
        assert_eq!(digest(body) == digest(other), same, "{body} and {other}");
    }

    #[test]
    fn the_same_body_has_the_same_fingerprint_however_it_is_written() {
        check(r#"{"a":1,"b":"x"}"#, r#"{ "b": "x", "a": 1.00 }"#, true);
        check(r#"{"a":1,"b":"x"}"#, r#"{"a":1,"b":"y"}"#, false);
        check(r#"{"a":1}"#, r#"{"a":1,"nobody_knows_this":2}"#, false);
        check(r#"{"a":1e999}"#, r#"{"a":2e999}"#, false);
    }

    #[test]
    fn routes_and_amounts_are_told_apart() {
        let digest = |route, amount: u32| fingerprint(route, "{}", &Money::from(amount));
        assert_ne!(digest("POST /x", 1), digest("POST /y", 1));
        assert_ne!(digest("POST /x", 1), digest("POST /x", 2));
    }
}
