//! Finding a payment by what a client calls it.

use thiserror::Error;

use super::Gateway;
use crate::ids::{BranchId, MerchantId};
use crate::order::Order;
use crate::payment::Payment;
use crate::ports::{PaymentInOrder, PaymentName, StoreError};

/// What a token may see: a merchant, or one branch of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// The tenant.
    pub merchant: MerchantId,
    /// The branch, where the token is bound to one.
    pub branch: Option<BranchId>,
}

/// Why no payment was found.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum FindError {
    /// There is none, or it is another tenant's: the two cannot be told apart.
    #[error("no such payment")]
    NotFound,
    /// The store failed.
    #[error("could not look for the payment")]
    Store(#[from] StoreError),
}

impl Scope {
    /// Whether a token of this scope may see the payment.
    #[must_use]
    pub fn covers(&self, payment: &Payment) -> bool {
        self.merchant == payment.merchant
            && self.branch.as_ref().is_none_or(|branch| payment.branch.as_ref() == Some(branch))
    }

    /// Whether a token of this scope may see the order. One that names no branch is the whole merchant's.
    #[must_use]
    pub fn covers_order(&self, order: &Order) -> bool {
        let fits = |branch: &BranchId| order.branch.as_ref().is_none_or(|of_order| of_order == branch);
        self.merchant == order.merchant && self.branch.as_ref().is_none_or(fits)
    }
}

impl Gateway {
    /// The payment that a client means by its own id or by any provider's id of its charges.
    ///
    /// # Errors
    /// [`FindError::NotFound`] also for what is another tenant's.
    pub async fn find(&self, scope: &Scope, reference: &str) -> Result<Payment, FindError> {
        let (payments, merchant) = (&self.ports.payments, &scope.merchant);
        let found = match PaymentName::parse(reference) {
            Ok(PaymentName::Id(id)) => payments.payment(merchant, &id).await?,
            Ok(PaymentName::ProviderRef(provider_ref)) => payments.by_provider_ref(merchant, &provider_ref).await?,
            Err(_no_name) => None,
        };
        found.filter(|payment| scope.covers(payment)).ok_or(FindError::NotFound)
    }

    /// The same with what the rest of its order says of it.
    ///
    /// # Errors
    /// As [`find`](Self::find).
    pub(super) async fn find_in_order(&self, scope: &Scope, reference: &str) -> Result<PaymentInOrder, FindError> {
        let name = PaymentName::parse(reference).map_err(|_no_name| FindError::NotFound)?;
        let found = self.ports.payments.payment_in_order(&scope.merchant, &name).await?;
        found.filter(|found| scope.covers(&found.payment)).ok_or(FindError::NotFound)
    }

    /// A payment with what the rest of its order says of it now.
    pub(super) async fn in_order(&self, payment: Payment) -> Result<PaymentInOrder, StoreError> {
        let (merchant, code) = (&payment.merchant, &payment.order_code);
        let order = self.ports.orders.order(merchant, code).await?;
        let paid_by = self.ports.payments.paid_of_order(merchant, code).await?;
        Ok(PaymentInOrder { payment, order, paid_by })
    }
}
