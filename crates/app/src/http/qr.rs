//! Pictures of what a customer scans.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::gateway::PaymentView;

use crate::auth::Right;
use crate::pages::pay::displayed;
use crate::pages::qr_image::{QrImage, QrImageError};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// What a customer scans, as a picture (SVG)
#[utoipa::path(
    get,
    path = "/api/v1/pos/payments/{reference}/qr.svg",
    tag = "payments",
    params(("reference" = String, Path, description = "The payment_id, or the provider's id of any of its charges.")),
    responses((status = 200, description = "A picture.", body = String, content_type = "image/svg+xml"), (status = 404)),
    security(("bearer" = [])),
)]
pub(crate) async fn svg(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    svg_of(&state, &view(&state, &request).await?)
}

/// What a customer scans, as a picture (PNG)
#[utoipa::path(
    get,
    path = "/api/v1/pos/payments/{reference}/qr.png",
    tag = "payments",
    params(("reference" = String, Path, description = "The payment_id, or the provider's id of any of its charges.")),
    responses((status = 200, description = "A picture.", body = Vec<u8>, content_type = "image/png"), (status = 404)),
    security(("bearer" = [])),
)]
pub(crate) async fn png(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    png_of(&state, &view(&state, &request).await?)
}

pub(super) fn svg_of(state: &State, view: &PaymentView) -> Result<HttpResponse, Problem> {
    let image = image_of(state, view)?;
    Ok(HttpResponse::Ok().insert_header(("content-type", "image/svg+xml")).body(image.svg()))
}

pub(super) fn png_of(state: &State, view: &PaymentView) -> Result<HttpResponse, Problem> {
    let png = image_of(state, view)?.png().map_err(|error| undrawable(&error))?;
    Ok(HttpResponse::Ok().insert_header(("content-type", "image/png")).body(png))
}

async fn view(state: &State, request: &HttpRequest) -> Result<PaymentView, Problem> {
    let caller = state.admit(request, Right::Read)?;
    let reference = request.match_info().get("reference").unwrap_or_default();
    let payment = state.gateway.find(&caller.scope, reference).await?;
    Ok(state.gateway.view(payment).await?)
}

/// What there is to scan, while it may be shown: the QR itself, or a page to open on a phone.
fn image_of(state: &State, view: &PaymentView) -> Result<QrImage, Problem> {
    let text = match displayed(view, state.gateway.ports().clock.now()) {
        Some(Artefact::Qr { qr_string }) => Some(qr_string.as_str()),
        Some(Artefact::Link { checkout_url, deeplink_url }) => checkout_url.as_deref().or(deeplink_url.as_deref()),
        Some(Artefact::VirtualAccount { .. } | Artefact::Bill { .. } | Artefact::Push) | None => None,
    };
    let text = text.ok_or_else(|| Problem::new(ErrorCode::NotFound).saying("there is nothing to scan now"))?;
    QrImage::of(text).map_err(|error| undrawable(&error))
}

fn undrawable(error: &QrImageError) -> Problem {
    tracing::error!(because = crate::observed::causes(error), "{error}");
    Problem::new(ErrorCode::Internal)
}
