//! What the providers know: charges, the money that arrived on them, and notifications still to be delivered.
//!
//! The ledger is the truth that test programmes compare a gateway against, so every change is an [`Entry`] that goes
//! to the journal before anybody hears of it.

mod answer;
mod books;
mod charge;
mod entry;
mod notification;
mod payment;
mod refund;
mod refunds;
mod snap;
mod transaction;

pub(crate) use answer::Answer;
pub(crate) use books::Books;
pub(crate) use charge::{Api, Charge, ChargeStatus, Method, PaymentMethod};
pub(crate) use entry::Entry;
pub(crate) use notification::{Event, Notification};
pub(crate) use payment::{Payment, PaymentOutcome};
pub(crate) use refund::{Refund, RefundOutcome};
pub(crate) use refunds::Refunds;
pub(crate) use snap::SnapPage;
pub(crate) use transaction::{Card, Fraud, TakenBack, Transaction};
