//! `POST /api/v1/pos/payments`

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{CreateError, CreatePayment, Created, IdempotentRequest};
use mstore_pay_domain::idempotency::StoredAnswer;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::payment::{Payment, PaymentDetails};
use tokio::time::Instant;

use super::request::CreateRequest;
use crate::auth::Right;
use crate::http::dto::CreatedBody;
use crate::http::envelope::told;
use crate::http::idempotency::{Answers, fingerprint};
use crate::http::reply::Envelope;
use crate::http::{Links, body, headers, reply};
use crate::limits::Till;
use crate::problem::Problem;
use crate::state::State;

/// What keys are scoped to, beside the merchant.
const ROUTE: &str = "POST /api/v1/pos/payments";
/// When somebody who got a 202 asks first.
const POLL_AFTER: Duration = Duration::from_secs(2);

/// Open a payment
///
/// Sent again, with or without a key, it opens nothing twice. For OVO the customer's phone is needed.
#[utoipa::path(
    post,
    path = "/api/v1/pos/payments",
    tag = "payments",
    params(
        ("Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255, pattern = "^[!-~]+$",
            description = "Repeats the answer of the first request under it, for 24 hours."),
        ("X-Device-ID" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$",
            description = "The till."),
    ),
    request_body = CreateRequest,
    responses(
        (status = 200, description = "It is on display; or the answer of before.", body = Envelope<CreatedBody>,
            headers(("Idempotent-Replayed" = Option<String>, description = "`true` on the answer of before."))),
        (status = 202, description = "What the provider did is not known yet: ask at Location.",
            body = Envelope<CreatedBody>,
            headers(("Location" = String, description = "Where to ask."),
                ("Retry-After" = u64, description = "Seconds until then."))),
        (status = 400), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn create(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Sell)?;
    let key = headers::idempotency_key(request.headers())?;
    let device = headers::device(request.headers())?;
    let (object, text) = body::json(&request, payload).await?;
    let asked = CreateRequest::take(&object)?;
    let device = asked.details.device.clone().or(device);
    let till = device.clone().map_or_else(|| Till::User(caller.user.clone()), Till::Device);
    state.limits.create(&caller.scope.merchant, till)?;
    let fingerprint = fingerprint(ROUTE, &text, &asked.amount);
    let idempotency = key.map(|key| IdempotentRequest { key, fingerprint });
    let command = CreatePayment {
        actor: caller.actor(),
        scope: caller.scope,
        order_code: asked.order_code,
        method: asked.method,
        amount: asked.amount,
        details: PaymentDetails { device, ..asked.details },
        expires_in: asked.expires_in,
        card_token: asked.card_token,
        idempotency,
        switch_confirmed: asked.switch_confirmed,
    };
    let answers = Answers { links: state.links.clone(), told: told(&request) };
    let gateway = Arc::clone(&state.gateway);
    let opening = async move { Box::pin(gateway.create(&command, &answers)).await };
    let (method, since) = (asked.method, Instant::now());
    let created = state.tasks.run("opening a payment", opening).await?;
    count(method, &created, since);
    Ok(match created? {
        Created::Open(payment) => reply::data(StatusCode::OK, &CreatedBody::of(&payment, &state.links)),
        Created::Accepted(payment) => accepted(&payment, &state.links),
        Created::Replayed(answer) => replayed(answer),
    })
}

/// Counts and times what came of a create. Whoever was not asked for it is not named.
fn count(method: Method, created: &Result<Created, CreateError>, since: Instant) {
    let (result, payment) = match created {
        Ok(Created::Open(payment)) => ("open", Some(payment)),
        Ok(Created::Accepted(payment)) => ("accepted", Some(payment)),
        Ok(Created::Replayed(_)) => ("replayed", None),
        Err(CreateError::Refused(_)) => ("declined", None),
        Err(CreateError::Unavailable { .. }) => ("unavailable", None),
        Err(CreateError::Store(_)) => ("failed", None),
        Err(_) => ("refused", None),
    };
    if let Some(payment) = payment {
        tracing::Span::current().record("payment_id", payment.id.to_string());
    }
    let charge = payment.and_then(|payment| payment.shown_charge().or(payment.charges.last()));
    let provider = charge.map_or_else(|| "none".to_owned(), |charge| charge.provider.to_string());
    metrics::counter!(
        "mstore_pay_creates_total", "provider" => provider.clone(), "method" => method.code(), "result" => result
    )
    .increment(1);
    metrics::histogram!("mstore_pay_create_seconds", "provider" => provider, "result" => result)
        .record(since.elapsed());
}

fn accepted(payment: &Payment, links: &Links) -> HttpResponse {
    let mut answer = reply::data(StatusCode::ACCEPTED, &CreatedBody::of(payment, links));
    let fields = answer.headers_mut();
    if let Ok(location) = header::HeaderValue::from_str(&Links::location(&payment.id)) {
        fields.insert(header::LOCATION, location);
    }
    fields.insert(header::RETRY_AFTER, header::HeaderValue::from(POLL_AFTER.as_secs()));
    answer
}

/// The answer of before, to the byte.
fn replayed(answer: StoredAnswer) -> HttpResponse {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    HttpResponse::build(status)
        .insert_header((header::CONTENT_TYPE, kind))
        .insert_header(("idempotent-replayed", "true"))
        .body(answer.body)
}
