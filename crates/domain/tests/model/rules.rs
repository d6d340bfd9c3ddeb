//! What must hold in every state, judged from what tills were told and from the provider's books.

use mstore_pay_domain::charge::Charge;
use mstore_pay_domain::exception::{Misfit, MoneyException, MoneySource};
use mstore_pay_domain::ids::ProviderRef;
use mstore_pay_domain::memory::BookedCharge;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::ReportedMoney;
use mstore_pay_domain::payment::{Payment, PaymentStatus};

use crate::town::Facts;

/// A rule that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Rule {
    NothingLost,
    OneShown,
    SecondFlagged,
    PaidByMoney,
    OnePush,
    OneObject,
    OneDelivery,
    Settles,
    MoneyKnown,
    NoOrphans,
}

/// Something that must be possible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Sight {
    Shown,
    PutAside,
    WentElsewhere,
    ToldToWait,
    Paid,
    PaidTwice,
    Underpaid,
    CalledOff,
    Expired,
}

impl Rule {
    /// Those of every single state.
    pub(crate) const ALWAYS: [Self; 7] = [
        Self::NothingLost,
        Self::OneShown,
        Self::SecondFlagged,
        Self::PaidByMoney,
        Self::OnePush,
        Self::OneObject,
        Self::OneDelivery,
    ];

    /// Those about where every state leads once faults stop.
    pub(crate) const IN_THE_END: [Self; 3] = [Self::Settles, Self::MoneyKnown, Self::NoOrphans];

    pub(crate) fn all() -> impl Iterator<Item = Self> {
        Self::ALWAYS.into_iter().chain(Self::IN_THE_END)
    }

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::NothingLost => "no acknowledged payment is lost",
            Self::OneShown => "never two charges are shown",
            Self::SecondFlagged => "no second receipt is without an exception",
            Self::PaidByMoney => "what is paid, the provider holds the whole money of",
            Self::OnePush => "a payment is pushed once",
            Self::OneObject => "without a fault a payment has one object",
            Self::OneDelivery => "the same webhook is one delivery",
            Self::Settles => "every payment settles once faults stop",
            Self::MoneyKnown => "all money at the provider is on record or before a person once faults stop",
            Self::NoOrphans => "every object at the provider is a charge of ours once faults stop",
        }
    }

    /// Whether it holds, as things stand.
    pub(crate) fn holds(self, facts: &Facts<'_>) -> bool {
        let Facts { payments, books, .. } = facts;
        match self {
            Self::NothingLost => is_kept(facts),
            Self::OneShown => payments.iter().filter(|payment| is_shown(payment)).count() <= 1,
            Self::SecondFlagged => {
                let receipts: usize = payments.iter().map(|payment| payment.receipts().count()).sum();
                let flagged = facts.exceptions.iter().filter(|known| known.misfit.kind() == "paid_twice").count();
                receipts.saturating_sub(1) <= flagged
            }
            Self::PaidByMoney => payments
                .iter()
                .filter(|payment| payment.status().holds_money())
                .all(|payment| books.iter().any(|booked| is_paid_by(payment, booked))),
            Self::OnePush => objects_at_most_one(payments, books, |payment| payment.method == Method::Ovo),
            Self::OneObject => !facts.is_calm || objects_at_most_one(payments, books, |_| true),
            Self::OneDelivery => facts.deliveries <= facts.letters,
            Self::Settles => facts.undecided == 0 && payments.iter().all(|payment| is_settled(payment, books)),
            Self::MoneyKnown => {
                let mut money = books.iter().flat_map(|booked| &booked.payments);
                money.all(|paid| is_known(&paid.receipt.payment_ref, payments, facts.exceptions))
            }
            Self::NoOrphans => {
                books.iter().all(|booked| payments.iter().any(|payment| payment.charge(&booked.charge).is_some()))
            }
        }
    }
}

impl Sight {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Shown => "a charge is shown",
            Self::PutAside => "a charge is put aside that nobody saw",
            Self::WentElsewhere => "what one provider did not open, the other shows",
            Self::ToldToWait => "a till is told to wait",
            Self::Paid => "a payment is paid",
            Self::PaidTwice => "money comes twice, and is flagged",
            Self::Underpaid => "too little money comes, and is flagged",
            Self::CalledOff => "a payment is called off for another",
            Self::Expired => "a payment expires",
        }
    }

    pub(crate) fn is_seen(self, facts: &Facts<'_>) -> bool {
        let is_flagged = |kind: &'static str| facts.exceptions.iter().any(|known| known.misfit.kind() == kind);
        let any = |status: PaymentStatus| facts.payments.iter().any(|payment| payment.status() == status);
        match self {
            Self::Shown => facts.payments.iter().any(is_shown),
            Self::PutAside => facts.payments.iter().flat_map(|payment| &payment.charges).any(Charge::is_hidden),
            Self::WentElsewhere => facts.payments.iter().any(|payment| is_shown(payment) && is_of_two(payment)),
            Self::ToldToWait => facts.is_told_to_wait,
            Self::Paid => any(PaymentStatus::Paid),
            Self::PaidTwice => is_flagged("paid_twice"),
            Self::Underpaid => is_flagged("underpaid"),
            Self::CalledOff => any(PaymentStatus::Canceled),
            Self::Expired => any(PaymentStatus::Expired),
        }
    }
}

pub(crate) fn is_shown(payment: &Payment) -> bool {
    payment.status() == PaymentStatus::Pending && payment.can_be_shown()
}

/// Whether its charges went to more than one provider.
fn is_of_two(payment: &Payment) -> bool {
    let mut providers = payment.charges.iter().map(|charge| &charge.provider);
    providers.next().is_some_and(|first| providers.any(|other| other != first))
}

/// Whether all that tills were told of is there, and what was paid still is.
fn is_kept(facts: &Facts<'_>) -> bool {
    let find = |id| facts.payments.iter().find(|payment| payment.id == id);
    let is_there = facts.acknowledged.iter().all(|(id, amount)| find(*id).is_some_and(|known| &known.amount == amount));
    is_there && facts.paid_before.iter().all(|id| find(*id).is_some_and(|known| known.status().saw_money()))
}

fn is_paid_by(payment: &Payment, booked: &BookedCharge) -> bool {
    let is_whole = |got: &ReportedMoney| got.fits(&payment.amount);
    payment.charge(&booked.charge).is_some() && booked.payments.iter().any(|paid| is_whole(&paid.receipt.money))
}

fn objects_at_most_one(payments: &[Payment], books: &[BookedCharge], wanted: fn(&Payment) -> bool) -> bool {
    let objects = |payment: &Payment| books.iter().filter(|booked| payment.charge(&booked.charge).is_some()).count();
    payments.iter().filter(|payment| wanted(payment)).all(|payment| objects(payment) <= 1)
}

/// Whether a payment stands where the provider's books have it.
fn is_settled(payment: &Payment, books: &[BookedCharge]) -> bool {
    if books.iter().any(|booked| is_paid_by(payment, booked)) {
        payment.status().saw_money()
    } else {
        payment.status() != PaymentStatus::Pending
    }
}

/// Whether money is on record as a receipt, or a person was told of it.
fn is_known(money: &ProviderRef, payments: &[Payment], exceptions: &[MoneyException]) -> bool {
    let is_received = payments.iter().flat_map(Payment::receipts).any(|(_, receipt)| &receipt.payment_ref == money);
    is_received || exceptions.iter().any(|known| money_of(&known.misfit) == Some(money))
}

/// The money that does not fit.
fn money_of(misfit: &Misfit) -> Option<&ProviderRef> {
    match misfit {
        Misfit::LatePaid { receipt, .. }
        | Misfit::Reversed { receipt, .. }
        | Misfit::PaidTwice { receipt, .. }
        | Misfit::PaidAfterVoid { receipt, .. }
        | Misfit::FeeOnQris { receipt, .. }
        | Misfit::Overpaid { source: MoneySource::Receipt(receipt), .. }
        | Misfit::Underpaid { source: MoneySource::Receipt(receipt), .. }
        | Misfit::Unmatched { source: MoneySource::Receipt(receipt), .. }
        | Misfit::AccountMismatch { source: MoneySource::Receipt(receipt) } => Some(receipt),
        Misfit::Overpaid { source: MoneySource::Claim(_), .. }
        | Misfit::Underpaid { source: MoneySource::Claim(_), .. }
        | Misfit::Unmatched { source: MoneySource::Claim(_), .. }
        | Misfit::AccountMismatch { source: MoneySource::Claim(_) }
        | Misfit::OutcomeUnknown
        | Misfit::RefundFailed { .. } => None,
    }
}
