//! An exception: money that does not fit. What does not fit is apart: `misfit`.

use diesel::prelude::*;
use mstore_pay_domain::exception::{ExceptionState, MoneyException};
use mstore_pay_domain::ports::StoreError;

use super::cells::Cells;
use super::misfit;
use crate::schema::exceptions;
use crate::types::{Micros, MinorUnits};

/// An exception.
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = exceptions, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct ExceptionRow {
    pub(super) id: String,
    key: String,
    merchant_id: Option<String>,
    order_code: Option<String>,
    payment_id: Option<String>,
    charge_id: Option<String>,
    pub(super) kind: String,
    pub(super) subject_kind: Option<String>,
    pub(super) subject: Option<String>,
    pub(super) expected_amount: Option<MinorUnits>,
    pub(super) amount: Option<MinorUnits>,
    pub(super) currency: Option<String>,
    at: Micros,
    state: String,
    resolved_at: Option<Micros>,
    resolved_by: Option<String>,
    resolution: Option<String>,
    reason: Option<String>,
}

impl ExceptionRow {
    /// The row of an exception.
    pub fn of(exception: &MoneyException) -> Self {
        let misfit = misfit::cells(&exception.misfit);
        let (resolved_at, resolved_by, resolution, reason) = match &exception.state {
            ExceptionState::Open => (None, None, None, None),
            ExceptionState::Resolved { at, by, resolution, reason } => {
                (Some((*at).into()), Some(by.to_string()), Some(resolution.clone()), Some(reason.clone()))
            }
        };
        Self {
            id: exception.id.to_string(),
            key: exception.key(),
            merchant_id: exception.merchant.as_ref().map(ToString::to_string),
            order_code: exception.order_code.as_ref().map(ToString::to_string),
            payment_id: exception.payment.map(|payment| payment.to_string()),
            charge_id: exception.charge.map(|charge| charge.to_string()),
            kind: exception.misfit.kind().to_owned(),
            subject_kind: misfit.subject_kind.map(ToOwned::to_owned),
            subject: misfit.subject,
            expected_amount: misfit.expected,
            amount: misfit.amount,
            currency: misfit.currency,
            at: exception.at.into(),
            state: match &exception.state {
                ExceptionState::Open => OPEN,
                ExceptionState::Resolved { .. } => RESOLVED,
            }
            .to_owned(),
            resolved_at,
            resolved_by,
            resolution,
            reason,
        }
    }

    /// The exception of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<MoneyException, StoreError> {
        let cells = self.cells();
        Ok(MoneyException {
            id: cells.text("id", &self.id)?,
            merchant: cells.some_text("merchant_id", self.merchant_id.as_deref())?,
            order_code: cells.some_text("order_code", self.order_code.as_deref())?,
            payment: cells.some_text("payment_id", self.payment_id.as_deref())?,
            charge: cells.some_text("charge_id", self.charge_id.as_deref())?,
            misfit: self.read_misfit()?,
            at: cells.time("at", self.at)?,
            state: self.read_state()?,
        })
    }

    pub(super) fn cells(&self) -> Cells<'_> {
        Cells { table: "exceptions", id: &self.id }
    }

    fn read_state(&self) -> Result<ExceptionState, StoreError> {
        let cells = self.cells();
        match self.state.as_str() {
            OPEN => Ok(ExceptionState::Open),
            RESOLVED => Ok(ExceptionState::Resolved {
                at: cells.needed_time("resolved_at", self.resolved_at)?,
                by: cells.needed_text("resolved_by", self.resolved_by.as_deref())?,
                resolution: cells.need("resolution", self.resolution.clone())?,
                reason: cells.need("reason", self.reason.clone())?,
            }),
            _unknown => Err(cells.unknown("state")),
        }
    }
}

/// The word for an exception that waits for a person.
pub const OPEN: &str = "open";

/// A condition with its word in it, so that the index of open exceptions serves.
pub const IS_OPEN: &str = "state = 'open'";
const RESOLVED: &str = "resolved";
