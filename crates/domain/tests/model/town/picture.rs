//! The town as it stands: what tells two states apart, and what rules are judged by.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use futures::executor::block_on;
use mstore_pay_domain::charge::{Charge, Closing, Funds, Opening};
use mstore_pay_domain::exception::MoneyException;
use mstore_pay_domain::ids::ChargeId;
use mstore_pay_domain::memory::BookedCharge;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{
    Clock as _, ExceptionFilter, ExceptionStore as _, PaymentRepository as _, WebhookInbox as _,
};

use super::acting::{merchant, order};
use super::{Facts, Town};

impl Town {
    pub(super) fn payments(&self) -> Vec<Payment> {
        block_on(self.world.store.of_order(&merchant(), &order())).unwrap()
    }

    pub(super) fn has_payments(&self) -> bool {
        !self.payments().is_empty()
    }

    /// What stands in the books of all providers.
    pub(super) fn books(&self) -> Vec<BookedCharge> {
        self.partners.iter().flat_map(|partner| partner.provider.charges()).collect()
    }

    fn exceptions(&self) -> Vec<MoneyException> {
        block_on(self.world.store.exceptions(&ExceptionFilter::Open, None, 100)).unwrap()
    }

    /// Judges the town as it stands.
    pub(crate) fn judge<T>(&self, judge: impl FnOnce(&Facts<'_>) -> T) -> T {
        let counts = block_on(self.world.store.counts()).unwrap();
        let waiting = usize::try_from(counts.open + counts.parked + counts.dead).unwrap();
        judge(&Facts {
            payments: &self.payments(),
            books: &self.books(),
            exceptions: &self.exceptions(),
            acknowledged: &self.acknowledged,
            paid_before: &self.paid_before,
            is_told_to_wait: self.is_told_to_wait,
            is_calm: self.spent.faults == 0 && self.spent.crashes == 0 && self.spent.jumps == 0,
            deliveries: waiting + self.world.store.deliveries_dealt_with(),
            letters: self.letters.iter().filter(|letter| letter.copies > 0).count(),
            undecided: counts.open,
        })
    }

    /// One number for all that may matter from here on. Ids are left out: they only say in which order things came.
    pub(crate) fn print(&self) -> u64 {
        let mut text = format!("{} {} {:?} {:?}", self.clock.now(), self.is_over, self.spent, self.served);
        let places: BTreeMap<ChargeId, String> = self.describe_payments(&mut text);
        for booked in self.books() {
            let place = places.get(&booked.charge).map_or("nobody's", String::as_str);
            let is_seen = self.seen.contains(booked.our_reference.as_str());
            let _infallible = write!(text, "\n{place} {:?} {is_seen} {}", booked.status, booked.payments.len());
        }
        let mut kinds: Vec<&'static str> = self.exceptions().iter().map(|exception| exception.misfit.kind()).collect();
        kinds.sort_unstable();
        let copies: Vec<u8> = self.letters.iter().map(|letter| letter.copies).collect();
        let acknowledged: Vec<bool> =
            self.payments().iter().map(|known| self.acknowledged.iter().any(|(id, _)| *id == known.id)).collect();
        let _infallible = write!(text, "\n{kinds:?} {copies:?} {acknowledged:?} {:?}", self.dues.of_deliveries());
        for (who, task) in &self.tasks {
            let _infallible = write!(text, "\n{who:?} {:?} {:?} {}", task.at, task.wakes_at, task.history);
        }
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        hasher.finish()
    }

    fn describe_payments(&self, text: &mut String) -> BTreeMap<ChargeId, String> {
        let mut places = BTreeMap::new();
        for (number, payment) in self.payments().iter().enumerate() {
            let _infallible = write!(text, "\n{} due {}", describe(payment), self.dues.of_payment(&payment.id));
            let charges = payment.charges.iter().enumerate();
            places.extend(charges.map(|(nth, charge)| (charge.id, format!("{number}/{nth}"))));
        }
        places
    }
}

/// A payment without its ids.
pub(crate) fn describe(payment: &Payment) -> String {
    let Payment { method, created_at, revision, intake, display, checks, .. } = payment;
    let mut text = format!("{method} {created_at} {revision:?} {intake:?} {display:?} {:?}", checks.last_at);
    for charge in &payment.charges {
        let _infallible = write!(text, " [{}]", describe_charge(charge));
    }
    text
}

fn describe_charge(charge: &Charge) -> String {
    let opening = match &charge.opening {
        Opening::Intended => "intended",
        Opening::Opened(_) => "opened",
        Opening::Unknown { .. } => "unknown",
        Opening::Found { .. } => "found",
        Opening::Refused { .. } => "refused",
    };
    let closing = match charge.closing {
        Closing::NotAsked => "not asked".to_owned(),
        Closing::Wanted { attempts, next_at } => format!("wanted {attempts} {next_at}"),
        Closing::Confirmed => "confirmed".to_owned(),
        Closing::Unsupported => "unsupported".to_owned(),
    };
    let receipts = charge.state.funds().into_iter().flat_map(Funds::receipts).count();
    let hidden = charge.is_hidden();
    format!("{} {opening} {closing} {} {receipts} {hidden}", charge.created_at, charge.state.status().word())
}
