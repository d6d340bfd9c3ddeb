//! `GET /api/v1/pos/payments/{reference}/events`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::auth::Right;
use crate::http::dto::StatusBody;
use crate::http::sse;
use crate::problem::Problem;
use crate::state::State;

/// Follow a payment
#[utoipa::path(
    get,
    path = "/api/v1/pos/payments/{reference}/events",
    tag = "payments",
    params(
        ("reference" = String, Path, description = "The payment_id, or the provider's id of any of its charges."),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that was heard."),
    ),
    responses(
        (status = 200, description = "`event: payment`, `id` its revision, `data` as a GET has it; a comment every 15 s.",
            body = String, content_type = "text/event-stream"),
        (status = 204, description = "It is over, and that was heard: stay away."),
        (status = 404),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn events(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let reference = super::reference(&request);
    let links = state.links.clone();
    sse::follow(&state, &request, caller.scope, reference, move |view| {
        serde_json::to_string(&StatusBody::of(view, &links)).unwrap_or_default()
    })
    .await
}
