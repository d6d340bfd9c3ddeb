//! Where a charge stands.

use mstore_pay_domain::charge::{ChargeState, ChargeStatus, FailureReason};
use mstore_pay_domain::ports::StoreError;

use super::ChargeRow;
use crate::rows::MoneyFacts;
use crate::types::Micros;

/// When the charge ended without money, and why.
pub(super) fn cells(state: &ChargeState) -> (Option<Micros>, Option<String>) {
    match state {
        ChargeState::Expired { at } | ChargeState::Canceled { at } => (Some((*at).into()), None),
        ChargeState::Failed { at, reason } => (Some((*at).into()), Some(reason.code().to_owned())),
        ChargeState::Initiated
        | ChargeState::Pending
        | ChargeState::Paid(_)
        | ChargeState::PartiallyRefunded(_)
        | ChargeState::Refunded(_)
        | ChargeState::Reversed(_) => (None, None),
    }
}

/// Whether a charge of that status has rows of money.
pub(crate) const fn holds_funds(status: ChargeStatus) -> bool {
    match status {
        ChargeStatus::Paid | ChargeStatus::PartiallyRefunded | ChargeStatus::Refunded | ChargeStatus::Reversed => true,
        ChargeStatus::Initiated
        | ChargeStatus::Pending
        | ChargeStatus::Expired
        | ChargeStatus::Canceled
        | ChargeStatus::Failed => false,
    }
}

impl ChargeRow {
    /// Whether rows of money belong to this charge. An unknown status counts as one without; reading
    /// it is what fails.
    pub fn has_money(&self) -> bool {
        self.read_status().is_ok_and(holds_funds)
    }

    pub(super) fn read_state(&self, money: &MoneyFacts) -> Result<ChargeState, StoreError> {
        let cells = self.cells();
        let ended_at = || cells.needed_time("ended_at", self.ended_at);
        match self.read_status()? {
            ChargeStatus::Initiated => Ok(ChargeState::Initiated),
            ChargeStatus::Pending => Ok(ChargeState::Pending),
            ChargeStatus::Expired => Ok(ChargeState::Expired { at: ended_at()? }),
            ChargeStatus::Canceled => Ok(ChargeState::Canceled { at: ended_at()? }),
            ChargeStatus::Failed => {
                let code = cells.need("failure_reason", self.failure_reason.as_deref())?;
                Ok(ChargeState::Failed { at: ended_at()?, reason: FailureReason::from_code(code) })
            }
            ChargeStatus::Paid => Ok(ChargeState::Paid(money.funds_of(&self.id)?)),
            ChargeStatus::PartiallyRefunded => Ok(ChargeState::PartiallyRefunded(money.funds_of(&self.id)?)),
            ChargeStatus::Refunded => Ok(ChargeState::Refunded(money.funds_of(&self.id)?)),
            ChargeStatus::Reversed => Ok(ChargeState::Reversed(money.funds_of(&self.id)?)),
        }
    }

    fn read_status(&self) -> Result<ChargeStatus, StoreError> {
        self.cells().word("status", &self.status, ChargeStatus::ALL.map(|status| (status.word(), status)))
    }
}
