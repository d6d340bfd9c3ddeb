//! `GET /api/v1/pos/payments/{reference}`

use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::WaitFor;

use crate::auth::Right;
use crate::http::dto::StatusBody;
use crate::http::reply::Envelope;
use crate::http::{headers, reply};
use crate::problem::Problem;
use crate::state::State;

/// Longest wait, in seconds.
const WAIT_SECONDS_MAX: u64 = 30;

/// Ask where a payment stands
#[utoipa::path(
    get,
    path = "/api/v1/pos/payments/{reference}",
    tag = "payments",
    params(
        ("reference" = String, Path, description = "The payment_id, or the provider's id of any of its charges."),
        ("wait" = Option<u64>, Query, minimum = 1, maximum = 30,
            description = "Seconds to wait for a change at most."),
        ("If-None-Match" = Option<String>, Header, description = "The ETag that the till has."),
    ),
    responses(
        (status = 200, description = "Where it stands.", body = Envelope<StatusBody>,
            headers(("ETag" = String, description = "Its revision."))),
        (status = 304, description = "Nothing changed.", headers(("ETag" = String, description = "Its revision."))),
        (status = 404), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn get(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let reference = super::reference(&request);
    let (wait, seen) = (wait_of(request.query_string())?, headers::seen_revision(&request));
    let gateway = &state.gateway;
    let view = match wait {
        None => gateway.status(&caller.scope, &reference).await?,
        Some(at_most) => {
            // Apart, so that whoever does not wait carries no room for it.
            let wait = Box::pin(gateway.wait(&caller.scope, &reference, WaitFor { at_most, seen }));
            match state.tasks.shutdown().run_until_cancelled(wait).await {
                Some(view) => view?,
                // The process is ending: better the state of now than none.
                None => gateway.status(&caller.scope, &reference).await?,
            }
        }
    };
    let revision = view.payment.revision;
    let mut answer = if seen == Some(revision) {
        HttpResponse::new(StatusCode::NOT_MODIFIED)
    } else {
        reply::data(StatusCode::OK, &StatusBody::of(&view, &state.links))
    };
    if let Ok(tag) = header::HeaderValue::from_str(&headers::etag(revision)) {
        answer.headers_mut().insert(header::ETAG, tag);
    }
    Ok(answer)
}

/// `wait=1..30`, in seconds; other parameters change nothing.
fn wait_of(query: &str) -> Result<Option<Duration>, Problem> {
    let wait = url::form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "wait");
    let Some((_, text)) = wait else { return Ok(None) };
    match text.parse() {
        Ok(seconds @ 1..=WAIT_SECONDS_MAX) => Ok(Some(Duration::from_secs(seconds))),
        Ok(_) | Err(_) => Err(Problem::field("?wait", "must be 1 to 30 seconds")),
    }
}
