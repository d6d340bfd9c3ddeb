//! `POST /api/v1/pos/offline/conflicts/{conflict}/resolve`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{ConflictReach, ResolveConflict};
use mstore_pay_domain::offline::Resolution;
use mstore_pay_domain::reason::Reason;
use serde_json::value::RawValue;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::item;
use super::item::NAMED_CHARS_MAX;
use super::list::ConflictBody;
use crate::auth::Right;
use crate::http::cards::refuse_card_data;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, headers, reply, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// What becomes of a conflict, and why.
struct ResolveRequest;

impl PartialSchema for ResolveRequest {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .property("resolution", schema::words(Resolution::ALL.map(Resolution::word)))
            .property("reason", schema::text(Reason::CHARS_MAX, Some(schema::ONE_LINE)))
            .property("payment_id", schema::optional(schema::text(NAMED_CHARS_MAX, Some(schema::ONE_LINE))))
            .required("resolution")
            .required("reason")
            .build()
            .into()
    }
}

impl ToSchema for ResolveRequest {}

/// Resolve a conflict
///
/// A cashier resolves those of their own till, named by `X-Device-ID`; the owner resolves any. Who did, and why, is kept.
/// Where it is in doubt which payment a till means, `payment_id` says so, by any of its ids.
#[utoipa::path(
    post,
    path = "/api/v1/pos/offline/conflicts/{conflict}/resolve",
    tag = "offline",
    operation_id = "resolve_conflict",
    params(
        ("conflict" = String, Path, description = "The conflict_id."),
        ("X-Device-ID" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$",
            description = "The till."),
    ),
    request_body = ResolveRequest,
    responses(
        (status = 200, description = "It is resolved so, now or before.", body = Envelope<ConflictBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn resolve(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Sell)?;
    let till = headers::device(request.headers())?;
    let reach = if caller.rights.allow(Right::Own) { ConflictReach::AnyTill } else { ConflictReach::OwnTill(till) };
    let id = request.match_info().get("conflict").and_then(|id| id.parse().ok());
    let id = id.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    let (object, _) = body::json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    refuse_card_data(&object, &mut fields);
    let resolution = fields.required_text("resolution").and_then(|text| match text.parse::<Resolution>() {
        Ok(resolution) => Some(resolution),
        Err(_unknown) => {
            fields.refuse(ErrorCode::InvalidField, "resolution", "must be keep_server, keep_local or merge");
            None
        }
    });
    let reason = fields.line("reason", Reason::CHARS_MAX).and_then(|reason| Reason::parse(reason).ok());
    let payment = fields.line("payment_id", NAMED_CHARS_MAX);
    if reason.is_none() {
        fields.refuse(ErrorCode::InvalidField, "reason", "is required");
    }
    let (resolution, reason) = fields.finish(resolution.zip(reason))?;
    let found = state.gateway.read_conflict(&caller.scope, &id).await?;
    let conflict = found.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    // It was parsed before it was kept.
    let kept = RawValue::from_string(conflict.local_json).map_err(|_rotten| Problem::new(ErrorCode::Internal))?;
    let item = item::take_again(conflict.kind, &kept).item.map_err(|_rotten| Problem::new(ErrorCode::Internal))?;
    let (scope, user) = (caller.scope, caller.user);
    let resolve = ResolveConflict { scope, user, reach, conflict: id, resolution, reason, payment, item };
    let gateway = Arc::clone(&state.gateway);
    let resolving = async move { gateway.resolve_conflict(&resolve).await };
    let resolved = state.tasks.run("resolving a conflict", resolving).await??;
    Ok(reply::data(StatusCode::OK, &ConflictBody::of(&resolved)))
}
