//! `POST /api/v1/pos/payments/{reference}/cancel`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::Cancellation;

use crate::auth::Right;
use crate::http::dto::StatusBody;
use crate::http::reply;
use crate::http::reply::Envelope;
use crate::problem::Problem;
use crate::state::State;

/// Cancel a payment
#[utoipa::path(
    post,
    path = "/api/v1/pos/payments/{reference}/cancel",
    tag = "payments",
    params(("reference" = String, Path, description = "The payment_id, or the provider's id of any of its charges.")),
    responses(
        (status = 200, description = "`cancellation`: `confirmed` or `unsupported`.", body = Envelope<StatusBody>),
        (status = 202, description = "`cancellation`: `requested`.", body = Envelope<StatusBody>),
        (status = 404), (status = 409),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn cancel(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Sell)?;
    let (reference, actor) = (super::reference(&request), caller.actor());
    let gateway = Arc::clone(&state.gateway);
    let cancelling = async move { Box::pin(gateway.cancel(&caller.scope, &reference, &actor)).await };
    let cancelled = state.tasks.run("cancelling a payment", cancelling).await??;
    let (status, word) = match cancelled.cancellation {
        Cancellation::Confirmed => (StatusCode::OK, "confirmed"),
        Cancellation::Requested => (StatusCode::ACCEPTED, "requested"),
        Cancellation::Unsupported => (StatusCode::OK, "unsupported"),
    };
    let view = state.gateway.view(cancelled.payment).await?;
    Ok(reply::data(status, &StatusBody::of(&view, &state.links).cancelled(word)))
}
