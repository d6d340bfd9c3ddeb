use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};
use serde_json::value::RawValue;

use super::{
    Answer, Charge, ChargeStatus, Entry, Notification, Payment, PaymentOutcome, Refund, Refunds, SnapPage, Transaction,
};
use crate::amount::Amount;
use crate::clock::ClockAnchor;
use crate::provider::Provider;

/// The state that all entries so far add up to, with the indexes the calls need.
#[derive(Debug, Default)]
pub(crate) struct Books {
    anchor: Option<ClockAnchor>,
    charges: Vec<Charge>,
    charge_by_id: HashMap<String, usize>,
    /// References and order codes alike.
    charges_by_word: HashMap<String, Vec<usize>>,
    deadlines: BTreeSet<(DateTime<Utc>, usize)>,
    payments: Vec<Payment>,
    /// Those whose money came, in the order it came.
    arrivals: Vec<usize>,
    payment_by_id: HashMap<String, usize>,
    payments_by_charge: HashMap<String, Vec<usize>>,
    refunds: Refunds,
    notifications: BTreeMap<String, Notification>,
    targets: BTreeMap<(Provider, String), String>,
    /// Tokens of cards that were not used, with their accounts.
    tokens: BTreeMap<String, String>,
    /// Pages to pick on, by their tokens.
    pages: BTreeMap<String, SnapPage>,
    /// By account, endpoint and idempotency key.
    answers: HashMap<(String, String, String), Answer>,
}

impl Books {
    pub(crate) fn apply(&mut self, entry: &Entry) {
        match entry {
            Entry::Anchored(anchor) => self.anchor = Some(*anchor),
            Entry::Opened(charge) => self.open(charge.as_ref().clone()),
            Entry::Moved { charge_id, status, at } => self.shift(charge_id, *status, *at),
            Entry::Attempted(payment) => self.take(payment.as_ref().clone()),
            Entry::Judged { charge_id, fraud, at } => self.change(charge_id, *at, |of| of.fraud = *fraud),
            Entry::Settled { charge_id, at } => self.change(charge_id, *at, |of| of.settled_at = Some(*at)),
            Entry::TakenBack { charge_id, how, at } => self.change(charge_id, *at, |of| of.taken_back = Some(*how)),
            Entry::Tokenized { account, token_id } => {
                self.tokens.insert(token_id.clone(), account.clone());
            }
            Entry::PageOpened(page) => {
                self.pages.insert(page.token.clone(), page.as_ref().clone());
            }
            Entry::PageCanceled { token, at } => {
                if let Some(page) = self.pages.get_mut(token) {
                    page.canceled_at = Some(*at);
                }
            }
            Entry::Captured { payment_id, amount, at } => self.capture(payment_id, amount, *at),
            Entry::Released { payment_id, at } => self.release(payment_id, *at),
            Entry::Amended { charge_id, amount, payable_until, echo, at } => {
                self.amend(charge_id, amount.as_ref(), *payable_until, echo, *at);
            }
            Entry::Refunded(refund) => self.refunds.ask(refund.as_ref().clone()),
            Entry::RefundEnded { refund_id, outcome, at } => self.refunds.end(refund_id, outcome, *at),
            Entry::Queued(notification) => {
                self.notifications.insert(notification.id.clone(), notification.clone());
            }
            Entry::Tried { notification_id, attempts, next_at } => {
                if let Some(notification) = self.notifications.get_mut(notification_id) {
                    notification.attempts = *attempts;
                    notification.next_at = *next_at;
                }
            }
            Entry::Answered(answer) => {
                let place = (answer.account.clone(), answer.endpoint.clone(), answer.key.clone());
                self.answers.insert(place, answer.as_ref().clone());
            }
            Entry::Targeted { provider, account, url } => {
                self.targets.insert((*provider, account.clone()), url.clone());
            }
            Entry::Reset => {
                *self = Self { anchor: self.anchor, targets: std::mem::take(&mut self.targets), ..Self::default() };
            }
        }
    }

    /// The fewest entries that lead to the present state. Delivered and abandoned notifications are left out.
    pub(crate) fn snapshot(&self) -> impl Iterator<Item = Entry> + '_ {
        let anchor = self.anchor.map(Entry::Anchored);
        let targets = self.targets.iter().map(|((provider, account), url)| Entry::Targeted {
            provider: *provider,
            account: account.clone(),
            url: url.clone(),
        });
        let charges = self.charges.iter().map(|charge| Entry::Opened(Box::new(charge.clone())));
        let payments = self.payments.iter().map(|payment| Entry::Attempted(Box::new(payment.clone())));
        // A payment moves its charge; the last word belongs to the charge as it stands.
        let states = self.charges.iter().map(|charge| Entry::Moved {
            charge_id: charge.id.clone(),
            status: charge.status,
            at: charge.updated_at,
        });
        let pending = self.unsettled().cloned().map(Entry::Queued);
        let tokens = self
            .tokens
            .iter()
            .map(|(token_id, account)| Entry::Tokenized { account: account.clone(), token_id: token_id.clone() });
        let pages = self.pages.values().map(|page| Entry::PageOpened(Box::new(page.clone())));
        let answers = self.answers.values().map(|answer| Entry::Answered(Box::new(answer.clone())));
        let refunds = self.refunds.iter().map(|refund| Entry::Refunded(Box::new(refund.clone())));
        let objects = targets.chain(charges).chain(payments).chain(states).chain(refunds).chain(tokens).chain(pages);
        anchor.into_iter().chain(objects).chain(pending).chain(answers)
    }

    fn open(&mut self, charge: Charge) {
        let index = self.charges.len();
        self.charge_by_id.insert(charge.id.clone(), index);
        self.charge_by_id.insert(charge.request_id().to_owned(), index);
        if let Some(method) = &charge.payment_method {
            // One that was made before, and on its own, keeps its name.
            self.charge_by_id.entry(method.id.clone()).or_insert(index);
        }
        let order_code = charge.order_code.clone().filter(|code| *code != charge.reference);
        for word in std::iter::once(charge.reference.clone()).chain(order_code) {
            self.charges_by_word.entry(word).or_default().push(index);
        }
        if let Some(card) = charge.transaction.as_ref().and_then(|transaction| transaction.card.as_ref()) {
            self.tokens.remove(&card.token_id);
        }
        if charge.status == ChargeStatus::Open {
            self.deadlines.insert((charge.payable_until, index));
        }
        self.charges.push(charge);
    }

    fn capture(&mut self, payment_id: &str, amount: &Amount, at: DateTime<Utc>) {
        let Some(index) = self.payment_by_id.get(payment_id).copied() else { return };
        let Some(payment) = self.payments.get_mut(index) else { return };
        payment.outcome = PaymentOutcome::Succeeded;
        payment.amount = amount.clone();
        payment.captured_at = Some(at);
        let charge_id = payment.charge_id.clone();
        self.arrive(index);
        self.shift(&charge_id, ChargeStatus::Paid, at);
    }

    fn change(&mut self, charge_id: &str, at: DateTime<Utc>, apply: impl FnOnce(&mut Transaction)) {
        let Some(&index) = self.charge_by_id.get(charge_id) else { return };
        let Some(charge) = self.charges.get_mut(index) else { return };
        if let Some(transaction) = &mut charge.transaction {
            apply(transaction);
            charge.updated_at = at;
        }
    }

    fn release(&mut self, payment_id: &str, at: DateTime<Utc>) {
        let Some(&index) = self.payment_by_id.get(payment_id) else { return };
        let Some(payment) = self.payments.get_mut(index) else { return };
        payment.outcome = PaymentOutcome::Released;
        let charge_id = payment.charge_id.clone();
        self.shift(&charge_id, ChargeStatus::Canceled, at);
    }

    fn amend(
        &mut self,
        charge_id: &str,
        amount: Option<&Amount>,
        payable_until: Option<DateTime<Utc>>,
        echo: &BTreeMap<String, Box<RawValue>>,
        at: DateTime<Utc>,
    ) {
        let Some(&index) = self.charge_by_id.get(charge_id) else { return };
        let Some(charge) = self.charges.get_mut(index) else { return };
        if let Some(amount) = amount {
            charge.amount = Some(amount.clone());
        }
        charge.echo.extend(echo.clone());
        if let Some(until) = payable_until {
            if self.deadlines.remove(&(charge.payable_until, index)) {
                self.deadlines.insert((until, index));
            }
            charge.payable_until = until;
        }
        charge.updated_at = at;
    }

    /// Puts a payment whose money came among the others, by the time it came.
    fn arrive(&mut self, index: usize) {
        let Some(at) = self.payments.get(index).map(Payment::arrived_at) else { return };
        let earlier =
            |other: &usize| self.payments.get(*other).is_some_and(|payment: &Payment| payment.arrived_at() <= at);
        let place = self.arrivals.partition_point(earlier);
        self.arrivals.insert(place, index);
    }

    fn shift(&mut self, charge_id: &str, status: ChargeStatus, at: DateTime<Utc>) {
        let Some(&index) = self.charge_by_id.get(charge_id) else {
            return;
        };
        let Some(charge) = self.charges.get_mut(index) else {
            return;
        };
        charge.status = status;
        charge.updated_at = at;
        let deadline = (charge.payable_until, index);
        if status == ChargeStatus::Open {
            self.deadlines.insert(deadline);
        } else {
            self.deadlines.remove(&deadline);
        }
    }

    fn take(&mut self, payment: Payment) {
        let index = self.payments.len();
        if let Some(charge) = self.charge_by_id.get(&payment.charge_id).and_then(|&at| self.charges.get_mut(at)) {
            charge.latest_payment_id = Some(payment.id.clone());
            charge.failure_code = match &payment.outcome {
                PaymentOutcome::Succeeded | PaymentOutcome::Authorized | PaymentOutcome::Released => None,
                PaymentOutcome::Failed { code } => Some(code.clone()),
            };
            let stays_open = match payment.outcome {
                PaymentOutcome::Succeeded => charge.reusable,
                PaymentOutcome::Failed { .. } => charge.method.may_be_tried_again(),
                PaymentOutcome::Authorized | PaymentOutcome::Released => false,
            };
            let status = if stays_open && charge.status == ChargeStatus::Open {
                ChargeStatus::Open
            } else {
                status_after(charge.status, &payment.outcome)
            };
            let id = charge.id.clone();
            self.shift(&id, status, payment.paid_at);
        }
        self.payment_by_id.insert(payment.id.clone(), index);
        self.payments_by_charge.entry(payment.charge_id.clone()).or_default().push(index);
        let arrived = payment.succeeded();
        self.payments.push(payment);
        if arrived {
            self.arrive(index);
        }
    }

    pub(crate) fn anchor(&self) -> Option<ClockAnchor> {
        self.anchor
    }

    pub(crate) fn charge(&self, id: &str) -> Option<&Charge> {
        self.charges.get(*self.charge_by_id.get(id)?)
    }

    pub(crate) fn charges(&self) -> impl Iterator<Item = &Charge> {
        self.charges.iter()
    }

    /// Charges with this reference or order code, oldest first.
    pub(crate) fn charges_named<'a>(&'a self, word: &str) -> impl Iterator<Item = &'a Charge> {
        let indexes = self.charges_by_word.get(word).map_or(&[][..], Vec::as_slice);
        indexes.iter().filter_map(|&index| self.charges.get(index))
    }

    pub(crate) fn payment(&self, id: &str) -> Option<&Payment> {
        self.payments.get(*self.payment_by_id.get(id)?)
    }

    /// All payments whose money came at `provider`, the newest first.
    pub(crate) fn arrivals_backwards(&self, provider: Provider) -> impl Iterator<Item = &Payment> {
        let arrived = self.arrivals.iter().rev().filter_map(|&index| self.payments.get(index));
        arrived.filter(move |payment| self.charge(&payment.charge_id).is_some_and(|of| of.provider == provider))
    }

    /// Payments on one charge, oldest first.
    pub(crate) fn payments_of<'a>(&'a self, charge_id: &str) -> impl Iterator<Item = &'a Payment> {
        let indexes = self.payments_by_charge.get(charge_id).map_or(&[][..], Vec::as_slice);
        indexes.iter().filter_map(|&index| self.payments.get(index))
    }

    /// The open charge whose time runs out first.
    pub(crate) fn next_deadline(&self) -> Option<(DateTime<Utc>, &Charge)> {
        let (at, index) = self.deadlines.first()?;
        Some((*at, self.charges.get(*index)?))
    }

    pub(crate) fn notification(&self, id: &str) -> Option<&Notification> {
        self.notifications.get(id)
    }

    /// Notifications that still have an attempt ahead.
    pub(crate) fn unsettled(&self) -> impl Iterator<Item = &Notification> {
        self.notifications.values().filter(|notification| notification.next_at.is_some())
    }

    pub(crate) fn refunds(&self) -> &Refunds {
        &self.refunds
    }

    /// Refunds of one charge, oldest first.
    pub(crate) fn refunds_of<'a>(&'a self, charge_id: &'a str) -> impl Iterator<Item = &'a Refund> {
        self.refunds.iter().filter(move |refund| refund.charge_id == charge_id)
    }

    /// Every page.
    pub(crate) fn pages(&self) -> impl Iterator<Item = &SnapPage> {
        self.pages.values()
    }

    /// The page of that token.
    pub(crate) fn page(&self, token: &str) -> Option<&SnapPage> {
        self.pages.get(token)
    }

    /// The pages of an account under an order id.
    pub(crate) fn pages_of<'a>(&'a self, account: &'a str, order_id: &'a str) -> impl Iterator<Item = &'a SnapPage> {
        self.pages.values().filter(move |page| page.account == account && page.order_id == order_id)
    }

    /// Whether the account has a token of a card by this name that was not used.
    pub(crate) fn has_token(&self, account: &str, token_id: &str) -> bool {
        self.tokens.get(token_id).is_some_and(|owner| owner == account)
    }

    /// The time of the next change that nobody has to ask for.
    pub(crate) fn next_change(&self) -> Option<DateTime<Utc>> {
        let expiry = self.next_deadline().map(|(at, _)| at);
        let settlement = self.refunds.next_due().map(|(at, _)| at);
        expiry.into_iter().chain(settlement).min()
    }

    /// What was answered when this key first came to this endpoint.
    pub(crate) fn answer(&self, account: &str, endpoint: &str, key: &str) -> Option<&Answer> {
        self.answers.get(&(account.to_owned(), endpoint.to_owned(), key.to_owned()))
    }

    pub(crate) fn target(&self, provider: Provider, account: &str) -> Option<&str> {
        self.targets.get(&(provider, account.to_owned())).map(String::as_str)
    }
}

/// A request that was cancelled or ran out keeps saying so although money came (Xendit's pages on delayed webhooks); one that failed can
/// still be paid.
fn status_after(before: ChargeStatus, outcome: &PaymentOutcome) -> ChargeStatus {
    match (before, outcome) {
        (ChargeStatus::Open | ChargeStatus::Failed, PaymentOutcome::Succeeded) => ChargeStatus::Paid,
        (ChargeStatus::Open | ChargeStatus::Failed, PaymentOutcome::Authorized) => ChargeStatus::Authorized,
        (ChargeStatus::Open, PaymentOutcome::Failed { .. }) => ChargeStatus::Failed,
        (ChargeStatus::Open, PaymentOutcome::Released) => ChargeStatus::Canceled,
        (
            kept @ (ChargeStatus::Authorized
            | ChargeStatus::Paid
            | ChargeStatus::Failed
            | ChargeStatus::Canceled
            | ChargeStatus::Expired),
            _,
        ) => kept,
    }
}
