//! `GET /api/v1/pos/payments/{reference}/events`

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};

use crate::auth::Right;
use crate::http::dto::StatusBody;
use crate::http::sse;
use crate::problem::Problem;
use crate::state::State;

pub(crate) async fn events(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let reference = super::reference(&request);
    let links = state.links.clone();
    sse::follow(&state, &request, caller.scope, reference, move |view| {
        serde_json::to_string(&StatusBody::of(view, &links)).unwrap_or_default()
    })
    .await
}
