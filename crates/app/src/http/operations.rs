//! What operators ask: whether we live, whether we can serve, how much of what happened.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::reply;
use crate::pages::problem::{problem_index, problem_page};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::readiness::LineState;
use crate::state::State;
use crate::telemetry;

#[derive(Serialize)]
struct Ready {
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    providers: Option<Vec<Line>>,
}

#[derive(Serialize)]
struct Line {
    provider: &'static str,
    account: String,
    operation: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'static str>,
    breaker: &'static str,
}

/// `GET /healthz`: the process answers.
pub(crate) async fn healthz() -> HttpResponse {
    reply::message("OK")
}

/// `GET /readyz`: the store can serve; `?verbose` adds how the lines to providers stand.
pub(crate) async fn readyz(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    if state.tasks.shutdown().is_cancelled() {
        return Err(Problem::new(ErrorCode::StoreUnavailable).saying("the process is ending"));
    }
    state.readiness.store().await?;
    let verbose = url::form_urlencoded::parse(request.query_string().as_bytes()).any(|(name, _)| name == "verbose");
    let providers = verbose.then(|| state.readiness.lines().into_iter().map(Line::from).collect());
    Ok(reply::data(StatusCode::OK, &Ready { status: "ready", providers }))
}

/// `GET /metrics`: in the text format of Prometheus.
pub(crate) async fn metrics() -> HttpResponse {
    HttpResponse::Ok()
        .insert_header(("content-type", "text/plain; version=0.0.4; charset=utf-8"))
        .body(telemetry::metrics().render())
}

/// `GET /problems`: every error there is.
pub(crate) async fn problems() -> HttpResponse {
    reply::page(StatusCode::OK, problem_index())
}

/// `GET /problems/{code}`: what an error means and what to do about it.
pub(crate) async fn problem(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let code = request.match_info().get("code").unwrap_or_default();
    let code: ErrorCode = code.parse().map_err(|_unknown| Problem::new(ErrorCode::NotFound))?;
    Ok(reply::page(StatusCode::OK, problem_page(code)))
}

impl From<LineState> for Line {
    fn from(line: LineState) -> Self {
        Self {
            provider: mstore_pay_xendit::XenditConfig::ID,
            account: line.account,
            operation: line.operation,
            method: line.method,
            breaker: line.state,
        }
    }
}
