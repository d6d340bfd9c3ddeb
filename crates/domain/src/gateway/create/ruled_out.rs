//! What the order itself rules out.

use super::{CreateError, CreatePayment};
use crate::dossier::Dossier;
use crate::money::Money;
use crate::order::OrderStatus;
use crate::ports::OrderSummary;

/// Refuses a payment for an order that is another branch's, over, or costs something else. `told` is what the ledger
/// said in time; what the store holds of the order now counts beside it, as it may have changed since.
pub(super) fn ruled_out(
    command: &CreatePayment,
    dossier: &Dossier,
    told: Option<&OrderSummary>,
) -> Result<(), CreateError> {
    let acting = dossier.live_payment().into_iter().chain(dossier.paid_payment());
    if acting.into_iter().any(|payment| !command.scope.covers(payment)) {
        return Err(CreateError::OfAnotherBranch);
    }
    if let Some(paid) = dossier.paid_payment() {
        return Err(CreateError::OrderAlreadyPaid { payment: Some(Box::new(paid.clone())) });
    }
    if let Some(order) = dossier.order() {
        if !command.scope.covers_order(order) {
            return Err(CreateError::OfAnotherBranch);
        }
        by_order(command, order.state.status(), &order.grand_total)?;
    }
    let Some(told) = told else { return Ok(()) };
    let mine = command.scope.branch.as_ref();
    if told.branch.as_ref().zip(mine).is_some_and(|(of_order, mine)| of_order != mine) {
        return Err(CreateError::OfAnotherBranch);
    }
    by_order(command, told.status, &told.grand_total)
}

fn by_order(command: &CreatePayment, status: OrderStatus, grand_total: &Money) -> Result<(), CreateError> {
    match status {
        OrderStatus::Paid | OrderStatus::Synced => Err(CreateError::OrderAlreadyPaid { payment: None }),
        OrderStatus::Voided => Err(CreateError::OrderVoided),
        OrderStatus::Draft | OrderStatus::PendingPayment | OrderStatus::Failed | OrderStatus::Expired
            if *grand_total != command.amount =>
        {
            Err(CreateError::AmountMismatch { expected: grand_total.clone() })
        }
        OrderStatus::Draft | OrderStatus::PendingPayment | OrderStatus::Failed | OrderStatus::Expired => Ok(()),
    }
}
