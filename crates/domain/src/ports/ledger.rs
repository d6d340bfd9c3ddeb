//! The transaction service that owns the POS orders: ours, or somebody else's.

use async_trait::async_trait;
use thiserror::Error;

use crate::ids::{BranchId, MerchantId, OrderCode, PaymentId};
use crate::money::Money;
use crate::order::{Order, OrderStatus};
use crate::time::Timestamp;

/// What selling needs to know of an order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrderSummary {
    /// What it costs.
    pub grand_total: Money,
    /// The branch it was sold in.
    pub branch: Option<BranchId>,
    /// Where it stands.
    pub status: OrderStatus,
}

impl From<&Order> for OrderSummary {
    fn from(order: &Order) -> Self {
        Self { grand_total: order.grand_total.clone(), branch: order.branch.clone(), status: order.state.status() }
    }
}

/// What went wrong at the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LedgerErrorKind {
    /// It cannot be reached, or takes too long.
    Unavailable,
    /// It answered something that makes no sense.
    Malformed,
    /// It refuses the payment, now and later.
    Refused,
}

/// A ledger that did not do what it was asked.
#[derive(Debug, Error)]
#[error("could not {operation} at the transaction ledger")]
pub struct LedgerError {
    /// What we tried.
    pub operation: &'static str,
    /// What went wrong.
    pub kind: LedgerErrorKind,
    /// Why.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
}

/// The transaction service that owns the POS orders.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait TransactionLedger: Send + Sync {
    /// The order of that code; `None` where the ledger does not know it.
    ///
    /// # Errors
    /// [`LedgerError`]; selling goes on as if the order were not registered.
    async fn resolve(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<OrderSummary>, LedgerError>;

    /// Whether its orders are those of the gateway's own store: whoever has read an order there need not ask for it here.
    fn is_our_own(&self) -> bool {
        false
    }

    /// Tells the ledger that a payment paid an order. MUST be idempotent on the payment id, and MUST
    /// succeed for an order that the ledger does not know (yet).
    ///
    /// # Errors
    /// [`LedgerError`]; the message is retried until it gets through, unless it is
    /// [`Refused`](LedgerErrorKind::Refused): then the payment is put before a person.
    async fn verify_payment(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        payment: &PaymentId,
        amount: &Money,
        paid_at: Timestamp,
    ) -> Result<(), LedgerError>;
}
