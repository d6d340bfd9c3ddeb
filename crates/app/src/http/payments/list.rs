//! `GET /api/v1/pos/payments`

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::charge::Payer;
use mstore_pay_domain::ids::{BranchId, MerchantId, OrderCode, PaymentId, ProviderId};
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{PaymentFilter, PaymentPlace};
use mstore_pay_domain::time::Timestamp;
use serde::Serialize;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use crate::auth::Right;
use crate::http::cursor::{Cursor, PATTERN};
use crate::http::dto::StatusBody;
use crate::http::query::Query;
use crate::http::reply::Envelope;
use crate::http::{reply, schema};
use crate::problem::Problem;
use crate::state::State;

/// Payments in one answer where the client does not say.
const ITEMS_DEFAULT: u32 = 20;
/// Payments in one answer at most.
pub(crate) const ITEMS_MAX: u32 = 100;

/// A page of payments, newest first.
#[derive(Serialize, ToSchema)]
struct PageBody {
    items: Vec<StatusBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// List payments
///
/// Newest first. Where there is more, `next_cursor` leads to it.
#[utoipa::path(
    get,
    path = "/api/v1/pos/payments",
    tag = "payments",
    params(ListParameters),
    responses((status = 200, description = "A page, newest first.", body = Envelope<PageBody>), (status = 422)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let mut query = Query::of(&request);
    let filter = filter(&mut query, caller.scope.merchant.clone());
    let after = query.parsed("cursor", "must be a next_cursor of this listing", Cursor::parse);
    let limit = query.integer("limit", 1..=ITEMS_MAX, "must be 1 to 100").unwrap_or(ITEMS_DEFAULT);
    let (filter, after) = query.finish((filter, after))?;
    let after = after.map(|Cursor { at, id }| PaymentPlace { created_at: at, id: PaymentId::new(id) });
    let page = state.gateway.list_payments(&caller.scope, filter, after, limit).await?;
    let next = page.next.map(|PaymentPlace { created_at, id }| Cursor { at: created_at, id: id.uuid() });
    let item = |payment: &Payment| StatusBody::alone(payment, &state.links);
    let body =
        PageBody { items: page.payments.iter().map(item).collect(), next_cursor: next.map(|next| next.to_string()) };
    Ok(reply::data(StatusCode::OK, &body))
}

/// The parameters as [`filter`] takes them.
struct ListParameters;

impl IntoParams for ListParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let words = || schema::text(64, Some("^[!-~]+$"));
        let provider = schema::text(ProviderId::BYTES_MAX, Some("^[A-Za-z0-9._~-]+$"));
        vec![
            schema::query("order_code", "Of that order.", schema::order_code()),
            schema::query("status", "That stand there.", schema::status()),
            schema::query("method", "By that method.", schema::method()),
            schema::query("provider", "With a charge at that provider.", provider),
            schema::query("branch_id", "Of that branch.", words()),
            schema::query(
                "receipt_id",
                "Under that number on the customer's phone.",
                schema::text(Payer::RECEIPT_ID_CHARACTERS_MAX, Some(schema::ONE_LINE)),
            ),
            schema::query("from", "Made then or later.", schema::time()),
            schema::query("to", "Made before then.", schema::time()),
            schema::query("cursor", "The `next_cursor` of the page before.", schema::text(34, Some(PATTERN))),
            schema::limit(),
        ]
    }
}

fn filter(query: &mut Query, merchant: MerchantId) -> PaymentFilter {
    const NOT_A_TIME: &str = "must be a time as RFC 3339 has it, such as 2025-10-13T10:35:00Z";
    let status = |text: &str| PaymentStatus::ALL.into_iter().find(|status| status.word() == text);
    // No store has a control character in one, and PostgreSQL takes none for text at all.
    let receipt = |text: &str| {
        let fits = (1..=Payer::RECEIPT_ID_CHARACTERS_MAX).contains(&text.chars().count());
        (fits && !text.chars().any(char::is_control)).then(|| text.to_owned())
    };
    PaymentFilter {
        branch: query.parsed("branch_id", "must be a branch", |text| BranchId::parse(text).ok()),
        order_code: query
            .parsed("order_code", "must be 1 to 50 of A-Z a-z 0-9 . _ ~ -", |text| OrderCode::parse(text).ok()),
        status: query.parsed("status", "is not known", status),
        method: query.parsed("method", "is not known", |text| text.parse().ok()),
        provider: query.parsed("provider", "must be a provider", |text| ProviderId::parse(text).ok()),
        receipt_id: query.parsed(
            "receipt_id",
            "must be 1 to 128 characters, none of them a control character",
            receipt,
        ),
        from: query.parsed("from", NOT_A_TIME, Timestamp::parse_rfc3339),
        to: query.parsed("to", NOT_A_TIME, Timestamp::parse_rfc3339),
        ..PaymentFilter::of(merchant)
    }
}
