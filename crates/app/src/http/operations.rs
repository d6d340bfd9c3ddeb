//! What operators ask: whether we live, whether we can serve, how much of what happened.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::Schema;
use utoipa::{PartialSchema, ToSchema};

use super::reply::{self, Envelope, Message};
use super::{openapi, schema};
use crate::pages::docs::docs_page;
use crate::pages::problem::{problem_index, problem_page};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::readiness::LineState;
use crate::state::State;
use crate::telemetry;

#[derive(Serialize, ToSchema)]
struct Ready {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    providers: Option<Vec<Line>>,
}

#[derive(Serialize, ToSchema)]
struct Line {
    provider: &'static str,
    account: String,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    breaker: &'static str,
}

/// Ask whether the process answers
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "operations",
    responses((status = 200, description = "It does.", body = Message)),
)]
pub(crate) async fn healthz() -> HttpResponse {
    reply::message("OK")
}

/// Ask whether the store can serve
///
/// `?verbose` adds how the lines to providers stand.
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "operations",
    params(("verbose" = Option<String>, Query, description = "Given: with the lines to providers.")),
    responses((status = 200, description = "It can.", body = Envelope<Ready>)),
)]
pub(crate) async fn readyz(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if state.tasks.shutdown().is_cancelled() {
        return Err(Problem::new(ErrorCode::StoreUnavailable).saying("the process is ending"));
    }
    state.readiness.store().await?;
    let verbose = url::form_urlencoded::parse(request.query_string().as_bytes()).any(|(name, _)| name == "verbose");
    let providers = verbose.then(|| state.readiness.lines().into_iter().map(Line::from).collect());
    Ok(reply::data(StatusCode::OK, &Ready { status: "ready", providers }))
}

/// Read the metrics
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operations",
    responses((status = 200, description = "In the text format of Prometheus.", body = String, content_type = "text/plain")),
)]
pub(crate) async fn metrics() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("content-type", "text/plain; version=0.0.4; charset=utf-8"))
        .body(telemetry::metrics().render())
}

/// Read which errors there are
#[utoipa::path(
    get,
    path = "/problems",
    tag = "errors",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn problems() -> HttpResponse {
    reply::page(StatusCode::OK, problem_index())
}

/// Read what an error means
#[utoipa::path(
    get,
    path = "/problems/{code}",
    tag = "errors",
    params(("code" = String, Path, description = "The `error_code`.")),
    responses((status = 200, description = "A page.", body = String, content_type = "text/html"), (status = 404)),
)]
pub(crate) async fn problem(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let code = request.match_info().get("code").unwrap_or_default();
    let code: ErrorCode = code.parse().map_err(|_unknown| Problem::new(ErrorCode::NotFound))?;
    Ok(reply::page(StatusCode::OK, problem_page(code)))
}

/// Read this document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "operations",
    responses((status = 200, description = "OpenAPI 3.1.", body = OpenApiDocument)),
)]
pub(crate) async fn openapi() -> HttpResponse {
    reply::bytes(StatusCode::OK, openapi::JSON.as_bytes().to_vec())
}

/// Read this document as a page
#[utoipa::path(
    get,
    path = "/docs",
    tag = "operations",
    responses((status = 200, description = "A page.", body = String, content_type = "text/html")),
)]
pub(crate) async fn docs() -> HttpResponse {
    reply::page(StatusCode::OK, docs_page(&openapi::document()))
}

/// The document about itself.
struct OpenApiDocument;

impl PartialSchema for OpenApiDocument {
    fn schema() -> RefOr<Schema> {
        schema::object().into()
    }
}

impl ToSchema for OpenApiDocument {}

impl From<LineState> for Line {
    fn from(line: LineState) -> Self {
        Self {
            provider: line.provider,
            account: line.account,
            operation: line.operation,
            method: line.method,
            breaker: line.state,
        }
    }
}
