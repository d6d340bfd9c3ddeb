//! The pay page and what belongs to it: for customers, by a link instead of a token of ours.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{PaymentView, Scope};
use serde::Serialize;

use super::envelope::told;
use super::{qr, reply, sse};
use crate::pages::notice::{link_over_page, return_page};
use crate::pages::pay::PayPage;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// What a customer's page is told of a change.
#[derive(Serialize)]
struct Change {
    status: &'static str,
}

/// What the customer sees
#[utoipa::path(
    get,
    path = "/pay/{token}",
    tag = "pay page",
    params(("token" = String, Path, description = "What the link of the page ends with.")),
    responses(
        (status = 200, description = "What the customer pays by.", body = String, content_type = "text/html"),
        (status = 404, description = "The link is over.", body = String, content_type = "text/html"),
    ),
)]
pub(crate) async fn page(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let language = told(&request).language;
    let Ok((scope, payment)) = opened(&state, &request) else {
        return Ok(reply::page(StatusCode::NOT_FOUND, link_over_page(language)));
    };
    let view = state.gateway.status(&scope, &payment).await?;
    let token = request.match_info().get("token").unwrap_or_default();
    let page =
        PayPage::of(&view, state.gateway.ports().clock.now(), language).counting(|left| state.clock.real_time(left));
    Ok(reply::page(StatusCode::OK, page.html(token)))
}

/// Where a provider's page sends the customer
#[utoipa::path(
    get,
    path = "/pay/return",
    tag = "pay page",
    responses((status = 200, description = "Back to the till.", body = String, content_type = "text/html")),
)]
pub(crate) async fn back(request: HttpRequest) -> HttpResponse {
    reply::page(StatusCode::OK, return_page(told(&request).language))
}

/// What a customer scans, as a picture on the page (SVG)
#[utoipa::path(
    get,
    path = "/pay/{token}/qr.svg",
    tag = "pay page",
    params(("token" = String, Path, description = "What the link of the page ends with.")),
    responses((status = 200, description = "A picture.", body = String, content_type = "image/svg+xml"), (status = 404)),
)]
pub(crate) async fn svg(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    qr::svg_of(&state, &view(&state, &request).await?)
}

/// What a customer scans, as a picture on the page (PNG)
#[utoipa::path(
    get,
    path = "/pay/{token}/qr.png",
    tag = "pay page",
    params(("token" = String, Path, description = "What the link of the page ends with.")),
    responses((status = 200, description = "A picture.", body = Vec<u8>, content_type = "image/png"), (status = 404)),
)]
pub(crate) async fn png(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    qr::png_of(&state, &view(&state, &request).await?)
}

/// Follow a payment from its page
#[utoipa::path(
    get,
    path = "/pay/{token}/events",
    tag = "pay page",
    params(
        ("token" = String, Path, description = "What the link of the page ends with."),
        ("Last-Event-ID" = Option<String>, Header, description = "The `id` of the last event that was heard."),
    ),
    responses(
        (status = 200, description = "`event: payment`, `data` its status.", body = String,
            content_type = "text/event-stream"),
        (status = 204, description = "It is over, and that was heard: stay away."),
        (status = 404),
    ),
)]
pub(crate) async fn events(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (scope, payment) = opened(&state, &request)?;
    sse::follow(&state, &request, scope, payment, change).await
}

fn change(view: &PaymentView) -> String {
    let status = view.payment.status().word();
    serde_json::to_string(&Change { status }).unwrap_or_default()
}

async fn view(state: &State, request: &HttpRequest) -> Result<PaymentView, Problem> {
    let (scope, payment) = opened(state, request)?;
    let payment = state.gateway.find(&scope, &payment).await?;
    Ok(state.gateway.view(payment).await?)
}

/// What the link leads to: one payment of one merchant.
fn opened(state: &State, request: &HttpRequest) -> Result<(Scope, String), Problem> {
    let token = request.match_info().get("token").unwrap_or_default();
    let link = state.links.open(token, state.gateway.ports().clock.now());
    // Forged, changed or over: there is no such page.
    let link = link.map_err(|_no_such_page| Problem::new(ErrorCode::NotFound))?;
    Ok((Scope { merchant: link.merchant, branch: None }, link.payment.to_string()))
}
