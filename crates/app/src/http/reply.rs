//! The envelope of what went well.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::ContentType;
use maud::Markup;
use serde::Serialize;
use utoipa::ToSchema;

use crate::pages::page_headers;

/// What went well: the status once more, and what was asked for.
#[derive(Serialize, ToSchema)]
pub(super) struct Envelope<T> {
    /// The HTTP status.
    code: u16,
    data: T,
}

/// What went well and has no data.
#[derive(Serialize, ToSchema)]
pub(super) struct Message {
    /// The HTTP status.
    code: u16,
    #[schema(value_type = String)]
    message: &'static str,
}

/// The bytes of `{"code": .., "data": ..}`.
pub(super) fn data_bytes(status: StatusCode, data: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(&Envelope { code: status.as_u16(), data }).unwrap_or_default()
}

/// An answer with data.
pub(super) fn data(status: StatusCode, data: &impl Serialize) -> HttpResponse {
    bytes(status, data_bytes(status, data))
}

/// An answer of JSON bytes.
pub(super) fn bytes(status: StatusCode, body: Vec<u8>) -> HttpResponse {
    HttpResponse::build(status).insert_header(ContentType::json()).body(body)
}

/// An answer of one sentence.
pub(super) fn message(text: &'static str) -> HttpResponse {
    let body = serde_json::to_vec(&Message { code: StatusCode::OK.as_u16(), message: text });
    bytes(StatusCode::OK, body.unwrap_or_default())
}

/// A page for people.
pub(super) fn page(status: StatusCode, page: Markup) -> HttpResponse {
    let mut answer = HttpResponse::build(status);
    answer.insert_header(ContentType::html());
    for header in page_headers() {
        answer.insert_header(header);
    }
    answer.body(page.into_string())
}
