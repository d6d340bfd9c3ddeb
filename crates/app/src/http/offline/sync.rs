//! `POST /api/v1/pos/offline/batch-sync`

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use mstore_pay_domain::gateway::{SyncBatch, SyncedItem};
use mstore_pay_domain::offline::{ConflictState, OfflineConflict};
use mstore_pay_domain::ports::Clock as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::item::Sent;
use super::request::SyncRequest;
use super::resolution_url;
use crate::auth::Right;
use crate::http::reply::Envelope;
use crate::http::{body, headers, reply};
use crate::problem::Problem;
use crate::problem::catalogue::ErrorCode;
use crate::state::State;

/// What came of a batch.
#[derive(Serialize, ToSchema)]
struct SyncBody {
    /// Whether everything in it is here.
    success: bool,
    total_items: usize,
    success_count: usize,
    failed_count: usize,
    /// In the order of the batch: sales, payments, voids.
    results: Vec<ResultBody>,
    conflicts: Vec<ConflictBody>,
    /// When it was taken in.
    #[schema(schema_with = crate::http::schema::time)]
    synced_at: String,
}

/// What came of one thing.
#[derive(Serialize, ToSchema)]
struct ResultBody {
    offline_id: Option<String>,
    offline_reference: Option<String>,
    r#type: &'static str,
    success: bool,
    server_id: Option<String>,
    transaction_code: Option<String>,
    /// The stable code of what is wrong.
    error: Option<&'static str>,
    conflict_detected: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    conflict_id: Option<String>,
    /// All that is wrong with it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<Fault>,
    /// There where the till's clock cannot be right about it: our own time stands in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    clock_suspect: Option<bool>,
}

/// What is wrong with a field.
#[derive(Serialize, ToSchema)]
struct Fault {
    pointer: String,
    reason: &'static str,
}

/// Something that a person decides.
#[derive(Serialize, ToSchema)]
#[schema(as = BatchConflict)]
struct ConflictBody {
    conflict_id: String,
    r#type: &'static str,
    conflict_type: &'static str,
    suggested_fix: &'static str,
    resolution_url: String,
    offline_id: Option<String>,
    offline_reference: String,
}

/// Report what was done without a line
///
/// Each thing is taken in by itself, once: a batch that was cut off is sent again as it was. One that does not fit
/// becomes a conflict; what is known stays.
#[utoipa::path(
    post,
    path = "/api/v1/pos/offline/batch-sync",
    tag = "offline",
    operation_id = "sync_batch",
    params(
        ("X-Device-ID" = Option<String>, Header, min_length = 1, max_length = 64, pattern = "^[!-~]+$",
            description = "The till; the same as in the body."),
    ),
    request_body = SyncRequest,
    responses(
        (status = 200, description = "What came of each thing.", body = Envelope<SyncBody>),
        (status = 400), (status = 413), (status = 415), (status = 422),
    ),
    security(("bearer" = [])),
)]
pub(in crate::http) async fn sync(
    state: Data<State>,
    request: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let caller = state.admit(&request, Right::Sell)?;
    let (object, _) = body::json_of(&request, payload, body::BATCH_BODY_BYTES_MAX).await?;
    let header = headers::device(request.headers())?;
    let SyncRequest { device, synced_at, items: sent } = SyncRequest::take(&object, header.as_ref())?;
    let items = sent.iter().filter_map(|sent| sent.item.as_ref().ok().cloned()).collect();
    let batch = SyncBatch { scope: caller.scope, user: caller.user, device, synced_at, items };
    let gateway = Arc::clone(&state.gateway);
    let syncing = async move { Box::pin(gateway.sync_batch(&batch)).await };
    let synced = state.tasks.run("taking a batch in", syncing).await??;
    Ok(reply::data(StatusCode::OK, &SyncBody::of(&sent, &synced, state.clock.now().to_string())))
}

impl SyncBody {
    fn of(sent: &[Sent], synced: &[SyncedItem], synced_at: String) -> Self {
        let mut outcomes = synced.iter();
        let mut conflicts = Vec::new();
        let mut results = Vec::with_capacity(sent.len());
        for sent in sent {
            let outcome = if sent.item.is_ok() { outcomes.next() } else { None };
            if let Some(SyncedItem::Conflict(conflict)) = outcome {
                conflicts.push(ConflictBody::of(conflict, sent));
            }
            results.push(ResultBody::of(sent, outcome));
        }
        let success_count = results.iter().filter(|result| result.success).count();
        Self {
            success: success_count == results.len(),
            total_items: results.len(),
            success_count,
            failed_count: results.len().saturating_sub(success_count),
            results,
            conflicts,
            synced_at,
        }
    }
}

impl ResultBody {
    fn of(sent: &Sent, outcome: Option<&SyncedItem>) -> Self {
        let code = sent.item.as_ref().ok().map(|item| item.order_code().to_string());
        let failed = Self {
            offline_id: sent.offline_id.map(|id| id.to_string()),
            offline_reference: sent.reference.clone(),
            r#type: sent.kind.word(),
            success: false,
            server_id: None,
            transaction_code: code,
            error: None,
            conflict_detected: false,
            conflict_id: None,
            errors: Vec::new(),
            clock_suspect: None,
        };
        match (outcome, &sent.item) {
            (Some(SyncedItem::Stored { server_id, clock_is_off, .. }), _) => Self {
                success: true,
                server_id: Some(server_id.clone()),
                clock_suspect: clock_is_off.then_some(true),
                ..failed
            },
            (Some(SyncedItem::Conflict(conflict)), _) => {
                Self { conflict_detected: true, ..failed.in_conflict(conflict) }
            }
            (Some(SyncedItem::OrderNotFound) | None, Ok(_)) => {
                Self { error: Some(ErrorCode::OrderNotFound.code()), ..failed }
            }
            (_, Err(problem)) => {
                let fault =
                    |fault: &crate::problem::FieldFault| Fault { pointer: fault.pointer.clone(), reason: fault.reason };
                let errors = problem.faults.iter().map(fault).collect();
                Self { error: Some(problem.code.code()), errors, ..failed }
            }
        }
    }

    /// A report that a person took in after all is as good as one that fitted.
    fn in_conflict(self, conflict: &OfflineConflict) -> Self {
        let applied = match &conflict.state {
            ConflictState::Resolved { applied, .. } => applied.clone(),
            ConflictState::Open => None,
        };
        Self {
            success: applied.is_some(),
            error: if applied.is_some() { None } else { Some(conflict.conflict.word()) },
            server_id: applied.or_else(|| conflict.server_id.clone()),
            conflict_id: Some(conflict.id.to_string()),
            ..self
        }
    }
}

impl ConflictBody {
    fn of(conflict: &OfflineConflict, sent: &Sent) -> Self {
        Self {
            conflict_id: conflict.id.to_string(),
            r#type: conflict.kind.word(),
            conflict_type: conflict.conflict.word(),
            suggested_fix: conflict.suggested.word(),
            resolution_url: resolution_url(conflict),
            offline_id: sent.offline_id.map(|id| id.to_string()),
            offline_reference: conflict.reference.to_string(),
        }
    }
}
