//! Rows and what they mean: the one place where the database's words meet the domain's.

mod account;
mod anchor;
mod audit;
mod cash;
mod cells;
mod charge;
mod details;
mod endpoint;
mod exception;
mod idempotency;
mod inbox;
mod merchant;
mod misfit;
mod money;
mod offline;
mod order;
mod outbox;
mod payment;
mod state;
mod words;

pub use account::{ACCOUNT_ENABLED, AccountNoteRow, AccountRow};
pub use anchor::{AnchorRow, AnchoredHeadRow, CHAINS_LOOKED_THROUGH_MAX, HeadRow, LAST_PAYMENT_ID};
pub use audit::{BodyRow, EventBodyRow, EventRow};
pub use cash::TenderRow;
pub use cells::{Cells, integer};
pub use charge::ChargeRow;
pub use details::{DetailsRow, WithoutCustomer, names_a_customer};
pub use endpoint::{DispatchRow, ENDPOINT_ENABLED, EndpointNoteRow, EndpointRow, StandingColumns, backlog_of};
pub use exception::{ExceptionRow, IS_OPEN as EXCEPTION_IS_OPEN, OPEN as EXCEPTION_OPEN};
pub use idempotency::IdempotencyRow;
pub use inbox::{
    DEAD as DELIVERY_DEAD, DONE as DELIVERY_DONE, DeliveryRow, IS_DEAD as DELIVERY_IS_DEAD,
    IS_OPEN as DELIVERY_IS_OPEN, IS_PARKED as DELIVERY_IS_PARKED, NewDeliveryRow, OPEN as DELIVERY_OPEN,
    PARKED as DELIVERY_PARKED,
};
pub use merchant::{AnchoredMerchantRow, MerchantEventRow, MerchantHeadRow};
pub use money::{MoneyFacts, ReceiptRow, RefundRow, ReversalRow};
pub use offline::{ConflictRow, DeviceRow, NumbersRow, OPEN as CONFLICT_OPEN, OfflineRow, ReportRow};
pub use order::OrderRow;
pub use outbox::MessageRow;
pub use payment::{DueColumns, IS_PENDING as PAYMENT_IS_PENDING, PaymentRow};
pub use state::{PaymentState, StateRow};
pub use words::{Words, columns_of_words, status_word};
