//! The outermost layer: gives every request its id and tongue, renders every problem, sets the headers
//! that every answer carries, counts, and contains panics.

use std::cell::LazyCell;
use std::fmt;

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse, ResponseError};
use tokio::time::Instant;
use tracing::Span;
use tracing::field::Empty;
use tracing_actix_web::RootSpanBuilder;
use tracing_opentelemetry::OpenTelemetrySpanExt;

use super::routes::{Routed, called};
use super::{counted, headers};
use crate::language::Language;
use crate::problem::catalogue::ErrorCode;
use crate::problem::{Problem, Told};
use crate::state::State;
use crate::tasks::fence;
use crate::telemetry::trace_of;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// To whom answers to this request are told.
pub(super) fn told(request: &HttpRequest) -> Told {
    request
        .extensions()
        .get::<Told>()
        .cloned()
        .unwrap_or_else(|| Told { language: Language::default(), request_id: String::new() })
}

/// Wraps everything; see the module.
pub(crate) async fn envelope<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let since = Instant::now();
    let told =
        Told { language: headers::language(request.headers()), request_id: headers::request_id(request.headers()) };
    request.extensions_mut().insert(told.clone());
    let state = request.app_data::<Data<State>>().cloned();
    let _under_way = state.as_ref().map(|state| state.drain.enter());
    let answered = match fence("a request", next.call(request)).await {
        Ok(Ok(answer)) => {
            let answer = answer.map_into_boxed_body();
            match answer.response().error().map(problem_of) {
                Some(problem) => answer.into_response(problem.render(&told)),
                None => answer,
            }
        }
        Ok(Err(error)) => return Err(Final { problem: problem_of(&error), told }.into()),
        Err(panicked) => return Err(Final { problem: Problem::from(panicked).closing(), told }.into()),
    };
    let closing = state.is_some_and(|state| state.tasks.shutdown().is_cancelled());
    Ok(finished(answered, &told, since, closing))
}

/// A problem whose request is gone: all that there is to tell comes with it.
#[derive(Debug)]
struct Final {
    problem: Problem,
    told: Told,
}

impl fmt::Display for Final {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.problem, f)
    }
}

impl ResponseError for Final {
    fn status_code(&self) -> StatusCode {
        self.problem.status_code()
    }

    fn error_response(&self) -> HttpResponse {
        let mut answer = self.problem.render(&self.told);
        set_common_headers(answer.headers_mut(), &self.told);
        answer
    }
}

/// Sets what every answer carries.
fn finished(
    mut answer: ServiceResponse<BoxBody>,
    told: &Told,
    since: Instant,
    closing: bool,
) -> ServiceResponse<BoxBody> {
    let route = answer.request().app_data::<Routed>().map_or("none", |Routed(path)| path);
    counted::count(route, answer.request().method(), answer.status(), since.elapsed());
    set_common_headers(answer.headers_mut(), told);
    if closing {
        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    answer
}

fn set_common_headers(fields: &mut HeaderMap, told: &Told) {
    if let Ok(id) = HeaderValue::from_str(&told.request_id) {
        fields.insert(REQUEST_ID, id);
    }
    fields.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if !fields.contains_key(header::CACHE_CONTROL) {
        fields.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// Our own problems as they are; errors of the framework by their status.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    let code = match error.as_response_error().status_code() {
        StatusCode::NOT_FOUND => ErrorCode::NotFound,
        StatusCode::PAYLOAD_TOO_LARGE => ErrorCode::PayloadTooLarge,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => ErrorCode::UnsupportedMediaType,
        status if status.is_client_error() => ErrorCode::MalformedJson,
        status => {
            tracing::error!(status = status.as_u16(), "unforeseen: {error}");
            ErrorCode::Internal
        }
    };
    Problem::new(code)
}

/// The span of a request: its route and id, never its path, which may hold a token of the pay page.
pub(crate) struct RequestSpan;

impl RootSpanBuilder for RequestSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        // Before it is routed that takes a search, which is made for nothing where the span is not.
        let route =
            LazyCell::new(|| request.match_pattern().map_or_else(|| "none".to_owned(), |of| called(&of).to_owned()));
        let span = tracing::info_span!(
            "request",
            "otel.name" = format!("{} {}", request.method(), *route),
            "otel.kind" = "server",
            method = %request.method(),
            route = route.as_str(),
            request_id = told(request.request()).request_id,
            payment_id = Empty,
            status = Empty,
        );
        // Where nobody gathers traces there is nothing to belong to.
        let _gathered = span.set_parent(trace_of(request.headers()));
        span
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        let status = match outcome {
            Ok(answer) => answer.status(),
            Err(error) => error.as_response_error().status_code(),
        };
        span.record("status", status.as_u16());
        let _in_span = span.enter();
        tracing::debug!(status = status.as_u16(), "answered {}", status.as_u16());
    }
}
