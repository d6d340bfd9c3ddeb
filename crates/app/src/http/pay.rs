//! The pay page and what belongs to it: for customers, by a link instead of a token of ours.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{PaymentView, Scope};
use mstore_pay_domain::ports::Clock;
use serde::Serialize;

use super::{qr, sse};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;
use crate::system::SystemClock;

/// What a customer's page is told of a change.
#[derive(Serialize)]
struct Change {
    status: &'static str,
}

/// `GET /pay/{token}/qr.svg`
pub(crate) async fn svg(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (scope, payment) = opened(&state, &request)?;
    qr::svg_of(&state.gateway.find(&scope, &payment).await?)
}

/// `GET /pay/{token}/qr.png`
pub(crate) async fn png(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (scope, payment) = opened(&state, &request)?;
    qr::png_of(&state.gateway.find(&scope, &payment).await?)
}

/// `GET /pay/{token}/events`
pub(crate) async fn events(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let (scope, payment) = opened(&state, &request)?;
    sse::follow(&state, &request, scope, payment, change).await
}

fn change(view: &PaymentView) -> String {
    let status = view.payment.status().word();
    serde_json::to_string(&Change { status }).unwrap_or_default()
}

/// What the link leads to: one payment of one merchant.
fn opened(state: &State, request: &HttpRequest) -> Result<(Scope, String), Problem> {
    let token = request.match_info().get("token").unwrap_or_default();
    let link = state.links.open(token, SystemClock.now());
    // Forged, changed or over: there is no such page.
    let link = link.map_err(|_no_such_page| Problem::new(ErrorCode::NotFound))?;
    Ok((Scope { merchant: link.merchant, branch: None }, link.payment.to_string()))
}
