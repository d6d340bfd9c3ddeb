//! Why something is done, for the history of what it is done to. Nobody has to say so.

use actix_web::HttpRequest;
use actix_web::web::Payload;
use mstore_pay_domain::reason::Reason;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{Object, ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::cards::refuse_card_data;
use super::fields::Fields;
use super::{body, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;

/// The field that says it.
const REASON: &str = "reason";
/// Text without control characters, of which one at least is no space.
const NOT_BLANK: &str = "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$";

/// Why it is done.
pub(super) struct ReasonRequest;

impl PartialSchema for ReasonRequest {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().property(REASON, field()).build().into()
    }
}

impl ToSchema for ReasonRequest {}

/// The field, for the document.
pub(super) fn field() -> Object {
    schema::optional(schema::text(Reason::CHARS_MAX, Some(NOT_BLANK)))
}

/// What a request says of why; it need not have a body.
pub(super) async fn of_request(request: &HttpRequest, payload: Payload) -> Result<Option<Reason>, Problem> {
    let Some(object) = body::any_json(request, payload).await? else { return Ok(None) };
    let mut fields = Fields::of(&object);
    refuse_card_data(&object, &mut fields);
    let reason = among(&mut fields);
    fields.finish(Some(reason))
}

/// What is said of why among other things.
pub(super) fn among(fields: &mut Fields<'_>) -> Option<Reason> {
    let line = fields.line(REASON, Reason::CHARS_MAX)?;
    Reason::parse(line).map_err(|_blank| fields.refuse(ErrorCode::InvalidField, REASON, "must not be blank")).ok()
}
