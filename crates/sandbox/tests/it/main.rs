//! The sandbox over real HTTP: what it answers, what it remembers, what it breaks.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::future_not_send,
    reason = "a test fails by panicking, and holds actix handlers"
)]

mod accounts;
mod after;
mod api;
mod faults;
mod journal;
mod limits;
mod midtrans;
mod pay;
mod qr_codes;
mod refunds;
mod support;
mod time;
mod transactions;
mod v2;
mod webhooks;
