//! `POST /api/v1/endpoints/{endpoint}/disable`, `.../enable`

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::endpoint::EndpointState;
use mstore_pay_domain::endpoints::SwitchEndpoint;

use super::body::EndpointBody;
use super::named;
use crate::auth::Right;
use crate::http::reason::ReasonRequest;
use crate::http::reply::Envelope;
use crate::http::{reason, reply};
use crate::problem::Problem;
use crate::state::State;

/// Tell an endpoint nothing
#[utoipa::path(
    post,
    path = "/api/v1/endpoints/{endpoint}/disable",
    tag = "endpoints",
    operation_id = "disable_endpoint",
    params(("endpoint" = String, Path, description = "Our name for the endpoint.")),
    request_body(content = Option<ReasonRequest>),
    responses(
        (status = 200, description = "It is disabled.", body = Envelope<EndpointBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn disable(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    switch(&state, &request, payload, EndpointState::Disabled).await
}

/// Tell an endpoint again, and first what it missed
///
/// What happened while it was out of use comes too, as long as that is kept (`SETTLED_RETENTION_DAYS`).
#[utoipa::path(
    post,
    path = "/api/v1/endpoints/{endpoint}/enable",
    tag = "endpoints",
    operation_id = "enable_endpoint",
    params(("endpoint" = String, Path, description = "Our name for the endpoint.")),
    request_body(content = Option<ReasonRequest>),
    responses(
        (status = 200, description = "It is enabled.", body = Envelope<EndpointBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn enable(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    switch(&state, &request, payload, EndpointState::Enabled).await
}

async fn switch(
    state: &Data<State>,
    request: &HttpRequest,
    payload: Payload,
    to: EndpointState,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(request, Right::KeepAccounts)?;
    let id = named(request)?;
    let reason = reason::of_request(request, payload).await?;
    let actor = caller.actor();
    let asked = SwitchEndpoint { scope: caller.scope, id, state: to, actor, reason };
    let desk = state.endpoints.clone();
    let switching = async move { desk.switch(&asked).await };
    let endpoint = state.tasks.run("switching an endpoint", switching).await??;
    Ok(reply::data(StatusCode::OK, &EndpointBody::of(&endpoint)))
}
