//! Listings: which payments, and from where on.

use crate::charge::Funds;
use crate::ids::{BranchId, MerchantId, OrderCode, PaymentId, ProviderId};
use crate::method::Method;
use crate::payment::{Payment, PaymentStatus};
use crate::time::Timestamp;

/// Which payments of a merchant; what is `None` does not matter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PaymentFilter {
    /// The tenant.
    pub merchant: MerchantId,
    /// Of that branch.
    pub branch: Option<BranchId>,
    /// Of that order.
    pub order_code: Option<OrderCode>,
    /// That stand there.
    pub status: Option<PaymentStatus>,
    /// By that method.
    pub method: Option<Method>,
    /// With a charge at that provider that is not hidden.
    pub provider: Option<ProviderId>,
    /// With money whose receipt shows that number on the customer's phone.
    pub receipt_id: Option<String>,
    /// Made then or later.
    pub from: Option<Timestamp>,
    /// Made before then.
    pub to: Option<Timestamp>,
}

/// A payment's place in a listing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PaymentPlace {
    /// When it was made.
    pub created_at: Timestamp,
    /// Its id, which tells payments of the same moment apart.
    pub id: PaymentId,
}

impl PaymentFilter {
    /// All payments of a merchant.
    #[must_use]
    pub const fn of(merchant: MerchantId) -> Self {
        Self {
            merchant,
            branch: None,
            order_code: None,
            status: None,
            method: None,
            provider: None,
            receipt_id: None,
            from: None,
            to: None,
        }
    }

    /// Whether that payment is one of them.
    #[must_use]
    pub fn admits(&self, payment: &Payment) -> bool {
        let branch = || self.branch.is_none() || self.branch == payment.branch;
        let order = || self.order_code.as_ref().is_none_or(|code| *code == payment.order_code);
        let made = || {
            self.from.is_none_or(|from| payment.created_at >= from) && self.to.is_none_or(|to| payment.created_at < to)
        };
        self.merchant == payment.merchant
            && branch()
            && order()
            && self.status.is_none_or(|status| status == payment.status())
            && self.method.is_none_or(|method| method == payment.method)
            && self.provider.as_ref().is_none_or(|provider| is_at(payment, provider))
            && self.receipt_id.as_ref().is_none_or(|id| has_receipt(payment, id))
            && made()
    }
}

impl PaymentPlace {
    /// Where a payment stands in a listing.
    #[must_use]
    pub const fn of(payment: &Payment) -> Self {
        Self { created_at: payment.created_at, id: payment.id }
    }
}

fn is_at(payment: &Payment, provider: &ProviderId) -> bool {
    payment.charges.iter().any(|charge| !charge.is_hidden() && &charge.provider == provider)
}

fn has_receipt(payment: &Payment, receipt_id: &str) -> bool {
    let funds = payment.charges.iter().filter_map(|charge| charge.state.funds());
    funds.flat_map(Funds::receipts).any(|receipt| receipt.payer.receipt_id() == Some(receipt_id))
}
