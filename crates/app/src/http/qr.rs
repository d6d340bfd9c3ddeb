//! Pictures of what a customer scans.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::charge::Artefact;
use mstore_pay_domain::payment::Payment;

use super::dto::shown_artefact;
use crate::auth::Right;
use crate::pages::qr_image::{QrImage, QrImageError};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// `GET /api/v1/pos/payments/{reference}/qr.svg`
pub(crate) async fn svg(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    svg_of(&payment(&state, &request).await?)
}

/// `GET /api/v1/pos/payments/{reference}/qr.png`
pub(crate) async fn png(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    png_of(&payment(&state, &request).await?)
}

pub(super) fn svg_of(payment: &Payment) -> Result<HttpResponse, Problem> {
    let image = image_of(payment)?;
    Ok(HttpResponse::Ok().insert_header(("content-type", "image/svg+xml")).body(image.svg()))
}

pub(super) fn png_of(payment: &Payment) -> Result<HttpResponse, Problem> {
    let png = image_of(payment)?.png().map_err(undrawable)?;
    Ok(HttpResponse::Ok().insert_header(("content-type", "image/png")).body(png))
}

async fn payment(state: &State, request: &HttpRequest) -> Result<Payment, Problem> {
    let caller = state.admit(request, Right::Read)?;
    let reference = request.match_info().get("reference").unwrap_or_default();
    Ok(state.gateway.find(&caller.scope, reference).await?)
}

/// What there is to scan, while it may be shown: the QR itself, or a page to open on a phone.
fn image_of(payment: &Payment) -> Result<QrImage, Problem> {
    let text = match shown_artefact(payment) {
        Some(Artefact::Qr { qr_string }) => Some(qr_string.as_str()),
        Some(Artefact::Link { checkout_url, deeplink_url }) => checkout_url.as_deref().or(deeplink_url.as_deref()),
        Some(Artefact::VirtualAccount { .. } | Artefact::Bill { .. } | Artefact::Push) | None => None,
    };
    let text = text.ok_or_else(|| Problem::new(ErrorCode::NotFound).saying("there is nothing to scan now"))?;
    QrImage::of(text).map_err(undrawable)
}

fn undrawable(error: QrImageError) -> Problem {
    tracing::error!(because = crate::observed::causes(&error), "{error}");
    Problem::new(ErrorCode::Internal)
}
