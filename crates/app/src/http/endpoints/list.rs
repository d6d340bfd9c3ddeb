//! `GET /api/v1/endpoints`, `GET /api/v1/endpoints/{endpoint}`

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::ToSchema;

use super::body::{EndpointBody, HistoryBody};
use super::named;
use crate::auth::Right;
use crate::http::reply;
use crate::http::reply::Envelope;
use crate::problem::Problem;
use crate::state::State;

#[derive(Serialize, ToSchema)]
#[schema(as = EndpointList)]
struct ListBody {
    items: Vec<EndpointBody>,
}

/// List one's own endpoints
///
/// Of a branch, where the token is bound to one.
#[utoipa::path(
    get,
    path = "/api/v1/endpoints",
    tag = "endpoints",
    operation_id = "list_endpoints",
    responses((status = 200, description = "All of them, oldest first, without their secrets.", body = Envelope<ListBody>)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::KeepAccounts)?;
    let endpoints = state.endpoints.list(&caller.scope).await?;
    let items = endpoints.iter().map(EndpointBody::of).collect();
    Ok(reply::data(StatusCode::OK, &ListBody { items }))
}

/// Look at an endpoint, and at what was done to it
#[utoipa::path(
    get,
    path = "/api/v1/endpoints/{endpoint}",
    tag = "endpoints",
    operation_id = "read_endpoint",
    params(("endpoint" = String, Path, description = "Our name for the endpoint.")),
    responses((status = 200, description = "The endpoint.", body = Envelope<HistoryBody>), (status = 404)),
    security(("bearer" = [])),
)]
pub(crate) async fn read(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::KeepAccounts)?;
    let (endpoint, notes) = state.endpoints.read(&caller.scope, &named(&request)?).await?;
    Ok(reply::data(StatusCode::OK, &EndpointBody::of(&endpoint).with_history(notes)))
}
