//! Money that this process put on record lately: a listing that has it as well need not be held against the store.

use std::collections::{HashSet, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::charge::Receipt;
use crate::ids::{AccountId, ProviderId, ProviderRef};

/// How many receipts are remembered: those of twenty seconds in which a hundred come each. A list is read every two.
const RECEIPTS_MAX: usize = 2_000;

type Name = (ProviderId, AccountId, ProviderRef);

/// The receipts that were recorded last. What is not among them may be on record all the same.
#[derive(Debug, Default)]
pub(super) struct Recorded(Mutex<Receipts>);

#[derive(Debug, Default)]
struct Receipts {
    names: HashSet<Name>,
    in_order: VecDeque<Name>,
}

impl Recorded {
    /// Notes receipts that are on record at an account.
    pub(super) fn note<'a>(
        &self,
        (provider, account): (&ProviderId, &AccountId),
        receipts: impl Iterator<Item = &'a Receipt>,
    ) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for receipt in receipts {
            let name = (provider.clone(), account.clone(), receipt.payment_ref.clone());
            if known.names.insert(name.clone()) {
                known.in_order.push_back(name);
            }
            if known.in_order.len() > RECEIPTS_MAX
                && let Some(oldest) = known.in_order.pop_front()
            {
                known.names.remove(&oldest);
            }
        }
    }

    /// Whether a payment of the provider's is known to be on record.
    pub(super) fn has(&self, (provider, account): (&ProviderId, &AccountId), payment_ref: &ProviderRef) -> bool {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.names.contains(&(provider.clone(), account.clone(), payment_ref.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::charge::Payer;
    use crate::money::{Money, ReportedMoney};
    use crate::time::Timestamp;

    fn receipt(number: usize) -> Receipt {
        Receipt {
            payment_ref: ProviderRef::parse(format!("py-{number}")).unwrap(),
            money: ReportedMoney::idr(Money::from(1_000)),
            paid_at: Timestamp::EPOCH,
            payer: Payer::default(),
        }
    }

    #[test]
    fn the_receipts_recorded_last_are_known_at_their_account_and_older_ones_are_forgotten() {
        let (provider, main) = (ProviderId::parse("acme").unwrap(), AccountId::main());
        let other = ProviderId::parse("other").unwrap();
        let recorded = Recorded::default();
        let receipts: Vec<Receipt> = (0..=RECEIPTS_MAX).map(receipt).collect();
        // What is recorded again takes no second place.
        recorded.note((&provider, &main), receipts.iter().chain(receipts.last()));
        let has = |number: usize| recorded.has((&provider, &main), &receipts[number].payment_ref);
        assert_eq!([0, 1, RECEIPTS_MAX].map(has), [false, true, true]);
        assert!(!recorded.has((&other, &main), &receipts[1].payment_ref));
    }
}
