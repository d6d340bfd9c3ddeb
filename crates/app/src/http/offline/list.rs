//! `GET /api/v1/pos/offline/conflicts`

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::Scope;
use mstore_pay_domain::ids::{ConflictId, DeviceId};
use mstore_pay_domain::offline::{ConflictState, OfflineConflict};
use mstore_pay_domain::ports::{ConflictFilter, ConflictPlace};
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::{IntoParams, ToSchema};

use super::resolution_url;
use crate::auth::Right;
use crate::http::cursor::{Cursor, PATTERN};
use crate::http::query::Query;
use crate::http::reply::Envelope;
use crate::http::{reply, schema};
use crate::problem::Problem;
use crate::state::State;

/// Conflicts in one answer where the client does not say.
const ITEMS_DEFAULT: u32 = 20;
/// Conflicts in one answer at most.
const ITEMS_MAX: u32 = 100;

#[derive(Serialize, ToSchema)]
#[schema(as = ConflictPage)]
struct Page {
    items: Vec<ConflictBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_cursor: Option<String>,
}

/// A report that does not fit, and what is known in its place.
#[derive(Serialize, ToSchema)]
#[schema(as = Conflict)]
pub(super) struct ConflictBody {
    conflict_id: String,
    r#type: &'static str,
    conflict_type: &'static str,
    suggested_fix: &'static str,
    resolution_url: String,
    offline_reference: String,
    device_id: String,
    transaction_code: String,
    /// What was reported.
    #[schema(schema_with = crate::http::schema::object)]
    local_data: Box<RawValue>,
    /// What was reported under the reference before.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::object)]
    server_data: Option<Box<RawValue>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    server_id: Option<String>,
    #[schema(schema_with = crate::http::schema::time)]
    at: String,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolution: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    resolved_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(schema_with = crate::http::schema::time)]
    resolved_at: Option<String>,
    /// What the report led to, where it was taken in.
    #[serde(skip_serializing_if = "Option::is_none")]
    applied_id: Option<String>,
}

/// List what tills reported that does not fit
#[utoipa::path(
    get,
    path = "/api/v1/pos/offline/conflicts",
    tag = "offline",
    operation_id = "list_conflicts",
    params(ListParameters),
    responses((status = 200, description = "A page, newest first.", body = Envelope<Page>), (status = 422)),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn list(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let mut query = Query::of(&request);
    let device =
        query.parsed("device_id", "must be 1 to 64 visible ASCII characters", |text| DeviceId::parse(text).ok());
    let open = query.parsed("state", "must be open or resolved", |text| match text {
        "open" => Some(true),
        "resolved" => Some(false),
        _ => None,
    });
    let after = query.parsed("cursor", "must be a next_cursor of this listing", Cursor::parse);
    let limit = query.integer("limit", 1..=ITEMS_MAX, "must be 1 to 100").unwrap_or(ITEMS_DEFAULT);
    let (device, open, after) = query.finish((device, open, after))?;
    let Scope { merchant, branch } = caller.scope;
    let filter = ConflictFilter { merchant, branch, device, order_code: None, open };
    let after = after.map(|Cursor { at, id }| ConflictPlace { at, id: ConflictId::new(id) });
    let page = state.gateway.list_conflicts(&filter, after, limit).await?;
    let next = page.next.map(|ConflictPlace { at, id }| Cursor { at, id: id.uuid() });
    let items = page.conflicts.iter().map(ConflictBody::of).collect();
    Ok(reply::data(StatusCode::OK, &Page { items, next_cursor: next.map(|next| next.to_string()) }))
}

/// The parameters as [`list`] takes them.
struct ListParameters;

impl IntoParams for ListParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        vec![
            schema::query("device_id", "Of that till.", schema::text(DeviceId::BYTES_MAX, Some("^[!-~]+$"))),
            schema::query("state", "That wait for a person, or do not.", schema::words(["open", "resolved"])),
            schema::query("cursor", "The `next_cursor` of the page before.", schema::text(34, Some(PATTERN))),
            schema::limit(),
        ]
    }
}

impl ConflictBody {
    pub(super) fn of(conflict: &OfflineConflict) -> Self {
        let json = |text: &str| RawValue::from_string(text.to_owned()).unwrap_or_else(|_odd| RawValue::NULL.to_owned());
        let open = Self {
            conflict_id: conflict.id.to_string(),
            r#type: conflict.kind.word(),
            conflict_type: conflict.conflict.word(),
            suggested_fix: conflict.suggested.word(),
            resolution_url: resolution_url(conflict),
            offline_reference: conflict.reference.to_string(),
            device_id: conflict.device.to_string(),
            transaction_code: conflict.order_code.to_string(),
            local_data: json(&conflict.local_json),
            server_data: conflict.server_json.as_deref().map(json),
            server_id: conflict.server_id.clone(),
            at: conflict.at.to_string(),
            state: "open",
            resolution: None,
            reason: None,
            resolved_by: None,
            resolved_at: None,
            applied_id: None,
        };
        match &conflict.state {
            ConflictState::Open => open,
            ConflictState::Resolved { at, by, resolution, reason, applied } => Self {
                state: "resolved",
                resolution: Some(resolution.word()),
                reason: Some(reason.clone()),
                resolved_by: Some(by.to_string()),
                resolved_at: Some(at.to_string()),
                applied_id: applied.clone(),
                ..open
            },
        }
    }
}
