//! What a till reports, parsed.

use super::{OfflineKind, OfflineReference};
use crate::audit::Digest;
use crate::ids::{BranchId, OrderCode};
use crate::method::Method;
use crate::money::Money;
use crate::time::Timestamp;

/// One thing that a till did while its line was down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineItem {
    /// The till's name for it.
    pub reference: OfflineReference,
    /// When, by the till's clock.
    pub created_at_device: Timestamp,
    /// Digest of its canonical content.
    pub fingerprint: Digest,
    /// Its content, as JSON text.
    pub body_json: String,
    /// What was done.
    pub reported: Reported,
}

/// What was done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reported {
    /// A sale was made.
    Sale(OfflineSale),
    /// A payment was taken.
    Payment(OfflinePayment),
    /// A sale was called off.
    Void(OfflineVoid),
}

/// A sale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineSale {
    /// Its order code.
    pub code: OrderCode,
    /// In which branch, where the till says so.
    pub branch: Option<BranchId>,
    /// What it costs.
    pub grand_total: Money,
    /// What the till said it would be paid by.
    pub payment_method: Option<String>,
    /// Where it stands, as the till says.
    pub state: SaleState,
}

/// Where a sale stands, as the till says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SaleState {
    /// To be paid.
    Open,
    /// Paid in cash.
    PaidInCash,
    /// Paid by a method of which only the provider can tell.
    PaidBy(Method),
    /// Its payment failed, or was called off; another may follow.
    Failed,
    /// Its payment's time was over; another may follow.
    Expired,
    /// Called off.
    CalledOff,
}

/// A payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflinePayment {
    /// For which order.
    pub order_code: OrderCode,
    /// How much.
    pub amount: Money,
    /// By what.
    pub tender: OfflineTender,
}

/// By what was paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OfflineTender {
    /// Cash, which is taken at the till's word.
    Cash,
    /// A method of which only the provider can tell.
    Unproven {
        /// Which.
        method: Method,
        /// A payment or charge that the till knew of, by any of its ids.
        named: Option<String>,
        /// The number on the customer's receipt, as the cashier read it.
        receipt_id: Option<String>,
    },
    /// None: the till itself says that it failed, that its time was over, or that it was called off.
    Nothing {
        /// A payment or charge that the till knew of, by any of its ids.
        named: Option<String>,
    },
}

/// A void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineVoid {
    /// Of which order.
    pub order_code: OrderCode,
    /// Why.
    pub reason: Option<String>,
}

impl OfflineItem {
    /// What kind of thing it is.
    #[must_use]
    pub const fn kind(&self) -> OfflineKind {
        match &self.reported {
            Reported::Sale(_) => OfflineKind::Transaction,
            Reported::Payment(_) => OfflineKind::Payment,
            Reported::Void(_) => OfflineKind::Void,
        }
    }

    /// The order that it is about.
    #[must_use]
    pub const fn order_code(&self) -> &OrderCode {
        match &self.reported {
            Reported::Sale(sale) => &sale.code,
            Reported::Payment(payment) => &payment.order_code,
            Reported::Void(void) => &void.order_code,
        }
    }
}
