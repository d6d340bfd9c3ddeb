//! Rows and what they mean: the one place where the database's words meet the domain's.

mod anchor;
mod audit;
mod budget;
mod cells;
mod charge;
mod details;
mod exception;
mod idempotency;
mod inbox;
mod misfit;
mod money;
mod offline;
mod order;
mod outbox;
mod payment;
mod words;

pub(crate) use anchor::{AnchorRow, AnchoredHeadRow, HeadRow};
pub(crate) use audit::{BodyRow, EventBodyRow, EventRow};
pub(crate) use budget::{BudgetKey, WindowCell};
pub(crate) use cells::{Cells, integer};
pub(crate) use charge::ChargeRow;
pub(crate) use details::DetailsRow;
pub(crate) use exception::{ExceptionRow, OPEN as EXCEPTION_OPEN};
pub(crate) use idempotency::IdempotencyRow;
pub(crate) use inbox::{
    DEAD as DELIVERY_DEAD, DONE as DELIVERY_DONE, DeliveryRow, NewDeliveryRow, OPEN as DELIVERY_OPEN,
    PARKED as DELIVERY_PARKED,
};
pub(crate) use money::{MoneyFacts, ReceiptRow, RefundRow, ReversalRow};
pub(crate) use offline::OfflineRow;
pub(crate) use order::OrderRow;
pub(crate) use outbox::MessageRow;
pub(crate) use payment::{DueColumns, PaymentRow};
pub(crate) use words::status_word;
