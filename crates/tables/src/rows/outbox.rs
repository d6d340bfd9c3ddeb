//! A message on its way out.

use diesel::prelude::*;
use mstore_pay_domain::event::{OutboxMessage, PaymentEvent};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::StoreError;

use super::cells::{Cells, integer};
use super::words::{status_word, statuses};
use crate::by_column;
use crate::schema::outbox;
use crate::types::Micros;

/// A message; when it is due and who holds it is not read with it.
#[derive(Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = outbox, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(treat_none_as_default_value = false)]
pub struct MessageRow {
    /// The message.
    pub id: String,
    merchant_id: String,
    branch_id: Option<String>,
    payment_id: String,
    order_code: String,
    revision: i64,
    at: Micros,
    event: String,
    status: Option<String>,
    paid_at: Option<Micros>,
    attempts: i64,
}

by_column!(MessageRow, outbox:
    id, merchant_id, branch_id, payment_id, order_code, revision, at, event, status, paid_at, attempts,
);

impl MessageRow {
    /// The row of a message.
    pub fn of(message: &OutboxMessage) -> Self {
        let (status, paid_at) = match message.event {
            PaymentEvent::StatusChanged(status) => (Some(status_word(status)), None),
            PaymentEvent::OrderPaid { paid_at } => (None, Some(paid_at)),
            PaymentEvent::ExceptionRaised => (None, None),
        };
        Self {
            id: message.id.to_string(),
            merchant_id: message.merchant.to_string(),
            branch_id: message.branch.as_ref().map(ToString::to_string),
            payment_id: message.payment.to_string(),
            order_code: message.order_code.to_string(),
            revision: integer(message.revision.number()),
            at: message.at.into(),
            event: message.event.word().to_owned(),
            status: status.map(ToOwned::to_owned),
            paid_at: paid_at.map(Micros::from),
            attempts: 0,
        }
    }

    /// How often it was handed over in vain.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn attempts(&self) -> Result<u32, StoreError> {
        self.cells().number("attempts", self.attempts)
    }

    /// The message of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<OutboxMessage, StoreError> {
        let cells = self.cells();
        Ok(OutboxMessage {
            id: cells.text("id", &self.id)?,
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            payment: cells.text("payment_id", &self.payment_id)?,
            order_code: cells.text("order_code", &self.order_code)?,
            revision: Revision::of(cells.number("revision", self.revision)?),
            at: cells.time("at", self.at)?,
            event: self.read_event()?,
        })
    }

    fn cells(&self) -> Cells<'_> {
        Cells { table: "outbox", id: &self.id }
    }

    fn read_event(&self) -> Result<PaymentEvent, StoreError> {
        let cells = self.cells();
        match self.event.as_str() {
            "status_changed" => {
                let status = cells.need("status", self.status.as_deref())?;
                cells.word("status", status, statuses()).map(PaymentEvent::StatusChanged)
            }
            "order_paid" => Ok(PaymentEvent::OrderPaid { paid_at: cells.needed_time("paid_at", self.paid_at)? }),
            "exception_raised" => Ok(PaymentEvent::ExceptionRaised),
            _unknown => Err(cells.unknown("event")),
        }
    }
}
