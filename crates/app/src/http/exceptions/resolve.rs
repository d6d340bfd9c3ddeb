//! `POST /api/v1/pos/exceptions/{exception}/resolve`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{ExceptionReach, ResolveException};
use mstore_pay_domain::reason::{Reason, ResolutionWord};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::{Item, item};
use crate::auth::Right;
use crate::http::cards::refuse_card_data;
use crate::http::envelope::told;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, reply, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// What became of the money, in a word of the shop's own (`accept`, `refund`, ...), and why.
struct ResolveExceptionRequest;

impl PartialSchema for ResolveExceptionRequest {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("resolution", schema::text(ResolutionWord::BYTES_MAX, Some("^[a-z_]+$")))
            .property("reason", schema::text(Reason::CHARS_MAX, Some(schema::ONE_LINE)))
            .required("resolution")
            .required("reason")
            .build()
            .into()
    }
}

impl ToSchema for ResolveExceptionRequest {}

/// Resolve an exception
///
/// The owner says what became of money that does not fit, and why. Who said so is kept, on the record of its payment and on
/// that of the merchant.
#[utoipa::path(
    post,
    path = "/api/v1/pos/exceptions/{exception}/resolve",
    tag = "exceptions",
    operation_id = "resolve_exception",
    params(("exception" = String, Path, description = "The id.")),
    request_body = ResolveExceptionRequest,
    responses(
        (status = 200, description = "It is resolved so, now or before.", body = Envelope<Item>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn resolve(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Own)?;
    let id = request.match_info().get("exception").and_then(|id| id.parse().ok());
    let exception = id.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let (object, _) = body::json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    refuse_card_data(&object, &mut fields);
    let resolution =
        fields.line("resolution", ResolutionWord::BYTES_MAX).and_then(|word| ResolutionWord::parse(word).ok());
    if resolution.is_none() {
        fields.refuse(ErrorCode::InvalidField, "resolution", "must be a word of a to z and _");
    }
    let reason = fields.line("reason", Reason::CHARS_MAX).and_then(|reason| Reason::parse(reason).ok());
    if reason.is_none() {
        fields.refuse(ErrorCode::InvalidField, "reason", "is required");
    }
    let (resolution, reason) = fields.finish(resolution.zip(reason))?;
    let reach = ExceptionReach::Of(caller.scope);
    let resolve = ResolveException { user: caller.user, reach, exception, resolution, reason };
    let gateway = Arc::clone(&state.gateway);
    let resolving = async move { gateway.resolve_exception(&resolve).await };
    let resolved = state.tasks.run("resolving an exception", resolving).await??;
    Ok(reply::data(StatusCode::OK, &item(&resolved, told(&request).language)))
}
