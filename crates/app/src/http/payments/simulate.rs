//! `POST /api/v1/pos/payments/{reference}/simulate`: not in production.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use crate::auth::Right;
use crate::http::fields::Fields;
use crate::http::{body, reply};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

#[derive(Serialize)]
struct Simulated {
    status: &'static str,
    message: &'static str,
}

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
