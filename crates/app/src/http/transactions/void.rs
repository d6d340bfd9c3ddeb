//! `POST /api/v1/transactions/{code}/void`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::VoidOrder;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::code_of;
use crate::auth::Right;
use crate::http::cards::refuse_card_data;
use crate::http::dto::OrderBody;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, reply, schema};
use crate::problem::Problem;
use crate::state::State;

/// Longest reason.
pub(in crate::http) const REASON_CHARS_MAX: usize = 500;

/// Why an order is called off.
pub(in crate::http) struct VoidRequest;

impl PartialSchema for VoidRequest {
    fn schema() -> RefOr<Schema> {
        let reason = ObjectBuilder::new().schema_type(Type::String).max_length(Some(REASON_CHARS_MAX));
        let reason = reason.pattern(Some(schema::ONE_LINE)).build();
        ObjectBuilder::new().property("reason", schema::optional(reason)).build().into()
    }
}

impl ToSchema for VoidRequest {}

/// Call an order off
///
/// Whatever could still pay it is closed at its provider, and asked about once more, first: within two seconds. Money
/// that comes later is an exception.
#[utoipa::path(
    post,
    path = "/api/v1/transactions/{code}/void",
    tag = "orders",
    operation_id = "void_order",
    params(("code" = String, Path, description = "The order's code.")),
    request_body(content = Option<VoidRequest>),
    responses(
        (status = 200, description = "It is called off, now or before.", body = Envelope<OrderBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn void(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Own)?;
    let code = code_of(&request)?;
    let reason = match body::any_json(&request, payload).await? {
        Some(object) => {
            let mut fields = Fields::of(&object);
            refuse_card_data(&object, &mut fields);
            let reason = fields.line("reason", REASON_CHARS_MAX);
            fields.finish(Some(reason))?
        }
        None => None,
    };
    let void = VoidOrder { actor: caller.actor(), scope: caller.scope, code, reason };
    let gateway = Arc::clone(&state.gateway);
    let voiding = async move { Box::pin(gateway.void_order(&void)).await };
    let order = state.tasks.run("calling an order off", voiding).await??;
    Ok(reply::data(StatusCode::OK, &OrderBody::of(&order)))
}
