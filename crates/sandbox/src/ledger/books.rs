use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{DateTime, Utc};

use super::{Answer, Charge, ChargeStatus, Entry, Notification, Payment, PaymentOutcome};
use crate::clock::Anchor;
use crate::provider::Provider;

/// The state that all entries so far add up to, with the indexes the calls need.
#[derive(Debug, Default)]
pub(crate) struct Books {
    anchor: Option<Anchor>,
    charges: Vec<Charge>,
    charge_by_id: HashMap<String, usize>,
    /// References and order codes alike.
    charges_by_word: HashMap<String, Vec<usize>>,
    deadlines: BTreeSet<(DateTime<Utc>, usize)>,
    payments: Vec<Payment>,
    payment_by_id: HashMap<String, usize>,
    payments_by_charge: HashMap<String, Vec<usize>>,
    notifications: BTreeMap<String, Notification>,
    targets: BTreeMap<(Provider, String), String>,
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
        let answers = self.answers.values().map(|answer| Entry::Answered(Box::new(answer.clone())));
        anchor.into_iter().chain(targets).chain(charges).chain(payments).chain(states).chain(pending).chain(answers)
    }

    fn open(&mut self, charge: Charge) {
        let index = self.charges.len();
        self.charge_by_id.insert(charge.id.clone(), index);
        self.charge_by_id.insert(charge.request_id().to_owned(), index);
        let order_code = charge.order_code.clone().filter(|code| *code != charge.reference);
        for word in std::iter::once(charge.reference.clone()).chain(order_code) {
            self.charges_by_word.entry(word).or_default().push(index);
        }
        if charge.status == ChargeStatus::Open {
            self.deadlines.insert((charge.payable_until, index));
        }
        self.charges.push(charge);
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
                PaymentOutcome::Succeeded => None,
                PaymentOutcome::Failed { code } => Some(code.clone()),
            };
            let stays_open = if payment.succeeded() { charge.reusable } else { charge.method.may_be_tried_again() };
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
        self.payments.push(payment);
    }

    pub(crate) fn anchor(&self) -> Option<Anchor> {
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

    /// All payments, the newest first.
    pub(crate) fn payments_backwards(&self) -> impl Iterator<Item = &Payment> {
        self.payments.iter().rev()
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
        (ChargeStatus::Open, PaymentOutcome::Failed { .. }) => ChargeStatus::Failed,
        (kept @ (ChargeStatus::Paid | ChargeStatus::Failed | ChargeStatus::Canceled | ChargeStatus::Expired), _) => {
            kept
        }
    }
}
