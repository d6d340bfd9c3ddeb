//! `POST /api/v1/transactions/{code}/sync`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use super::code_of;
use crate::auth::Right;
use crate::http::dto::OrderBody;
use crate::http::reply;
use crate::http::reply::Envelope;
use crate::problem::Problem;
use crate::state::State;

/// Post a paid order to the books
#[utoipa::path(
    post,
    path = "/api/v1/transactions/{code}/sync",
    tag = "orders",
    operation_id = "post_order",
    params(("code" = String, Path, description = "The order's code.")),
    responses(
        (status = 200, description = "It is posted, now or before.", body = Envelope<OrderBody>),
        (status = 404), (status = 409),
    ),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn post(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Sell)?;
    let (code, actor, scope) = (code_of(&request)?, caller.actor(), caller.scope);
    let gateway = Arc::clone(&state.gateway);
    let posting = async move { gateway.post_order(&scope, &code, &actor).await };
    let order = state.tasks.run("posting an order", posting).await??;
    Ok(reply::data(StatusCode::OK, &OrderBody::of(&order)))
}
