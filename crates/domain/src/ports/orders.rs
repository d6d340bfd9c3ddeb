//! Orders as they were registered with us.

use async_trait::async_trait;

use super::StoreError;
use crate::cash::CashTender;
use crate::ids::{MerchantId, OrderCode};
use crate::order::Order;

/// Reads orders; they are written by [`commit`](super::PaymentRepository::commit).
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait OrderRepository: Send + Sync {
    /// The order of that code; `None` where it is not registered.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn order(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Option<Order>, StoreError>;

    /// The cash that was taken for an order, registered or not, in the order in which we were told.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    async fn tenders(&self, merchant: &MerchantId, code: &OrderCode) -> Result<Vec<CashTender>, StoreError>;
}
