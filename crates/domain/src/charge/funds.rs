//! Money that came to a charge: facts that are only ever added.

use std::collections::BTreeMap;

use crate::ids::ProviderRef;
use crate::money::{Money, ReportedMoney};
use crate::time::Timestamp;

/// Money that arrived, named by the provider's *payment* object.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receipt {
    /// The provider's id of the payment: Xendit `py-`, Midtrans `transaction_id`. Unique per account.
    pub payment_ref: ProviderRef,
    /// How much, as reported.
    pub money: ReportedMoney,
    /// When the customer's money moved, as reported.
    pub paid_at: Timestamp,
    /// Who paid, as far as the provider tells.
    pub payer: Payer,
}

/// What is known of who paid: what the customer's phone shows. Made by [`Payer::told`] only, so that whatever a provider
/// wrote there can be stored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Payer {
    issuer: Option<String>,
    name: Option<String>,
    receipt_id: Option<String>,
}

/// Money that went back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefundFact {
    /// The provider's id of the refund.
    pub refund_ref: ProviderRef,
    /// How much.
    pub amount: Money,
    /// When.
    pub at: Timestamp,
}

/// All money of a charge that fits what was asked. Grow-only: merging the same facts in any order,
/// any number of times, gives the same funds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Funds {
    receipts: BTreeMap<ProviderRef, Receipt>,
    refunds: BTreeMap<ProviderRef, RefundFact>,
    reversals: BTreeMap<ProviderRef, Timestamp>,
}

impl Funds {
    /// Puts funds together from stored facts.
    #[must_use]
    pub fn from_facts(
        receipts: impl IntoIterator<Item = Receipt>,
        refunds: impl IntoIterator<Item = RefundFact>,
        reversals: impl IntoIterator<Item = (ProviderRef, Timestamp)>,
    ) -> Self {
        let mut funds = Self::default();
        receipts.into_iter().for_each(|receipt| funds.add_receipt(receipt));
        refunds.into_iter().for_each(|refund| funds.add_refund(refund));
        reversals.into_iter().for_each(|(payment_ref, at)| funds.add_reversal(payment_ref, at));
        funds
    }

    /// The receipts, by payment id.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.receipts.values()
    }

    /// The refunds, by refund id.
    pub fn refunds(&self) -> impl Iterator<Item = &RefundFact> {
        self.refunds.values()
    }

    /// The reversed payments and when each was taken back.
    pub fn reversals(&self) -> impl Iterator<Item = (&ProviderRef, Timestamp)> {
        self.reversals.iter().map(|(payment_ref, at)| (payment_ref, *at))
    }

    /// The receipt of that payment.
    #[must_use]
    pub fn receipt(&self, payment_ref: &ProviderRef) -> Option<&Receipt> {
        self.receipts.get(payment_ref)
    }

    /// The earliest receipt that still stands, else the earliest of all.
    #[must_use]
    pub fn first_receipt(&self) -> Option<&Receipt> {
        let earliest = |receipt: &&Receipt| (receipt.paid_at, receipt.payment_ref.clone());
        self.standing().min_by_key(earliest).or_else(|| self.receipts().min_by_key(earliest))
    }

    /// The receipts that were not reversed.
    pub fn standing(&self) -> impl Iterator<Item = &Receipt> {
        self.receipts.values().filter(|receipt| !self.reversals.contains_key(&receipt.payment_ref))
    }

    /// What came in and was not reversed.
    #[must_use]
    pub fn received(&self) -> Money {
        Money::sum(self.standing().map(|receipt| &receipt.money.amount))
    }

    /// What went back by refund.
    #[must_use]
    pub fn refunded(&self) -> Money {
        Money::sum(self.refunds().map(|refund| &refund.amount))
    }

    /// Adds a receipt; of two reports of one payment the earlier time stands, and what one leaves
    /// out of the payer the other fills in.
    pub(super) fn add_receipt(&mut self, receipt: Receipt) {
        self.receipts
            .entry(receipt.payment_ref.clone())
            .and_modify(|known| {
                known.paid_at = known.paid_at.min(receipt.paid_at);
                known.payer.merge(&receipt.payer);
            })
            .or_insert(receipt);
    }

    pub(super) fn add_refund(&mut self, refund: RefundFact) {
        self.refunds
            .entry(refund.refund_ref.clone())
            .and_modify(|known| {
                known.at = known.at.min(refund.at);
                known.amount = known.amount.clone().max(refund.amount.clone());
            })
            .or_insert(refund);
    }

    pub(super) fn add_reversal(&mut self, payment_ref: ProviderRef, at: Timestamp) {
        self.reversals.entry(payment_ref).and_modify(|known| *known = at.min(*known)).or_insert(at);
    }
}

impl Payer {
    /// Longest receipt number that is kept, in characters: a payment can be looked for by it.
    pub const RECEIPT_ID_CHARACTERS_MAX: usize = 128;
    /// Longest other text that is kept, in characters.
    pub const TEXT_CHARACTERS_MAX: usize = 255;

    /// The bank or wallet, the payer's name, and the number on the customer's receipt, as a provider tells them: each is
    /// cut, and what does not print is replaced. PostgreSQL takes no NUL, and money must not be lost for a name.
    #[must_use]
    pub fn told(issuer: Option<String>, name: Option<String>, receipt_id: Option<String>) -> Self {
        let kept = |text: String, characters_max| {
            let printable = |c: char| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c };
            text.chars().take(characters_max).map(printable).collect()
        };
        Self {
            issuer: issuer.map(|text| kept(text, Self::TEXT_CHARACTERS_MAX)),
            name: name.map(|text| kept(text, Self::TEXT_CHARACTERS_MAX)),
            receipt_id: receipt_id.map(|text| kept(text, Self::RECEIPT_ID_CHARACTERS_MAX)),
        }
    }

    /// The bank or wallet.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.issuer.as_deref()
    }

    /// The payer's name.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The number on the customer's receipt.
    #[must_use]
    pub fn receipt_id(&self) -> Option<&str> {
        self.receipt_id.as_deref()
    }

    fn merge(&mut self, other: &Self) {
        // The larger of two differing reports, so that the order in which they came does not show.
        self.issuer = self.issuer.take().max(other.issuer.clone());
        self.name = self.name.take().max(other.name.clone());
        self.receipt_id = self.receipt_id.take().max(other.receipt_id.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::EPOCH.plus(std::time::Duration::from_secs(second.unsigned_abs()))
    }

    fn named(name: &str) -> ProviderRef {
        ProviderRef::parse(name).unwrap()
    }

    /// Checks what two reports of one payment come to, whichever comes first.
    #[track_caller]
    fn check_payers(one: [Option<&str>; 3], other: [Option<&str>; 3], together: [Option<&str>; 3]) {
        let payer = |told: [Option<&str>; 3]| {
            let [issuer, name, receipt_id] = told.map(|text| text.map(str::to_owned));
            Payer::told(issuer, name, receipt_id)
        };
        let receipt = |told: [Option<&str>; 3]| Receipt {
            payment_ref: named("py-1"),
            money: ReportedMoney::idr(Money::from(33_000_u32)),
            paid_at: at(1),
            payer: payer(told),
        };
        for order in [[one, other], [other, one]] {
            let mut funds = Funds::default();
            for told in order {
                funds.add_receipt(receipt(told));
            }
            assert_eq!(funds.receipts().map(|receipt| &receipt.payer).collect::<Vec<_>>(), [&payer(together)]);
        }
    }

    #[track_caller]
    fn check_kept(told: &str, text: &str, receipt_id: &str) {
        let told = || Some(told.to_owned());
        let payer = Payer::told(told(), told(), told());
        assert_eq!((payer.issuer(), payer.name(), payer.receipt_id()), (Some(text), Some(text), Some(receipt_id)));
    }

    #[test]
    fn what_is_told_of_the_payer_can_be_stored_whatever_it_is() {
        check_kept("Siti 'Nur' \u{1F600}", "Siti 'Nur' \u{1F600}", "Siti 'Nur' \u{1F600}");
        check_kept("a\0b\nc\u{9b}", "a\u{fffd}b\u{fffd}c\u{fffd}", "a\u{fffd}b\u{fffd}c\u{fffd}");
        let long = "\u{e9}".repeat(1_000);
        check_kept(&long, &"\u{e9}".repeat(255), &"\u{e9}".repeat(128));
        assert_eq!(Payer::told(None, None, None), Payer::default());
    }

    #[test]
    fn what_one_report_leaves_out_of_the_payer_the_other_fills_in() {
        check_payers(
            [Some("BCA"), None, None],
            [None, Some("SITI"), Some("r-1")],
            [Some("BCA"), Some("SITI"), Some("r-1")],
        );
        check_payers([None; 3], [Some("BCA"), Some("SITI"), Some("r-1")], [Some("BCA"), Some("SITI"), Some("r-1")]);
    }

    #[test]
    fn of_two_reports_that_differ_the_same_stands_in_either_order() {
        check_payers(
            [Some("BCA"), Some("SITI"), Some("r-1")],
            [Some("BNI"), Some("ANI"), Some("r-2")],
            [Some("BNI"), Some("SITI"), Some("r-2")],
        );
    }

    #[test]
    fn of_two_reports_of_a_refund_the_larger_amount_and_the_earlier_time_stand() {
        let refund = |amount: u32, second| RefundFact {
            refund_ref: named("rfd-1"),
            amount: Money::from(amount),
            at: at(second),
        };
        for order in [[(5_000, 2), (7_000, 1)], [(7_000, 1), (5_000, 2)], [(7_000, 1), (7_000, 2)]] {
            let mut funds = Funds::default();
            for (amount, second) in order {
                funds.add_refund(refund(amount, second));
            }
            assert_eq!(funds.refunds().collect::<Vec<_>>(), [&refund(7_000, 1)]);
            assert_eq!(funds.refunded(), Money::from(7_000_u32));
        }
    }
}
