//! Received: money that this process put on record lately. Of a row that lists such money no order need be read: that its
//! payment stands no earlier than it did then is enough, and tells a store that has lost what it had taken.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use crate::ids::{AccountId, PaymentId, ProviderId, ProviderRef};
use crate::payment::{Payment, Revision};
use crate::ports::ArrivedMoney;

/// How much money is remembered: most of a minute of a rush, in some 2 MB. Older money is looked up.
const RECEIPTS_REMEMBERED_MAX: usize = 4_096;

/// Money on record by the provider's names of it.
#[derive(Debug, Default)]
pub(super) struct Received {
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    charges: HashMap<ProviderRef, Of>,
    in_order: VecDeque<ProviderRef>,
}

/// The charge on which money came.
#[derive(Debug, PartialEq, Eq)]
struct Of {
    provider: ProviderId,
    account: AccountId,
    charge_ref: ProviderRef,
    payment: PaymentId,
    /// Where the payment stood when the money was first on record here, or at a later time.
    revision: Revision,
}

impl Received {
    /// Notes the money of a payment that was just stored, and stands there since.
    pub(super) fn note_stored(&self, payment: &Payment, revision: Revision) {
        for charge in &payment.charges {
            let (Some(funds), Some(charge_ref)) = (charge.state.funds(), charge.provider_ref()) else { continue };
            for receipt in funds.receipts() {
                let (provider, account) = (charge.provider.clone(), charge.account.clone());
                let charge_ref = charge_ref.clone();
                let of = Of { provider, account, charge_ref, payment: payment.id, revision };
                self.note(&receipt.payment_ref, of);
            }
        }
    }

    fn note(&self, payment_ref: &ProviderRef, of: Of) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.charges.insert(payment_ref.clone(), of).is_some() {
            return;
        }
        kept.in_order.push_back(payment_ref.clone());
        if kept.in_order.len() > RECEIPTS_REMEMBERED_MAX
            && let Some(oldest) = kept.in_order.pop_front()
        {
            kept.charges.remove(&oldest);
        }
    }

    /// Where the payment of a row of that account's list stood once its money was on record, at the charge that the row
    /// names; `None` where that is not known here.
    pub(super) fn since(
        &self,
        (provider, account): (&ProviderId, &AccountId),
        row: &ArrivedMoney,
    ) -> Option<(PaymentId, Revision)> {
        let (payment_ref, charge_ref) = row.payment_ref.as_ref().zip(row.charge_ref.as_ref())?;
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let of = kept.charges.get(payment_ref)?;
        let is_meant = (&of.provider, &of.account, &of.charge_ref) == (provider, account, charge_ref);
        is_meant.then_some((of.payment, of.revision))
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use crate::money::{Money, ReportedMoney};
    use crate::ports::ListedAs;
    use crate::time::Timestamp;

    use super::*;

    fn named(name: usize) -> ProviderRef {
        ProviderRef::parse(format!("py-{name}")).unwrap()
    }

    fn of(account: &str, charge: usize) -> Of {
        Of {
            provider: ProviderId::parse("xendit").unwrap(),
            account: AccountId::parse(account).unwrap(),
            charge_ref: named(charge),
            payment: PaymentId::new(Uuid::from_u128(7)),
            revision: Revision::of(3),
        }
    }

    #[test]
    fn a_row_is_known_by_its_account_its_payment_and_its_charge_together() {
        let received = Received::default();
        received.note(&named(1), of("main", 100));
        let row = |payment: Option<usize>, charge: Option<usize>| ArrivedMoney {
            row_ref: named(0),
            payment_ref: payment.map(named),
            charge_ref: charge.map(named),
            our_reference: None,
            money: ReportedMoney::idr(Money::of_rupiah(25_000)),
            listed_as: ListedAs::Received,
            created_at: Timestamp::EPOCH,
            updated_at: Timestamp::EPOCH,
        };
        let has = |account: &str, row: ArrivedMoney| {
            let Of { provider, account, .. } = of(account, 100);
            let since = received.since((&provider, &account), &row);
            assert!(since.is_none_or(|since| since == (PaymentId::new(Uuid::from_u128(7)), Revision::of(3))));
            since.is_some()
        };
        assert!(has("main", row(Some(1), Some(100))));
        assert!(!has("branch", row(Some(1), Some(100))));
        assert!(!has("main", row(Some(1), Some(101))), "money of one charge that is listed on another");
        assert!(!has("main", row(Some(2), Some(100))), "a second payment on one charge");
        assert!(!has("main", row(Some(1), None)) && !has("main", row(None, Some(100))));
    }

    #[test]
    fn what_came_long_ago_is_forgotten_and_what_is_noted_again_is_kept_once() {
        let received = Received::default();
        for _ in 0..2 {
            received.note(&named(0), of("main", 100));
        }
        for name in 1..=RECEIPTS_REMEMBERED_MAX {
            received.note(&named(name), of("main", 100));
        }
        let kept = received.kept.lock().unwrap();
        assert_eq!((kept.charges.len(), kept.in_order.len()), (RECEIPTS_REMEMBERED_MAX, RECEIPTS_REMEMBERED_MAX));
        assert!(!kept.charges.contains_key(&named(0)) && kept.charges.contains_key(&named(1)));
    }
}
