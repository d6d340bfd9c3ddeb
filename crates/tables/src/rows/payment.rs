//! A payment's own row; its details, charges and money are rows of other tables.

use diesel::prelude::*;
use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::{
    CheckLog, Display, Intake, Payment, PaymentDetails, PublicReference, Revision, Withdrawal,
};
use mstore_pay_domain::ports::StoreError;

use super::cells::{Cells, integer};
use super::words::status_word;
use crate::by_column;
use crate::schema::payments;
use crate::types::{Micros, MinorUnits};

/// A condition with its word in it, so that the index of pending payments serves.
pub const IS_PENDING: &str = "status = 'pending'";

/// What is known of a payment. When it is due and who holds it is apart: [`DueColumns`].
#[derive(Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = payments, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct PaymentRow {
    /// The payment.
    pub id: String,
    merchant_id: String,
    branch_id: Option<String>,
    order_code: String,
    method: String,
    channel: String,
    amount: MinorUnits,
    attempt: i64,
    created_at: Micros,
    expires_at: Micros,
    revision: i64,
    intake: String,
    display: String,
    withdrawn_at: Option<Micros>,
    paid_by_payment_id: Option<String>,
    reference_kind: String,
    reference_id: Option<String>,
    audit_seq: i64,
    audit_head: Vec<u8>,
    check_count: i64,
    last_checked_at: Option<Micros>,
    status: String,
    paid_at: Option<Micros>,
}

by_column!(PaymentRow, payments:
    id, merchant_id, branch_id, order_code, method, channel, amount, attempt, created_at, expires_at, revision,
    intake, display, withdrawn_at, paid_by_payment_id, reference_kind, reference_id, audit_seq, audit_head,
    check_count, last_checked_at, status, paid_at,
);

/// When a worker shall look at a payment, and who holds it until then.
#[derive(Debug, Clone, Default, Insertable, AsChangeset)]
#[diesel(table_name = payments, treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct DueColumns {
    /// When a worker shall look at it; none if nothing is left to do.
    pub due_at: Option<Micros>,
    /// The lease of whoever works on it.
    pub lease_token: Option<String>,
    /// Until when, by the database's clock.
    pub lease_until: Option<Micros>,
    /// The number of the node that works on it, where nodes have numbers.
    pub lease_holder: Option<i32>,
}

by_column!(DueColumns, payments: due_at, lease_token, lease_until, lease_holder);

impl PaymentRow {
    /// The row of a payment as it shall be, under its next revision.
    pub fn of(payment: &Payment, revision: Revision) -> Self {
        let (display, withdrawn_at, paid_by) = display_cells(&payment.display);
        let (reference_kind, reference_id) = reference_cells(&payment.reference);
        Self {
            id: payment.id.to_string(),
            merchant_id: payment.merchant.to_string(),
            branch_id: payment.branch.as_ref().map(ToString::to_string),
            order_code: payment.order_code.to_string(),
            method: payment.method.code().to_owned(),
            channel: payment.method.channel().code().to_owned(),
            amount: MinorUnits::from(&payment.amount),
            attempt: payment.attempt.into(),
            created_at: payment.created_at.into(),
            expires_at: payment.expires_at.into(),
            revision: integer(revision.number()),
            intake: intake_word(payment.intake).to_owned(),
            display: display.to_owned(),
            withdrawn_at,
            paid_by_payment_id: paid_by,
            reference_kind: reference_kind.to_owned(),
            reference_id,
            audit_seq: integer(payment.audit.seq),
            audit_head: payment.audit.digest.as_bytes().to_vec(),
            check_count: payment.checks.count.into(),
            last_checked_at: payment.checks.last_at.map(Micros::from),
            status: status_word(payment.status()).to_owned(),
            paid_at: payment.paid_at().map(Micros::from),
        }
    }

    /// The payment of this row with what other tables hold of it.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self, details: PaymentDetails, charges: Vec<Charge>) -> Result<Payment, StoreError> {
        let cells = self.cells();
        Ok(Payment {
            id: cells.text("id", &self.id)?,
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            order_code: cells.text("order_code", &self.order_code)?,
            method: cells.text("method", &self.method)?,
            amount: cells.money("amount", self.amount)?,
            attempt: cells.number("attempt", self.attempt)?,
            details,
            created_at: cells.time("created_at", self.created_at)?,
            expires_at: cells.time("expires_at", self.expires_at)?,
            revision: Revision::of(cells.number("revision", self.revision)?),
            intake: cells.word(
                "intake",
                &self.intake,
                [Intake::Open, Intake::Closed].map(|intake| (intake_word(intake), intake)),
            )?,
            display: self.read_display()?,
            reference: self.read_reference()?,
            charges,
            audit: read_audit(cells, self.audit_seq, &self.audit_head)?,
            checks: read_checks(cells, self.check_count, self.last_checked_at)?,
        })
    }

    /// What stands in the columns `id` and `revision`.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read_revision(id: &str, revision: i64) -> Result<(PaymentId, Revision), StoreError> {
        let cells = Cells { table: "payments", id };
        Ok((cells.text("id", id)?, Revision::of(cells.number("revision", revision)?)))
    }

    /// Names this row in complaints.
    #[must_use]
    pub fn cells(&self) -> Cells<'_> {
        Cells { table: "payments", id: &self.id }
    }

    fn read_display(&self) -> Result<Display, StoreError> {
        let cells = self.cells();
        let why = match self.display.as_str() {
            SHOWN => return Ok(Display::Shown),
            "cancelled" => Withdrawal::Cancelled,
            "superseded" => Withdrawal::Superseded,
            "paid_by" => Withdrawal::PaidBy {
                payment: cells.needed_text("paid_by_payment_id", self.paid_by_payment_id.as_deref())?,
            },
            "paid_in_cash" => Withdrawal::PaidInCash,
            "expired" => Withdrawal::Expired,
            "voided" => Withdrawal::Voided,
            _unknown => return Err(cells.unknown("display")),
        };
        Ok(Display::Withdrawn { at: cells.needed_time("withdrawn_at", self.withdrawn_at)?, why })
    }

    fn read_reference(&self) -> Result<PublicReference, StoreError> {
        let cells = self.cells();
        match self.reference_kind.as_str() {
            "unset" => Ok(PublicReference::Unset),
            "provider" => {
                cells.needed_text("reference_id", self.reference_id.as_deref()).map(PublicReference::Provider)
            }
            "own" => Ok(PublicReference::Own),
            _unknown => Err(cells.unknown("reference_kind")),
        }
    }
}

/// What stands in the columns `audit_seq` and `audit_head`.
pub(super) fn read_audit(cells: Cells<'_>, seq: i64, digest: &[u8]) -> Result<AuditHead, StoreError> {
    Ok(AuditHead { seq: cells.number("audit_seq", seq)?, digest: cells.digest("audit_head", digest)? })
}

/// What stands in the columns `check_count` and `last_checked_at`.
pub(super) fn read_checks(cells: Cells<'_>, count: i64, last_at: Option<Micros>) -> Result<CheckLog, StoreError> {
    Ok(CheckLog { count: cells.number("check_count", count)?, last_at: cells.some_time("last_checked_at", last_at)? })
}

const SHOWN: &str = "shown";

const fn intake_word(intake: Intake) -> &'static str {
    match intake {
        Intake::Open => "open",
        Intake::Closed => "closed",
    }
}

fn display_cells(display: &Display) -> (&'static str, Option<Micros>, Option<String>) {
    match display {
        Display::Shown => (SHOWN, None, None),
        Display::Withdrawn { at, why } => {
            let by = match why {
                Withdrawal::PaidBy { payment } => Some(payment.to_string()),
                Withdrawal::Cancelled
                | Withdrawal::Superseded
                | Withdrawal::PaidInCash
                | Withdrawal::Expired
                | Withdrawal::Voided => None,
            };
            (why.word(), Some((*at).into()), by)
        }
    }
}

fn reference_cells(reference: &PublicReference) -> (&'static str, Option<String>) {
    match reference {
        PublicReference::Unset => ("unset", None),
        PublicReference::Provider(provider_ref) => ("provider", Some(provider_ref.to_string())),
        PublicReference::Own => ("own", None),
    }
}
