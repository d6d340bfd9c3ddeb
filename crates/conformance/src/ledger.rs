//! What every transaction ledger's adapter promises.

mod cases;

pub use cases::*;

use std::sync::Arc;

use async_trait::async_trait;
use mstore_pay_domain::ids::{MerchantId, OrderCode, PaymentId};
use mstore_pay_domain::ports::{OrderSummary, TransactionLedger};

/// Makes ledgers to be tested.
#[async_trait]
pub trait LedgerHarness: Send + Sync {
    /// An adapter and a ledger with empty books.
    async fn fresh(&self) -> Box<dyn LedgerRig>;
}

/// An adapter and the ledger behind it.
#[async_trait]
pub trait LedgerRig: Send + Sync {
    /// The adapter.
    fn ledger(&self) -> Arc<dyn TransactionLedger>;

    /// Registers an order in the ledger's books.
    async fn put_order(&self, merchant: &MerchantId, code: &OrderCode, order: &OrderSummary);

    /// That many payments of 33,000 rupiah for one order which the shop was paid, and of which the ledger has not
    /// heard. Where the books are the gateway's own they stand there from now on; otherwise they are ids.
    async fn paid(&self, merchant: &MerchantId, code: &OrderCode, count: usize) -> Vec<PaymentId>;

    /// How often that payment stands in the ledger's books: as what paid its order, or as money beyond that.
    async fn booked(&self, payment: &PaymentId) -> usize;

    /// From now on the ledger cannot be reached.
    async fn take_down(&self);
}

/// Every case of the ledger suite, handed to a macro; see [`for_each_store_case!`](crate::for_each_store_case).
#[macro_export]
macro_rules! for_each_ledger_case {
    ([$($callback:tt)+] $($arguments:tt)*) => {
        $($callback)+! { [$($arguments)*]
            known_order_is_resolved_wherever_it_stands,
            unknown_order_resolves_to_nothing,
            order_of_another_merchant_resolves_to_nothing,
            payment_is_booked_once_however_often_it_is_verified,
            payment_of_an_unknown_order_is_booked,
            payments_of_one_order_are_told_apart,
            ledger_out_of_reach_is_unavailable,
        }
    };
}

/// Tests of a ledger's adapter: `ledger_suite!(name, harness)`, or `ledger_suite!(name, harness, #[tokio::test])`
/// where its futures need a runtime. `harness` is an expression of a [`LedgerHarness`].
#[macro_export]
macro_rules! ledger_suite {
    ($name:ident, $harness:expr $(, #[$($attribute:tt)+])?) => {
        $crate::for_each_ledger_case! { [$crate::__tests] ledger, $name, $harness $(, #[$($attribute)+])? }
    };
}

/// The names of the cases that a ledger's adapter fails, in order.
#[macro_export]
macro_rules! ledger_failures {
    ($harness:expr) => {
        $crate::for_each_ledger_case! { [$crate::__failures] ledger, $harness }
    };
}
