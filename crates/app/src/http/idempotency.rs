//! What an idempotency key stands for, and the answers that are kept under it.

use actix_web::http::StatusCode;
use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::gateway::{AnswerRenderer, Refusal};
use mstore_pay_domain::idempotency::StoredAnswer;
use mstore_pay_domain::payment::Payment;
use serde_json::Value;

use super::dto::CreatedBody;
use super::{Links, reply};
use crate::problem::{Problem, Told};

/// The digest of what a request means: its route and its fields in RFC 8785 form, so that blanks, the
/// order of members and the spelling of numbers do not matter.
pub(super) fn fingerprint(route: &str, meaning: &Value) -> Digest {
    let mut bytes = route.as_bytes().to_vec();
    bytes.push(b'\n');
    bytes.extend(serde_json_canonicalizer::to_vec(meaning).unwrap_or_default());
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
    use serde_json::json;

    #[test]
    fn the_same_meaning_has_the_same_fingerprint() {
        let one = fingerprint("POST /x", &json!({"a": "1", "b": null}));
        assert_eq!(one, fingerprint("POST /x", &json!({"b": null, "a": "1"})));
        assert_ne!(one, fingerprint("POST /y", &json!({"a": "1", "b": null})));
        assert_ne!(one, fingerprint("POST /x", &json!({"a": "2", "b": null})));
    }
}
