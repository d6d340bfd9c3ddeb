//! Reading bodies: to a cap that counts inflated bytes, within a time, of one type.

use std::io::Read;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::Payload;
use flate2::read::GzDecoder;
use futures::StreamExt;
use mstore_pay_outbound::json::Object;
use tokio::time::timeout;

use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// Largest body of a request that is not a webhook.
pub(super) const REQUEST_BODY_BYTES_MAX: usize = 64 * 1024;
/// Largest batch of a till.
pub(super) const BATCH_BODY_BYTES_MAX: usize = 1024 * 1024;
/// Largest webhook.
pub(super) const WEBHOOK_BODY_BYTES_MAX: usize = 256 * 1024;
/// Time for a body to come in whole.
const BODY_WITHIN: Duration = Duration::from_secs(10);

/// A JSON object, declared as JSON, and the text it came as.
pub(super) async fn json(request: &HttpRequest, payload: Payload) -> Result<(Object, String), Problem> {
    json_of(request, payload, REQUEST_BODY_BYTES_MAX).await
}

/// The same, of another size.
pub(super) async fn json_of(
    request: &HttpRequest,
    payload: Payload,
    bytes_max: usize,
) -> Result<(Object, String), Problem> {
    if !is_json(request) {
        return Err(Problem::new(ErrorCode::UnsupportedMediaType));
    }
    let bytes = raw(request, payload, bytes_max).await?;
    let object = parse(&bytes)?;
    let text = String::from_utf8(bytes).map_err(|_not_utf8| Problem::new(ErrorCode::MalformedJson))?;
    Ok((object, text))
}

/// A JSON object, whatever it is declared as.
pub(super) async fn undeclared_json(request: &HttpRequest, payload: Payload) -> Result<Object, Problem> {
    parse(&raw(request, payload, REQUEST_BODY_BYTES_MAX).await?)
}

/// A JSON object, whatever it is declared as, or nothing at all, in whichever way that is said.
pub(super) async fn any_json(request: &HttpRequest, payload: Payload) -> Result<Option<Object>, Problem> {
    let bytes = raw(request, payload, REQUEST_BODY_BYTES_MAX).await?;
    if matches!(bytes.trim_ascii(), b"" | b"null") { Ok(None) } else { parse(&bytes).map(Some) }
}

fn parse(bytes: &[u8]) -> Result<Object, Problem> {
    Object::parse(bytes).map_err(|error| Problem::new(ErrorCode::MalformedJson).saying(error.to_string()))
}

/// The bytes, inflated where they were deflated.
pub(super) async fn raw(request: &HttpRequest, payload: Payload, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let gzipped = is_gzipped(request)?;
    let declared = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok());
    if declared.and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > bytes_max) {
        return Err(too_large());
    }
    let read = timeout(BODY_WITHIN, read_capped(payload, bytes_max));
    let bytes = read.await.map_err(|_elapsed| {
        Problem::new(ErrorCode::MalformedJson).saying("the body did not come in time").closing()
    })??;
    if gzipped { inflate(&bytes, bytes_max) } else { Ok(bytes) }
}

async fn read_capped(mut payload: Payload, bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_broken: actix_web::error::PayloadError| {
            Problem::new(ErrorCode::MalformedJson).saying("the body broke off").closing()
        })?;
        if bytes.len().saturating_add(chunk.len()) > bytes_max {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn inflate(bytes: &[u8], bytes_max: usize) -> Result<Vec<u8>, Problem> {
    let mut inflated = Vec::new();
    let one_more = u64::try_from(bytes_max).unwrap_or(u64::MAX).saturating_add(1);
    GzDecoder::new(bytes)
        .take(one_more)
        .read_to_end(&mut inflated)
        .map_err(|_not_gzip: std::io::Error| Problem::new(ErrorCode::MalformedJson).saying("the body is no gzip"))?;
    if inflated.len() > bytes_max { Err(too_large()) } else { Ok(inflated) }
}

/// The rest of such a body is not read: the connection ends with the answer.
const fn too_large() -> Problem {
    Problem::new(ErrorCode::PayloadTooLarge).closing()
}

fn is_gzipped(request: &HttpRequest) -> Result<bool, Problem> {
    let mut encodings = request.headers().get_all(header::CONTENT_ENCODING);
    match (encodings.next().map(|encoding| encoding.as_bytes().to_ascii_lowercase()), encodings.next()) {
        (None, _) => Ok(false),
        (Some(encoding), None) if encoding == b"identity" => Ok(false),
        (Some(encoding), None) if encoding == b"gzip" || encoding == b"x-gzip" => Ok(true),
        (Some(_), _) => Err(Problem::new(ErrorCode::UnsupportedMediaType)),
    }
}

/// `application/json`, once, in UTF-8 if it names a charset.
fn is_json(request: &HttpRequest) -> bool {
    let mut types = request.headers().get_all(header::CONTENT_TYPE);
    let (Some(first), None) = (types.next(), types.next()) else { return false };
    let Ok(text) = first.to_str() else { return false };
    let mut parts = text.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.filter(|parameter| !parameter.is_empty()).all(|parameter| {
            parameter.split_once('=').is_some_and(|(name, value)| {
                !name.eq_ignore_ascii_case("charset") || value.trim_matches('"').eq_ignore_ascii_case("utf-8")
            })
        })
}
