//! Payments: one verb, one file.

pub(super) mod cancel;
pub(super) mod create;
pub(super) mod events;
pub(super) mod get;
pub(super) mod list;
mod request;
pub(super) mod simulate;
pub(super) mod timeline;

pub(super) use cancel::cancel;
pub(super) use create::create;
pub(super) use events::events;
pub(super) use get::get;
pub(super) use list::{ITEMS_MAX, list};
pub(super) use simulate::simulate;
pub(super) use timeline::timeline;

#[cfg(any(test, fuzzing))]
pub(crate) use request::fuzzing::create_body;

use actix_web::HttpRequest;

/// What the path calls the payment.
pub(super) fn reference(request: &HttpRequest) -> String {
    request.match_info().get("reference").unwrap_or_default().to_owned()
}
