//! `POST /api/v1/transactions/{code}/cash`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::TakeCash;
use mstore_pay_domain::ids::DeviceId;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

use super::code_of;
use crate::auth::Right;
use crate::http::dto::OrderBody;
use crate::http::fields::Fields;
use crate::http::reply::Envelope;
use crate::http::{body, headers, reply, schema};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// Cash that was taken.
pub(in crate::http) struct CashRequest;

impl PartialSchema for CashRequest {
    fn schema() -> RefOr<Schema> {
        let device = schema::text(DeviceId::BYTES_MAX, Some("^[!-~]+$"));
        let cash = ObjectBuilder::new().property("amount", schema::whole_amount());
        cash.property("device_id", schema::optional(device)).required("amount").build().into()
    }
}

impl ToSchema for CashRequest {}

/// Take cash
///
/// Whatever could still pay the order is closed at its provider, and asked about once more, first: within two seconds.
/// Sent again it takes nothing twice.
#[utoipa::path(
    post,
    path = "/api/v1/transactions/{code}/cash",
    tag = "orders",
    operation_id = "take_cash",
    params(
        ("code" = String, Path, description = "The order's code."),
        ("X-Device-ID" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$",
            description = "The till, where the body names none."),
    ),
    request_body = CashRequest,
    responses(
        (status = 200, description = "It is paid in cash, now or before.", body = Envelope<OrderBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn cash(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Sell)?;
    let code = code_of(&request)?;
    let (object, _) = body::json(&request, payload).await?;
    let header = headers::device(request.headers())?;
    let mut fields = Fields::of(&object);
    let not_a_device = (ErrorCode::InvalidField, "must be 1 to 64 visible ASCII characters");
    let device = fields.parsed("device_id", not_a_device, DeviceId::parse).or(header);
    let amount = fields.amount("amount");
    let amount = fields.finish(amount)?;
    let cash = TakeCash { scope: caller.scope, user: caller.user, code, amount, device };
    let gateway = Arc::clone(&state.gateway);
    let taking = async move { Box::pin(gateway.take_cash(&cash)).await };
    let order = state.tasks.run("taking cash", taking).await??;
    Ok(reply::data(StatusCode::OK, &OrderBody::of(&order)))
}
