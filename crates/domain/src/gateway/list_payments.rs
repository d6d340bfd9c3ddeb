//! List payments, a page at a time.

use super::paging::{cut, one_more};
use super::{Gateway, Scope};
use crate::payment::Payment;
use crate::ports::{PaymentFilter, PaymentPlace, StoreError};

/// A piece of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentPage {
    /// The payments, newest first.
    pub payments: Vec<Payment>,
    /// Behind which payment the next page starts; `None` if there is none.
    pub next: Option<PaymentPlace>,
}

impl Gateway {
    /// Up to `limit` payments of those that the filter admits and the scope covers, newest first.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn list_payments(
        &self,
        scope: &Scope,
        filter: PaymentFilter,
        after: Option<PaymentPlace>,
        limit: u32,
    ) -> Result<PaymentPage, StoreError> {
        let Some(filter) = within(scope, filter) else {
            return Ok(PaymentPage { payments: Vec::new(), next: None });
        };
        let mut payments = self.ports.payments.list(&filter, after, one_more(limit)).await?;
        let next = cut(&mut payments, limit, PaymentPlace::of);
        Ok(PaymentPage { payments, next })
    }
}

/// The filter, narrowed to what the scope covers; `None` where that leaves nothing.
fn within(scope: &Scope, filter: PaymentFilter) -> Option<PaymentFilter> {
    let branch = match (&scope.branch, filter.branch) {
        (Some(own), Some(asked)) if *own != asked => return None,
        (own, asked) => asked.or_else(|| own.clone()),
    };
    Some(PaymentFilter { merchant: scope.merchant.clone(), branch, ..filter })
}
