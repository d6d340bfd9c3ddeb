//! `GET /api/v1/pos/offline/devices/{device}`

use actix_web::http::StatusCode;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::DeviceView;
use mstore_pay_domain::ids::DeviceId;
use mstore_pay_domain::offline::Gap;
use serde::Serialize;
use utoipa::ToSchema;

use crate::auth::Right;
use crate::http::reply;
use crate::http::reply::Envelope;
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

const MICROS_PER_MILLI: i64 = 1_000;

/// How far a till came with its reports.
#[derive(Serialize, ToSchema)]
#[schema(as = OfflineDevice)]
struct DeviceBody {
    device_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_offline_reference: Option<String>,
    /// The highest number of its latest day.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_sequence: Option<u64>,
    /// Numbers that were not reported, though later ones of the day were: the latest hundred gaps.
    gaps: Vec<GapBody>,
    /// What its clock showed beyond ours when it reported last; below zero where it was slow.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_skew_ms: Option<i64>,
    #[schema(schema_with = crate::http::schema::time)]
    last_seen_at: String,
    /// How many things it reported.
    reported: u64,
    /// In which branch it reported last, where its token named one.
    #[serde(skip_serializing_if = "Option::is_none")]
    branch_id: Option<String>,
}

/// Numbers of a day, from the first to the last that is missing.
#[derive(Serialize, ToSchema)]
#[schema(as = OfflineGap)]
struct GapBody {
    date: String,
    from: u64,
    to: u64,
}

/// Ask how far a till came
#[utoipa::path(
    get,
    path = "/api/v1/pos/offline/devices/{device}",
    tag = "offline",
    operation_id = "read_device",
    params(("device" = String, Path, description = "The till.")),
    responses((status = 200, description = "What it reported.", body = Envelope<DeviceBody>), (status = 404)),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn device(state: Data<State>, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Read)?;
    let device = request.match_info().get("device").and_then(|text| DeviceId::parse(text).ok());
    let found = match device {
        Some(device) => state.gateway.read_device(&caller.scope, &device).await?,
        None => None,
    };
    let view = found.ok_or_else(|| Problem::new(ErrorCode::NotFound))?;
    Ok(reply::data(StatusCode::OK, &DeviceBody::of(&view)))
}

impl DeviceBody {
    fn of(view: &DeviceView) -> Self {
        let gap = |gap: &Gap| GapBody { date: gap.day.clone(), from: gap.from, to: gap.to };
        Self {
            device_id: view.device.device.to_string(),
            last_offline_reference: view.progress.last.as_ref().map(ToString::to_string),
            last_sequence: view.progress.last_sequence(),
            gaps: view.gaps.iter().map(gap).collect(),
            clock_skew_ms: view.device.clock_skew_micros.map(|micros| micros / MICROS_PER_MILLI),
            last_seen_at: view.device.last_seen_at.to_string(),
            reported: view.progress.reported,
            branch_id: view.device.branch.as_ref().map(ToString::to_string),
        }
    }
}
