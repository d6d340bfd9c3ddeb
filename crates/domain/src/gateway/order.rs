//! Register and read orders.

use thiserror::Error;

use super::{Gateway, Scope};
use crate::audit::Actor;
use crate::ids::OrderCode;
use crate::money::Money;
use crate::order::{Order, OrderOutcome, OrderSignal, OrderState, PaidBy};
use crate::payment::{Payment, PaymentStatus, Revision};
use crate::ports::{CommitError, StoreError};

/// How often an order is looked at again when its payments change while it is registered.
const TRIES_MAX: u32 = 5;

/// An order as a till registers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegisterOrder {
    /// Whose, and in which branch.
    pub scope: Scope,
    /// Its code.
    pub code: OrderCode,
    /// What it costs.
    pub grand_total: Money,
    /// What the till said it would be paid by.
    pub payment_method: Option<String>,
    /// The rest of the body, as JSON text.
    pub body_json: Option<String>,
}

/// Why an order was not registered.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// An order of that code with another total is registered.
    #[error("order is registered with another total")]
    Differs {
        /// As it is.
        registered: Box<Order>,
    },
    /// An order of that code is another branch's: this one is told no more of it.
    #[error("order code is another branch's")]
    OfAnotherBranch,
    /// The store failed.
    #[error("could not read or write the order")]
    Store(#[from] StoreError),
}

impl Gateway {
    /// Registers an order; the same again gives the same. Payments that came before it are attached:
    /// it stands where they bring it. Money of another amount than it costs is put before a person.
    ///
    /// # Errors
    /// [`RegisterError`]
    pub async fn register_order(&self, register: &RegisterOrder) -> Result<Order, RegisterError> {
        for _ in 0..TRIES_MAX {
            if let Some(order) = self.try_to_register(register).await? {
                return Ok(order);
            }
        }
        Err(StoreError::unavailable("payments of the order kept changing").into())
    }

    /// `None` where a payment of the order moved meanwhile: what it makes of the order must be seen anew.
    async fn try_to_register(&self, register: &RegisterOrder) -> Result<Option<Order>, RegisterError> {
        let merchant = &register.scope.merchant;
        let known = self.known_now(merchant, &register.code).await?;
        if let Some(known) = known.order() {
            return same_or_differs(known.clone(), register).map(Some);
        }
        let mut dossier = self.dossier_of(&known, &Actor::Worker);
        let order = Order {
            merchant: merchant.clone(),
            branch: register.scope.branch.clone(),
            code: register.code.clone(),
            grand_total: register.grand_total.clone(),
            payment_method: register.payment_method.clone(),
            body_json: register.body_json.clone(),
            created_at: dossier.now(),
            revision: Revision::NEW,
            state: state_by_payments(dossier.payments()),
        };
        dossier.register(order.clone());
        let work = dossier.conclude();
        match self.commit(&work).await {
            Ok(()) => {
                let written = work.orders.into_iter().next().map_or(order, |write| write.order);
                Ok(Some(Order { revision: Revision::NEW.next(), ..written }))
            }
            Err(CommitError::Conflict { .. }) => Ok(None),
            Err(CommitError::Store(store)) => Err(store.into()),
            Err(error) => match self.ports.orders.order(merchant, &register.code).await? {
                Some(known) => same_or_differs(known, register).map(Some),
                None => Err(StoreError::query(error).into()),
            },
        }
    }

    /// The order of that code.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub async fn read_order(&self, scope: &Scope, code: &OrderCode) -> Result<Option<Order>, StoreError> {
        let order = self.ports.orders.order(&scope.merchant, code).await?;
        Ok(order.filter(|order| scope.covers_order(order)))
    }
}

/// Where the payments that came before an order bring it.
pub(super) fn state_by_payments<'a>(payments: impl Iterator<Item = &'a Payment>) -> OrderState {
    let signals = payments.filter_map(|payment| match payment.status() {
        PaymentStatus::Pending => Some(OrderSignal::PaymentOpened),
        PaymentStatus::Paid | PaymentStatus::PartiallyRefunded => {
            let at = payment.paid_at().unwrap_or(payment.created_at);
            Some(OrderSignal::Paid { at, by: PaidBy::Payment(payment.id) })
        }
        PaymentStatus::Expired
        | PaymentStatus::Canceled
        | PaymentStatus::Failed
        | PaymentStatus::Refunded
        | PaymentStatus::Reversed => None,
    });
    signals.fold(OrderState::Draft, |state, signal| match state.on(&signal) {
        OrderOutcome::Moved(to) => to,
        OrderOutcome::Unchanged | OrderOutcome::PaidAfterVoid | OrderOutcome::PaidTwice | OrderOutcome::Refused => {
            state
        }
    })
}

fn same_or_differs(known: Order, register: &RegisterOrder) -> Result<Order, RegisterError> {
    if !register.scope.covers_order(&known) {
        Err(RegisterError::OfAnotherBranch)
    } else if known.grand_total == register.grand_total {
        Ok(known)
    } else {
        Err(RegisterError::Differs { registered: Box::new(known) })
    }
}
