//! `POST /api/v1/pos/payments/{reference}/cancel`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::Cancellation;

use crate::auth::Right;
use crate::http::dto::StatusBody;
use crate::http::reply;
use crate::problem::Problem;
use crate::state::State;

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
