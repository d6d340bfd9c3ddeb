//! Rounds: where arrived money is not listed in time, the payments of an account that somebody watches are asked about
//! in turn, as fast as its rate limit allows. Each by itself would ask by luck: some often, others never.

mod line;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::questions::ASK_AFTER;
use super::{DecideError, Gateway};
use crate::audit::Actor;
use crate::charge::Charge;
use crate::ids::{AccountId, MerchantId, PaymentId, ProviderId};
use crate::payment::{Display, Intake, Payment, PaymentStatus};
use crate::ports::{BudgetClass, Endpoint, Reservation, StoreError};
use crate::time::Timestamp;

use line::{Line, Turn};

/// Rounds that were not gone for so long are gone no more.
const GONE_WITHIN: Duration = Duration::from_secs(5);

/// An account at a provider.
pub type AccountName = (ProviderId, AccountId);

/// The payments that are watched through this process, by account. Losing them costs nothing: whoever looks again joins
/// again.
#[derive(Debug, Default)]
pub(super) struct Rounds {
    lines: Mutex<BTreeMap<AccountName, Line>>,
    /// When somebody last wanted to know which accounts are watched: whoever goes the rounds does so again and again.
    gone_at: Mutex<Option<Timestamp>>,
}

/// What there is to do at an account now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Round {
    /// Somebody's turn has come, the rate limit leaves the question, and the caller is to ask it.
    Ask(InTurn),
    /// Nothing before that long.
    Wait(Duration),
    /// Nothing: nobody watches, or money is listed in time.
    Rest,
}

/// A payment whose turn has come, for [`Gateway::ask_in_turn`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InTurn {
    account: AccountName,
    merchant: MerchantId,
    payment: PaymentId,
}

impl InTurn {
    /// Whose turn it is.
    #[must_use]
    pub const fn payment(&self) -> &PaymentId {
        &self.payment
    }
}

impl Rounds {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<AccountName, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody goes the rounds in this process.
    pub(super) fn are_gone(&self, now: Timestamp) -> bool {
        let gone_at = *self.gone_at.lock().unwrap_or_else(PoisonError::into_inner);
        gone_at.is_some_and(|at| now.since(at) <= GONE_WITHIN)
    }

    fn note_gone(&self, now: Timestamp) {
        *self.gone_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(now);
    }

    /// Notes a question that is being asked, whoever asks it.
    pub(super) fn note_asked(&self, charge: &Charge, payment: &PaymentId, now: Timestamp) {
        if let Some(line) = self.lock().get_mut(&name_of(charge)) {
            line.note_asked(payment, now);
        }
    }

    /// Takes out of line what was just stored and waits no more.
    pub(super) fn note_stored(&self, payment: &Payment) {
        if payment.status() == PaymentStatus::Pending {
            return;
        }
        let mut lines = self.lock();
        for charge in &payment.charges {
            if let Some(line) = lines.get_mut(&name_of(charge)) {
                line.leave(&payment.id);
            }
        }
    }
}

impl Gateway {
    /// The accounts at which somebody watches payments through this process.
    #[must_use]
    pub fn watched_accounts(&self) -> Vec<AccountName> {
        let now = self.ports.clock.now();
        self.rounds.note_gone(now);
        let mut lines = self.rounds.lock();
        lines.retain(|_, line| {
            line.forget(now);
            !line.is_empty()
        });
        lines.keys().cloned().collect()
    }

    /// What a worker of each process that serves tills is to do at an account now. It is asked again at once after a
    /// question, and soon after a rest.
    pub async fn next_round(&self, account: &AccountName) -> Round {
        let now = self.ports.clock.now();
        let (merchant, payment, asked_before) = match self.take_turn(account, None, now) {
            Turn::Of(merchant, payment, asked_before) => (merchant, payment, asked_before),
            Turn::NotBefore(at) => return Round::Wait(at.since(now)),
            Turn::Nobodys => return Round::Rest,
        };
        match self.reserve_question(account).await {
            Reservation::Wait(pause) => {
                self.put_back(account, &payment, asked_before, now);
                Round::Wait(pause)
            }
            Reservation::Granted => Round::Ask(InTurn { account: account.clone(), merchant, payment }),
        }
    }

    /// Asks about a payment whose turn has come, unless it waits no more: what other nodes settle is not known here
    /// before.
    ///
    /// # Errors
    /// [`StoreError`]: its turn comes again.
    pub async fn ask_in_turn(&self, turn: &InTurn) -> Result<(), StoreError> {
        let InTurn { account, merchant, payment } = turn;
        let stored = self.ports.payments.payment(merchant, payment).await?;
        let Some(waiting) = stored.filter(|stored| askable(stored).is_some_and(|asked| name_of(asked) == *account))
        else {
            self.leave_line(account, payment);
            return Ok(());
        };
        match self.ask_while_waiting(&waiting, &Actor::Worker).await {
            Ok(_) | Err(DecideError::Contended | DecideError::Commit(_)) => Ok(()),
            Err(DecideError::Store(store)) => Err(store),
        }
    }

    /// Has a payment stand in line while somebody watches it.
    pub(super) fn join_line(&self, payment: &Payment, watched_until: Timestamp) {
        let Some(charge) = askable(payment) else { return };
        let asked = [Some(payment.created_at), payment.checks.last_at, self.questions.last(&payment.id)];
        let asked_at = asked.into_iter().flatten().max().unwrap_or(payment.created_at);
        let mut lines = self.rounds.lock();
        let line = lines.entry(name_of(charge)).or_default();
        line.join((&payment.merchant, payment.id), asked_at, watched_until);
    }

    /// Whether it is that payment's turn, and the rate limit leaves the question, which is then the caller's to ask.
    pub(super) async fn takes_its_turn(&self, payment: &Payment) -> bool {
        let Some(account) = askable(payment).map(name_of) else { return false };
        let now = self.ports.clock.now();
        let turn = self.take_turn(&account, Some(&payment.id), now);
        let Turn::Of(_, id, asked_before) = turn else { return false };
        if id != payment.id {
            return false;
        }
        let is_granted = self.reserve_question(&account).await == Reservation::Granted;
        if !is_granted {
            self.put_back(&account, &id, asked_before, now);
        }
        is_granted
    }

    /// When a payment was asked about last whose charge is asked about in rounds; `None` if it is not.
    pub(super) fn asked_in_rounds(&self, payment: &Payment, charge: &Charge, now: Timestamp) -> Option<Timestamp> {
        let is_shown = payment.display == Display::Shown && payment.unanswered_push().is_none();
        let account = askable(payment).filter(|asked| is_shown && asked.id == charge.id).map(name_of)?;
        if self.trust.holds((&account.0, &account.1), now) {
            return None;
        }
        self.rounds.lock().get(&account).and_then(|line| line.asked_at(&payment.id, now))
    }

    /// Whether payments at that account are asked about in rounds: money is not listed in time.
    pub(super) fn goes_in_rounds(&self, payment: &Payment, now: Timestamp) -> bool {
        askable(payment).is_some_and(|charge| !self.trust.holds((&charge.provider, &charge.account), now))
    }

    /// Whose turn it is. Whoever's it is takes it, unless `only` another would: nobody else asks about it before the rate
    /// limit has said whether it is asked about now.
    fn take_turn(&self, account: &AccountName, only: Option<&PaymentId>, now: Timestamp) -> Turn {
        if self.trust.holds((&account.0, &account.1), now) {
            return Turn::Nobodys;
        }
        let pause = self.pause_at(account);
        let mut lines = self.rounds.lock();
        let Some(line) = lines.get_mut(account) else { return Turn::Nobodys };
        let turn = line.turn(pause, now);
        if let Turn::Of(_, payment, _) = &turn
            && only.is_none_or(|only| only == payment)
        {
            line.note_asked(payment, now);
        }
        turn
    }

    fn put_back(&self, account: &AccountName, payment: &PaymentId, asked_before: Timestamp, sent_at: Timestamp) {
        if let Some(line) = self.rounds.lock().get_mut(account) {
            line.put_back(payment, asked_before, sent_at);
        }
    }

    fn leave_line(&self, account: &AccountName, payment: &PaymentId) {
        if let Some(line) = self.rounds.lock().get_mut(account) {
            line.leave(payment);
        }
    }

    /// Between two questions about the same payment, at the least.
    fn pause_at(&self, account: &AccountName) -> Duration {
        self.policies.watched_pauses.get(&account.0).map_or(ASK_AFTER, |pause| ASK_AFTER.min(*pause))
    }

    async fn reserve_question(&self, (provider, account): &AccountName) -> Reservation {
        self.ports.budget.reserve(provider, account, Endpoint::Inquire, BudgetClass::Watched, 1).await
    }
}

/// The charge by which a payment is asked about while somebody watches it.
fn askable(payment: &Payment) -> Option<&Charge> {
    let waits = payment.status() == PaymentStatus::Pending && payment.intake == Intake::Closed;
    payment.shown_charge().filter(|_| waits)
}

fn name_of(charge: &Charge) -> AccountName {
    (charge.provider.clone(), charge.account.clone())
}
