//! Cash: taken at the word of whoever took it, and marked so.

use crate::exception::{Misfit, MoneySource};
use crate::ids::{BranchId, DeviceId, MerchantId, OrderCode, ProviderRef, TenderId, UserId};
use crate::money::{Money, ReportedMoney};
use crate::offline::{OfflineKind, OfflineReference};
use crate::time::Timestamp;

/// Cash that was taken for an order. Only ever added: what was given back is the order's void.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CashTender {
    /// Our id.
    pub id: TenderId,
    /// The tenant.
    pub merchant: MerchantId,
    /// In which branch, where the token named one.
    pub branch: Option<BranchId>,
    /// For which order.
    pub order_code: OrderCode,
    /// How much.
    pub amount: Money,
    /// At which till, where it was named.
    pub device: Option<DeviceId>,
    /// By whom it was told.
    pub by: UserId,
    /// How we know of it.
    pub source: TenderSource,
    /// When it was taken.
    pub taken_at: Timestamp,
    /// When we were told.
    pub recorded_at: Timestamp,
}

/// How we know of cash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenderSource {
    /// The till told at once.
    Till,
    /// The till reported it when its line was back.
    Report {
        /// As what: a sale that says it is paid, or a payment.
        kind: OfflineKind,
        /// The till's name for it.
        reference: OfflineReference,
    },
}

impl CashTender {
    /// Whether this is the cash that a till reports as `kind` now, having told of it otherwise before: at once, with no
    /// answer coming through perhaps, or with the sale, and as a payment of that sale.
    #[must_use]
    pub fn is_reported_again_as(&self, kind: OfflineKind, device: &DeviceId, amount: &Money) -> bool {
        let told_otherwise = match &self.source {
            TenderSource::Till => true,
            TenderSource::Report { kind: known, .. } => *known != kind,
        };
        told_otherwise && self.device.as_ref() == Some(device) && &self.amount == amount
    }

    /// The exception of cash that is not what the order costs; `None` where it is.
    #[must_use]
    pub fn misfit_of_amount(&self, grand_total: &Money) -> Option<Misfit> {
        let source = MoneySource::Receipt(ProviderRef::of_cash(&self.id));
        let misfit = Misfit::of_amount(source, grand_total.clone(), ReportedMoney::idr(self.amount.clone()));
        (&self.amount != grand_total).then_some(misfit)
    }

    /// The exception of cash that came although the order was paid.
    #[must_use]
    pub fn paid_twice(&self) -> Misfit {
        Misfit::PaidTwice { receipt: ProviderRef::of_cash(&self.id), amount: self.amount.clone() }
    }

    /// The exception of cash that came although the order was called off.
    #[must_use]
    pub fn paid_after_void(&self) -> Misfit {
        Misfit::PaidAfterVoid { receipt: ProviderRef::of_cash(&self.id), amount: self.amount.clone() }
    }
}
