//! Cash: the cashier took it. Whatever could still pay the order is closed, and asked about once more, first.

use thiserror::Error;

use super::{DecideError, Gateway, Scope};
use crate::audit::Actor;
use crate::cash::{CashTender, TenderSource};
use crate::dossier::Dossier;
use crate::ids::{DeviceId, OrderCode, TenderId, UserId};
use crate::money::Money;
use crate::order::{Order, OrderState, PaidBy};
use crate::payment::{Payment, Withdrawal};
use crate::ports::StoreError;

/// Cash as a till tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TakeCash {
    /// Whose, and in which branch.
    pub scope: Scope,
    /// Who took it.
    pub user: UserId,
    /// For which order.
    pub code: OrderCode,
    /// How much.
    pub amount: Money,
    /// At which till, where it was named.
    pub device: Option<DeviceId>,
}

/// Why cash was not taken in.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CashError {
    /// No order of that code is registered, or it is another branch's.
    #[error("no such order")]
    NotFound,
    /// Money came first: the cash is to be given back.
    #[error("order is already paid")]
    AlreadyPaid {
        /// By this payment, where its money is here.
        payment: Option<Box<Payment>>,
    },
    /// Not what the order costs.
    #[error("amount is not the order's")]
    AmountMismatch {
        /// What it costs.
        expected: Money,
    },
    /// The order was called off.
    #[error("order was voided")]
    Voided,
    /// Others kept writing.
    #[error("others kept changing the order")]
    Contended,
    /// The store failed.
    #[error("could not read or write the order")]
    Store(#[from] StoreError),
}

impl From<DecideError> for CashError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Contended => Self::Contended,
            DecideError::Store(store) => Self::Store(store),
            DecideError::Commit(commit) => Self::Store(StoreError::query(commit)),
        }
    }
}

impl Gateway {
    /// Takes cash for a registered order, which is paid by it. The same again gives the same.
    ///
    /// # Errors
    /// [`CashError::AlreadyPaid`] if money came first.
    pub async fn take_cash(&self, cash: &TakeCash) -> Result<Order, CashError> {
        let actor = Actor::User(cash.user.clone());
        let merchant = &cash.scope.merchant;
        let order = self.read_order(&cash.scope, &cash.code).await?.ok_or(CashError::NotFound)?;
        let mut is_taken = false;
        if is_payable(&order, cash)? {
            let limit = self.policies.cancel_within;
            self.close_live(merchant, &cash.code, &actor, Withdrawal::PaidInCash, limit).await?;
            let id = TenderId::new(self.ports.ids.uuid());
            is_taken = self.decide(merchant, &cash.code, &actor, |dossier| take(dossier, cash, id)).await??;
        }
        if !is_taken && !self.is_told_again(cash).await? {
            return Err(CashError::AlreadyPaid { payment: None });
        }
        self.read_order(&cash.scope, &cash.code).await?.ok_or(CashError::NotFound)
    }
}

impl Gateway {
    /// Whether the cash that paid the order is this: from the same till, or from the same cashier where none was named.
    async fn is_told_again(&self, cash: &TakeCash) -> Result<bool, StoreError> {
        let tenders = self.ports.orders.tenders(&cash.scope.merchant, &cash.code).await?;
        Ok(tenders.iter().any(|tender| match (&tender.device, &cash.device) {
            (Some(taken_at), Some(told_at)) => taken_at == told_at,
            (_, _) => tender.by == cash.user,
        }))
    }
}

/// Takes the cash in on the order's dossier as it is then; `false` if some was taken before.
fn take(dossier: &mut Dossier, cash: &TakeCash, id: TenderId) -> Result<bool, CashError> {
    if let Some(paid) = dossier.paid_payment() {
        return Err(CashError::AlreadyPaid { payment: Some(Box::new(paid.clone())) });
    }
    if !is_payable(dossier.order().ok_or(CashError::NotFound)?, cash)? {
        return Ok(false);
    }
    let now = dossier.now();
    dossier.take_cash(CashTender {
        id,
        merchant: cash.scope.merchant.clone(),
        branch: cash.scope.branch.clone(),
        order_code: cash.code.clone(),
        amount: cash.amount.clone(),
        device: cash.device.clone(),
        by: cash.user.clone(),
        source: TenderSource::Till,
        taken_at: now,
        recorded_at: now,
    });
    Ok(true)
}

/// Whether the order waits for that cash; `false` if it was taken before.
fn is_payable(order: &Order, cash: &TakeCash) -> Result<bool, CashError> {
    if order.grand_total != cash.amount {
        return Err(CashError::AmountMismatch { expected: order.grand_total.clone() });
    }
    match &order.state {
        OrderState::Draft | OrderState::PendingPayment | OrderState::Failed | OrderState::Expired => Ok(true),
        OrderState::Paid { by: PaidBy::Cash, .. } | OrderState::Synced { by: PaidBy::Cash, .. } => Ok(false),
        OrderState::Paid { by: PaidBy::Payment(_), .. } | OrderState::Synced { by: PaidBy::Payment(_), .. } => {
            Err(CashError::AlreadyPaid { payment: None })
        }
        OrderState::Voided { .. } => Err(CashError::Voided),
    }
}
