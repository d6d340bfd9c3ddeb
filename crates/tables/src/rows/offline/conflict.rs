//! A report that does not fit.

use diesel::prelude::*;
use mstore_pay_domain::offline::{ConflictKind, ConflictState, OfflineConflict, OfflineKind, Resolution};
use mstore_pay_domain::ports::StoreError;

use crate::rows::cells::Cells;
use crate::schema::offline_conflicts;
use crate::types::Micros;

/// A conflict.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = offline_conflicts, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ConflictRow {
    id: String,
    merchant_id: String,
    branch_id: Option<String>,
    device_id: String,
    kind: String,
    reference: String,
    fingerprint: Vec<u8>,
    conflict_type: String,
    suggested_fix: String,
    order_code: String,
    local_data: String,
    server_data: Option<String>,
    server_id: Option<String>,
    at: Micros,
    state: String,
    resolved_at: Option<Micros>,
    resolved_by: Option<String>,
    resolution: Option<String>,
    reason: Option<String>,
    applied_id: Option<String>,
}

/// The word for a conflict that waits for a person.
pub const OPEN: &str = "open";
const RESOLVED: &str = "resolved";

impl ConflictRow {
    /// The row of a conflict.
    #[must_use]
    pub fn of(conflict: &OfflineConflict) -> Self {
        let open = Self {
            id: conflict.id.to_string(),
            merchant_id: conflict.merchant.to_string(),
            branch_id: conflict.branch.as_ref().map(ToString::to_string),
            device_id: conflict.device.to_string(),
            kind: conflict.kind.word().to_owned(),
            reference: conflict.reference.to_string(),
            fingerprint: conflict.fingerprint.as_bytes().to_vec(),
            conflict_type: conflict.conflict.word().to_owned(),
            suggested_fix: conflict.suggested.word().to_owned(),
            order_code: conflict.order_code.to_string(),
            local_data: conflict.local_json.clone(),
            server_data: conflict.server_json.clone(),
            server_id: conflict.server_id.clone(),
            at: conflict.at.into(),
            state: OPEN.to_owned(),
            resolved_at: None,
            resolved_by: None,
            resolution: None,
            reason: None,
            applied_id: None,
        };
        match &conflict.state {
            ConflictState::Open => open,
            ConflictState::Resolved { at, by, resolution, reason, applied } => Self {
                state: RESOLVED.to_owned(),
                resolved_at: Some((*at).into()),
                resolved_by: Some(by.to_string()),
                resolution: Some(resolution.word().to_owned()),
                reason: Some(reason.clone()),
                applied_id: applied.clone(),
                ..open
            },
        }
    }

    /// The conflict of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<OfflineConflict, StoreError> {
        let cells = self.cells();
        let kinds = ConflictKind::ALL.map(|kind| (kind.word(), kind));
        Ok(OfflineConflict {
            id: cells.text("id", &self.id)?,
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            device: cells.text("device_id", &self.device_id)?,
            kind: cells.word("kind", &self.kind, OfflineKind::ALL.map(|kind| (kind.word(), kind)))?,
            reference: cells.text("reference", &self.reference)?,
            fingerprint: cells.digest("fingerprint", &self.fingerprint)?,
            conflict: cells.word("conflict_type", &self.conflict_type, kinds)?,
            suggested: cells.text("suggested_fix", &self.suggested_fix)?,
            order_code: cells.text("order_code", &self.order_code)?,
            local_json: self.local_data.clone(),
            server_json: self.server_data.clone(),
            server_id: self.server_id.clone(),
            at: cells.time("at", self.at)?,
            state: self.read_state()?,
        })
    }

    fn cells(&self) -> Cells<'_> {
        Cells { table: "offline_conflicts", id: &self.id }
    }

    fn read_state(&self) -> Result<ConflictState, StoreError> {
        let cells = self.cells();
        match self.state.as_str() {
            OPEN => Ok(ConflictState::Open),
            RESOLVED => Ok(ConflictState::Resolved {
                at: cells.needed_time("resolved_at", self.resolved_at)?,
                by: cells.needed_text("resolved_by", self.resolved_by.as_deref())?,
                resolution: cells.needed_text::<Resolution>("resolution", self.resolution.as_deref())?,
                reason: cells.need("reason", self.reason.clone())?,
                applied: self.applied_id.clone(),
            }),
            _unknown => Err(cells.unknown("state")),
        }
    }
}
