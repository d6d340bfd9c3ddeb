//! Suites that every adapter of the payments ports must pass, ours or yours.
//!
//! A suite is a list of cases, each a promise of a port in one sentence. A macro turns the list into
//! plain tests of your crate, so that each is shown by its name and a case that is added here reaches
//! every adapter with the next version.
//!
//! | macro | for | you write |
//! |---|---|---|
//! | [`provider_suite!`] | `PaymentProvider` | [`ProviderHarness`](provider::ProviderHarness) |
//! | [`webhook_suite!`] | `WebhookSource` | [`WebhookHarness`](webhook::WebhookHarness) |
//! | [`store_suite!`] | the store ports | [`StoreHarness`](store::StoreHarness) |
//! | [`ledger_suite!`] | `TransactionLedger` | [`LedgerHarness`](ledger::LedgerHarness) |
//!
//! A case never skips: where an adapter cannot do something, the case proves that it says so and sends
//! nothing. [`WireStub`](wire::WireStub) is a server that answers what a test wants, for adapters that
//! speak HTTP.
#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a case fails by panicking, and every case may fail"
)]

pub mod race;
pub mod store;

#[doc(hidden)]
pub mod __private {
    pub use crate::run::{block_on, fails};
}

mod run;
