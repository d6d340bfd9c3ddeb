//! `POST /api/v1/pos/payments/{reference}/simulate`: not in production.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::auth::Right;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, reply, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// What is paid.
struct SimulateRequest;

impl PartialSchema for SimulateRequest {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().property("amount", schema::whole_amount()).required("amount").build().into()
    }
}

impl ToSchema for SimulateRequest {}

#[derive(Serialize, ToSchema)]
struct Simulated {
    status: &'static str,
    message: &'static str,
}

/// Have the provider pretend that a customer paid
///
/// Not in production: 404 there.
#[utoipa::path(
    post,
    path = "/api/v1/pos/payments/{reference}/simulate",
    tag = "payments",
    params(("reference" = String, Path, description = "The payment_id, or the provider's id of any of its charges.")),
    request_body = SimulateRequest,
    responses(
        (status = 200, description = "Its webhook follows.", body = Envelope<Simulated>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn simulate(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    if state.env.is_production() {
        return Err(Problem::new(ErrorCode::NotFound));
    }
    let caller = state.admit(&request, Right::Sell)?;
    let (reference, actor) = (super::reference(&request), caller.actor());
    // The published example sends its JSON as a form.
    let object = body::undeclared_json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    let amount = fields.amount("amount");
    let amount = fields.finish(amount)?;
    let gateway = Arc::clone(&state.gateway);
    let simulating = async move { gateway.simulate(&caller.scope, &reference, &amount, &actor).await };
    state.tasks.run("simulating a payment", simulating).await??;
    Ok(reply::data(StatusCode::OK, &Simulated { status: "SUCCEEDED", message: "Payment simulated successfully" }))
}
