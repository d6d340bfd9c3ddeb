//! `GET /api/v1/pos/events`: what happened to payments since a till last asked.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::event::{Change, FeedPiece, FeedPlace, PaymentEvent};
use serde::Serialize;
use tokio::time::{Instant, sleep};
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::query::Query;
use super::reply::Envelope;
use super::{reply, schema};
use crate::auth::Right;
use crate::problem::Problem;
use crate::state::State;

/// Changes in one answer where the client does not say.
const ITEMS_DEFAULT: u32 = 20;
/// Changes in one answer at most.
const ITEMS_MAX: u32 = 100;
/// Longest wait, in seconds.
const WAIT_SECONDS_MAX: u32 = 30;
/// How often a wait looks for news.
const WAIT_POLL: Duration = Duration::from_secs(1);

/// A piece of the feed, oldest first.
#[derive(Serialize, ToSchema)]
struct FeedBody {
    items: Vec<ChangeBody>,
    /// Where to go on, also when there is nothing yet.
    next_after: String,
}

/// Something that happened to a payment. What it is now, only the payment itself tells.
#[derive(Serialize, ToSchema)]
struct ChangeBody {
    /// Its id, the same however often it is told.
    id: String,
    event: &'static str,
    #[schema(schema_with = crate::http::schema::time)]
    at: String,
    payment_id: String,
    order_code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_id: Option<String>,
    /// The payment's revision that it tells of.
    revision: u64,
    /// Where the payment stood then.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::status)]
    status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::time)]
    paid_at: Option<String>,
}

/// Read what changed
///
/// Every change of the merchant's payments, or of the branch's, once and in one order, for as long as they are kept
/// (`SETTLED_RETENTION_DAYS`). `next_after` only grows.
#[utoipa::path(
    get,
    path = "/api/v1/pos/events",
    tag = "payments",
    operation_id = "list_changes",
    params(FeedParameters),
    responses((status = 200, description = "Oldest first.", body = Envelope<FeedBody>), (status = 422)),
    security(("bearer" = [])),
)]
pub(crate) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let mut query = Query::of(&request);
    let after = query.parsed("after", "must be a next_after of this feed", place).unwrap_or(FeedPlace::START);
    let limit = query.integer("limit", 1..=ITEMS_MAX, "must be 1 to 100").unwrap_or(ITEMS_DEFAULT);
    let wait = query.integer("wait", 1..=WAIT_SECONDS_MAX, "must be 1 to 30 seconds").unwrap_or_default();
    let (mut after, limit, wait) = query.finish((after, limit, wait))?;
    let until = Instant::now() + Duration::from_secs(wait.into());
    loop {
        let piece = state.gateway.list_changes(&caller.scope, after, limit).await?;
        let remaining = until.saturating_duration_since(Instant::now());
        let pause = sleep(WAIT_POLL.min(remaining));
        let over = !piece.changes.is_empty() || remaining.is_zero();
        // The process is ending: better the state of now than none.
        if over || state.tasks.shutdown().run_until_cancelled(pause).await.is_none() {
            return Ok(reply::data(StatusCode::OK, &FeedBody::of(&piece)));
        }
        after = piece.next;
    }
}

/// Where to go on, how far, and how long to wait.
struct FeedParameters;

impl IntoParams for FeedParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let number = schema::text(20, Some("^(0|[1-9][0-9]{0,18})$"));
        vec![
            schema::query("after", "The `next_after` of before; without it, from the beginning.", number),
            schema::limit(),
            schema::query("wait", "Seconds to wait for news at most.", schema::integer(1, WAIT_SECONDS_MAX.into())),
        ]
    }
}

/// A place as it was told, and no other spelling of its number.
fn place(text: &str) -> Option<FeedPlace> {
    let number: u64 = text.parse().ok()?;
    (number.to_string() == text).then_some(FeedPlace::of(number))
}

impl FeedBody {
    fn of(piece: &FeedPiece) -> Self {
        let items = piece.changes.iter().map(ChangeBody::of).collect();
        Self { items, next_after: piece.next.number().to_string() }
    }
}

impl ChangeBody {
    fn of(change: &Change) -> Self {
        let message = &change.message;
        let (status, paid_at) = match message.event {
            PaymentEvent::StatusChanged(status) => (Some(status.word()), None),
            PaymentEvent::OrderPaid { paid_at } => (None, Some(paid_at.to_string())),
            PaymentEvent::ExceptionRaised => (None, None),
        };
        Self {
            id: message.id.to_string(),
            event: message.event.word(),
            at: message.at.to_string(),
            payment_id: message.payment.to_string(),
            order_code: message.order_code.to_string(),
            branch_id: message.branch.as_ref().map(ToString::to_string),
            revision: message.revision.number(),
            status,
            paid_at,
        }
    }
}
