//! `POST /api/v1/transactions`, `GET /api/v1/transactions/{code}`: the orders that payments pay.

pub(super) mod cash;
pub(super) mod post;
pub(super) mod void;

pub(super) use cash::cash;
pub(super) use post::post;
pub(super) use void::void;

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{RegisterOrder, Scope};
use mstore_pay_domain::ids::{BranchId, OrderCode};
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use super::cards::refuse_card_data_within;
use super::dto::OrderBody;
use super::fields::Fields;
use super::reply::Envelope;
use super::{body, reply, schema};
use crate::auth::Right;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

const METHOD_CHARS_MAX: usize = 64;

/// An order of the till.
struct RegisterRequest;

impl PartialSchema for RegisterRequest {
    fn schema() -> RefOr<Schema> {
        let method = ObjectBuilder::new().schema_type(Type::String).max_length(Some(METHOD_CHARS_MAX));
        let order = ObjectBuilder::new()
            .property("transaction_code", schema::order_code())
            .property("grand_total", schema::whole_amount())
            .property("branch_code", schema::optional(schema::text(BranchId::BYTES_MAX, Some("^[!-~]+$"))))
            .property("payment_method", schema::optional(method.pattern(Some(schema::ONE_LINE)).build()));
        order.required("transaction_code").required("grand_total").build().into()
    }
}

impl ToSchema for RegisterRequest {}

/// Register an order
///
/// The wider body of the till is taken as it is and kept.
#[utoipa::path(
    post,
    path = "/api/v1/transactions",
    tag = "orders",
    request_body = RegisterRequest,
    responses(
        (status = 201, description = "It is registered, now or before.", body = Envelope<OrderBody>),
        (status = 400), (status = 404), (status = 409), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn register(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Sell)?;
    let (object, body_json) = body::json(&request, payload).await?;
    let mut fields = Fields::of(&object);
    refuse_card_data_within(&object, &mut fields);
    let code = fields.required_text("transaction_code");
    let code = code.and_then(|text| match OrderCode::parse(text) {
        Ok(code) => Some(code),
        Err(_refused) => {
            let reason = "must be 1 to 50 of A-Z a-z 0-9 . _ ~ -";
            fields.refuse(ErrorCode::InvalidOrderCode, "transaction_code", reason);
            None
        }
    });
    let grand_total = fields.amount("grand_total");
    let not_a_branch = (ErrorCode::InvalidField, "must be 1 to 64 visible ASCII characters");
    let branch = fields.parsed("branch_code", not_a_branch, BranchId::parse);
    let payment_method = fields.line("payment_method", METHOD_CHARS_MAX);
    let (code, grand_total) = fields.finish(code.zip(grand_total))?;
    let scope = Scope { branch: caller.scope.branch.clone().or(branch), merchant: caller.scope.merchant };
    let order = RegisterOrder { scope, code, grand_total, payment_method, body_json: Some(body_json) };
    let gateway = Arc::clone(&state.gateway);
    let registering = async move { gateway.register_order(&order).await };
    let order = state.tasks.run("registering an order", registering).await??;
    Ok(reply::data(StatusCode::CREATED, &OrderBody::of(&order)))
}

/// Ask where an order stands
#[utoipa::path(
    get,
    path = "/api/v1/transactions/{code}",
    tag = "orders",
    params(("code" = String, Path, description = "The order's code.")),
    responses((status = 200, description = "Where it stands.", body = Envelope<OrderBody>), (status = 404)),
    security(("bearer" = [])),
)]
pub(crate) async fn read(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let order = state.gateway.read_order(&caller.scope, &code_of(&request)?).await?;
    let order = order.ok_or_else(|| Problem::new(ErrorCode::OrderNotFound))?;
    Ok(reply::data(StatusCode::OK, &OrderBody::of(&order)))
}

/// The order that the path names. What is no code names none.
fn code_of(request: &HttpRequest) -> Result<OrderCode, Problem> {
    let code = request.match_info().get("code").and_then(|code| OrderCode::parse(code).ok());
    code.ok_or_else(|| Problem::new(ErrorCode::OrderNotFound))
}
