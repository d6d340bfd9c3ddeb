//! How many calls of a kind may be under way.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::Operation;
use tokio::sync::Semaphore;

/// How many calls of a kind may be under way for one account, and how long one may wait for room. Openings are counted
/// for each method: a wallet that hangs takes no room from QR codes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BulkheadLimits {
    /// Openings of one method.
    pub opens_max: usize,
    /// Batches of inquiries.
    pub inquiries_max: usize,
    /// Listings of arrived money.
    pub sweeps_max: usize,
    /// Cancels.
    pub cancels_max: usize,
    /// Refunds and test payments.
    pub others_max: usize,
    /// The longest wait for room.
    pub wait_max: Duration,
}

impl Default for BulkheadLimits {
    fn default() -> Self {
        Self {
            opens_max: 64,
            inquiries_max: 32,
            sweeps_max: 2,
            cancels_max: 32,
            others_max: 8,
            wait_max: Duration::from_millis(250),
        }
    }
}

/// Operations that share room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Lane {
    Opens,
    Inquiries,
    Sweeps,
    Cancels,
    Others,
}

impl Lane {
    const fn of(operation: Operation) -> Self {
        match operation {
            Operation::Open => Self::Opens,
            Operation::Inquire => Self::Inquiries,
            Operation::Sweep => Self::Sweeps,
            Operation::Cancel => Self::Cancels,
            Operation::Refund | Operation::Simulate => Self::Others,
        }
    }

    const fn room(self, limits: &BulkheadLimits) -> usize {
        match self {
            Self::Opens => limits.opens_max,
            Self::Inquiries => limits.inquiries_max,
            Self::Sweeps => limits.sweeps_max,
            Self::Cancels => limits.cancels_max,
            Self::Others => limits.others_max,
        }
    }
}

/// Whose room: openings have a method.
type Place = (AccountId, Lane, Option<Method>);

/// The room of every account and lane; grows with the number of accounts, which an operator sets up.
#[derive(Debug, Default)]
pub(super) struct Lanes {
    room: Mutex<BTreeMap<Place, Arc<Semaphore>>>,
}

impl Lanes {
    pub(super) fn of(
        &self,
        account: &AccountId,
        operation: Operation,
        method: Option<Method>,
        limits: &BulkheadLimits,
    ) -> Arc<Semaphore> {
        let lane = Lane::of(operation);
        let mut room = self.room.lock().unwrap_or_else(PoisonError::into_inner);
        let semaphore =
            room.entry((account.clone(), lane, method)).or_insert_with(|| Arc::new(Semaphore::new(lane.room(limits))));
        Arc::clone(semaphore)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_account_and_kind_of_operation_and_each_method_opened_has_room_of_its_own() {
        let (lanes, limits) = (Lanes::default(), BulkheadLimits { opens_max: 1, ..BulkheadLimits::default() });
        let (ours, theirs) = (AccountId::main(), AccountId::parse("other").unwrap());
        let room = |account, operation, method| lanes.of(account, operation, method, &limits);
        let _taken = room(&ours, Operation::Open, Some(Method::Ovo)).try_acquire_owned().unwrap();
        assert_eq!(room(&ours, Operation::Open, Some(Method::Ovo)).available_permits(), 0);
        assert_eq!(room(&ours, Operation::Open, Some(Method::Qris)).available_permits(), 1);
        assert_eq!(room(&ours, Operation::Inquire, None).available_permits(), 32);
        assert_eq!(room(&theirs, Operation::Open, Some(Method::Ovo)).available_permits(), 1);
    }
}
