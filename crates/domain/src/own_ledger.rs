//! The transaction ledger of those who register their orders with us: our own store.

use std::sync::Arc;

use async_trait::async_trait;

use crate::ids::{MerchantId, OrderCode, PaymentId};
use crate::money::Money;
use crate::order::{Order, OrderOutcome, OrderSignal, PaidBy};
use crate::payment::PaymentStatus;
use crate::ports::{
    CommitError, LedgerError, LedgerErrorKind, OrderRepository, OrderSummary, PaymentRepository, StoreError,
    TransactionLedger,
};
use crate::time::Timestamp;
use crate::unit_of_work::{OrderWrite, UnitOfWork};

/// How often an order is read again when others write it.
const TRIES_MAX: u32 = 3;

/// A ledger over the orders in our own store.
#[derive(Clone)]
pub struct OwnLedger {
    orders: Arc<dyn OrderRepository>,
    payments: Arc<dyn PaymentRepository>,
}

impl OwnLedger {
    /// The orders of that store; `payments` is where they are written.
    #[must_use]
    pub fn new(orders: Arc<dyn OrderRepository>, payments: Arc<dyn PaymentRepository>) -> Self {
        Self { orders, payments }
    }
}

#[async_trait]
impl TransactionLedger for OwnLedger {
    async fn resolve(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<OrderSummary>, LedgerError> {
        let order = self.orders.order(merchant, code).await.map_err(|error| unavailable("resolve an order", error))?;
        Ok(order.as_ref().map(OrderSummary::from))
    }

    fn is_our_own(&self) -> bool {
        true
    }

    async fn verify_payment(
        &self,
        merchant: &MerchantId,
        code: &OrderCode,
        payment: &PaymentId,
        _amount: &Money,
        paid_at: Timestamp,
    ) -> Result<(), LedgerError> {
        const WHAT: &str = "verify a payment";
        for _ in 0..TRIES_MAX {
            let order = self.orders.order(merchant, code).await.map_err(|error| unavailable(WHAT, error))?;
            let Some(order) = order else { return Ok(()) };
            let state = match order.state.on(&OrderSignal::Paid { at: paid_at, by: PaidBy::Payment(*payment) }) {
                OrderOutcome::Moved(state) => state,
                // What does not fit raised its exception with the receipt.
                OrderOutcome::Unchanged
                | OrderOutcome::PaidAfterVoid
                | OrderOutcome::PaidTwice
                | OrderOutcome::Refused => return Ok(()),
            };
            // Told late, of money that was taken back meanwhile.
            let stored = self.payments.payment(merchant, payment).await.map_err(|error| unavailable(WHAT, error))?;
            if stored.is_some_and(|stored| stored.status() == PaymentStatus::Reversed) {
                return Ok(());
            }
            let expected = order.revision;
            let write = OrderWrite { order: Order { state, ..order }, expected };
            let work = UnitOfWork { orders: vec![write], ..UnitOfWork::default() };
            match self.payments.commit(&work).await {
                Ok(()) => return Ok(()),
                Err(CommitError::Conflict { .. } | CommitError::Store(StoreError::CommitUnknown { .. })) => {}
                Err(error) => return Err(unavailable(WHAT, error)),
            }
        }
        Err(LedgerError { operation: WHAT, kind: LedgerErrorKind::Unavailable, source: None })
    }
}

fn unavailable(operation: &'static str, source: impl std::error::Error + Send + Sync + 'static) -> LedgerError {
    LedgerError { operation, kind: LedgerErrorKind::Unavailable, source: Some(Box::new(source)) }
}
