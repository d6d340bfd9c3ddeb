//! What headers say.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderMap};
use mstore_pay_domain::ids::{DeviceId, IdempotencyKey};
use mstore_pay_domain::payment::Revision;

use crate::language::Language;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::system::TimedIds;
use mstore_pay_domain::ports::IdGenerator;

/// Longest request id that is echoed.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// The client's idempotency key; none is none, but an odd one is refused: whoever sends it counts on it.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<IdempotencyKey>, Problem> {
    let mut keys = headers.get_all("idempotency-key");
    let Some(first) = keys.next() else { return Ok(None) };
    let key = first.to_str().ok().and_then(|text| IdempotencyKey::parse(text).ok());
    match (key, keys.next()) {
        (Some(key), None) => Ok(Some(key)),
        (Some(_) | None, _) => Err(Problem::new(ErrorCode::InvalidIdempotencyKey)),
    }
}

/// The till that the request comes from, where the header names one.
pub(super) fn device(headers: &HeaderMap) -> Result<Option<DeviceId>, Problem> {
    let Some(value) = headers.get("x-device-id") else { return Ok(None) };
    let device = value.to_str().ok().and_then(|text| DeviceId::parse(text).ok());
    device.map(Some).ok_or_else(|| Problem::field("X-Device-ID", "must be 1 to 64 visible ASCII characters"))
}

/// The request's id: the client's if it is one, else a new one.
pub(super) fn request_id(headers: &HeaderMap) -> String {
    let sent = ["x-request-id", "x-correlation-id"].into_iter().find_map(|name| headers.get(name));
    let usable = |text: &&str| {
        (1..=REQUEST_ID_BYTES_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    };
    sent.and_then(|value| value.to_str().ok())
        .filter(usable)
        .map_or_else(|| TimedIds::REAL.uuid().simple().to_string(), ToOwned::to_owned)
}

/// The tongue that the client asks for.
pub(super) fn language(headers: &HeaderMap) -> Language {
    let asked = headers.get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
    asked.map(Language::of_accept_language).unwrap_or_default()
}

/// The revision that a client has, by its `If-None-Match`.
pub(super) fn seen_revision(request: &HttpRequest) -> Option<Revision> {
    let tags = request.headers().get(header::IF_NONE_MATCH)?.to_str().ok()?;
    tags.split(',').find_map(|tag| revision_of(tag.trim()))
}

/// The entity tag of a revision.
pub(super) fn etag(revision: Revision) -> String {
    format!("\"{}\"", revision.number())
}

fn revision_of(tag: &str) -> Option<Revision> {
    let tag = tag.strip_prefix("W/").unwrap_or(tag);
    tag.strip_prefix('"')?.strip_suffix('"')?.parse().ok().map(Revision::of)
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::test::TestRequest;

    #[test]
    fn a_key_is_taken_once_or_refused() {
        let of = |keys: &[&'static str]| {
            let request = keys
                .iter()
                .fold(TestRequest::default(), |request, key| request.append_header(("Idempotency-Key", *key)));
            idempotency_key(request.to_http_request().headers()).map(|key| key.map(|key| key.to_string()))
        };
        assert_eq!(of(&[]).unwrap(), None);
        assert_eq!(of(&["order-1"]).unwrap().as_deref(), Some("order-1"));
        for keys in [&[""][..], &["a b"], &["a", "b"], &["a", "a"]] {
            assert!(of(keys).is_err(), "{keys:?}");
        }
    }

    #[test]
    fn a_request_id_is_echoed_if_it_is_plain() {
        let of = |id: &'static str| {
            request_id(TestRequest::default().append_header(("X-Correlation-ID", id)).to_http_request().headers())
        };
        assert_eq!(of("abc-1"), "abc-1");
        assert_ne!(of("a b"), "a b");
        assert_eq!(of("").len(), 32);
    }

    #[test]
    fn a_tag_names_a_revision() {
        for (tags, want) in [
            ("\"7\"", Some(7)),
            ("W/\"7\"", Some(7)),
            ("\"x\", \"8\"", Some(8)),
            ("7", None),
            ("*", None),
            ("\"\"", None),
        ] {
            let request = TestRequest::default().append_header((header::IF_NONE_MATCH, tags)).to_http_request();
            assert_eq!(seen_revision(&request).map(Revision::number), want, "{tags}");
        }
    }
}
