//! An order: a row of `transactions`.

use diesel::prelude::*;
use mstore_pay_domain::order::{Order, OrderState, OrderStatus, PaidBy};
use mstore_pay_domain::payment::Revision;
use mstore_pay_domain::ports::StoreError;

use super::cells::{Cells, integer};
use crate::by_column;
use crate::schema::transactions;
use crate::types::{Micros, MinorUnits};

/// A POS order.
#[derive(Debug, Queryable, QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = transactions, check_for_backend(diesel::pg::Pg, diesel::sqlite::Sqlite))]
#[diesel(primary_key(merchant_id, order_code))]
#[diesel(treat_none_as_default_value = false, treat_none_as_null = true)]
pub struct OrderRow {
    merchant_id: String,
    order_code: String,
    branch_id: Option<String>,
    grand_total: MinorUnits,
    payment_method: Option<String>,
    body: Option<String>,
    created_at: Micros,
    revision: i64,
    status: String,
    paid_at: Option<Micros>,
    paid_by: Option<String>,
    paid_by_payment_id: Option<String>,
    voided_at: Option<Micros>,
}

by_column!(OrderRow, transactions:
    merchant_id, order_code, branch_id, grand_total, payment_method, body, created_at, revision, status,
    paid_at, paid_by, paid_by_payment_id, voided_at,
);

impl OrderRow {
    /// The row of an order as it shall be, under its next revision.
    pub fn of(order: &Order, revision: Revision) -> Self {
        let (paid_at, voided_at) = match &order.state {
            OrderState::Paid { at, .. } => (Some(*at), None),
            OrderState::Synced { paid_at, .. } => (Some(*paid_at), None),
            OrderState::Voided { at } => (None, Some(*at)),
            OrderState::Draft | OrderState::PendingPayment | OrderState::Failed | OrderState::Expired => (None, None),
        };
        let (paid_by, paid_by_payment) = match order.state.paid_by() {
            Some(PaidBy::Payment(payment)) => (Some(BY_PAYMENT), Some(payment.to_string())),
            Some(PaidBy::Cash) => (Some(BY_CASH), None),
            None => (None, None),
        };
        Self {
            merchant_id: order.merchant.to_string(),
            order_code: order.code.to_string(),
            branch_id: order.branch.as_ref().map(ToString::to_string),
            grand_total: MinorUnits::from(&order.grand_total),
            payment_method: order.payment_method.clone(),
            body: order.body_json.clone(),
            created_at: order.created_at.into(),
            revision: integer(revision.number()),
            status: order.state.status().word().to_owned(),
            paid_at: paid_at.map(Micros::from),
            paid_by: paid_by.map(ToOwned::to_owned),
            paid_by_payment_id: paid_by_payment,
            voided_at: voided_at.map(Micros::from),
        }
    }

    /// The order of this row.
    ///
    /// # Errors
    /// [`StoreError`] names the table, the column and the row of the cell that cannot be read.
    pub fn read(&self) -> Result<Order, StoreError> {
        let cells = self.cells();
        Ok(Order {
            merchant: cells.text("merchant_id", &self.merchant_id)?,
            branch: cells.some_text("branch_id", self.branch_id.as_deref())?,
            code: cells.text("order_code", &self.order_code)?,
            grand_total: cells.money("grand_total", self.grand_total)?,
            payment_method: self.payment_method.clone(),
            body_json: self.body.clone(),
            created_at: cells.time("created_at", self.created_at)?,
            revision: Revision::of(cells.number("revision", self.revision)?),
            state: self.read_state()?,
        })
    }

    fn cells(&self) -> Cells<'_> {
        Cells { table: "transactions", id: &self.order_code }
    }

    fn read_state(&self) -> Result<OrderState, StoreError> {
        let cells = self.cells();
        let paid_at = || cells.needed_time("paid_at", self.paid_at);
        match cells.text("status", &self.status)? {
            OrderStatus::Draft => Ok(OrderState::Draft),
            OrderStatus::PendingPayment => Ok(OrderState::PendingPayment),
            OrderStatus::Paid => Ok(OrderState::Paid { at: paid_at()?, by: self.read_paid_by()? }),
            OrderStatus::Synced => Ok(OrderState::Synced { paid_at: paid_at()?, by: self.read_paid_by()? }),
            OrderStatus::Failed => Ok(OrderState::Failed),
            OrderStatus::Expired => Ok(OrderState::Expired),
            OrderStatus::Voided => Ok(OrderState::Voided { at: cells.needed_time("voided_at", self.voided_at)? }),
        }
    }

    fn read_paid_by(&self) -> Result<PaidBy, StoreError> {
        let cells = self.cells();
        match cells.need("paid_by", self.paid_by.as_deref())? {
            BY_PAYMENT => {
                cells.needed_text("paid_by_payment_id", self.paid_by_payment_id.as_deref()).map(PaidBy::Payment)
            }
            BY_CASH => Ok(PaidBy::Cash),
            _unknown => Err(cells.unknown("paid_by")),
        }
    }
}

const BY_PAYMENT: &str = "payment";
const BY_CASH: &str = "cash";
