//! The breakers of all lines.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use mstore_pay_domain::ids::AccountId;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::ports::Operation;
use mstore_pay_domain::time::Timestamp;

use super::BreakerOpen;
use super::machine::{Admission, BreakerPolicy, BreakerState, Machine, Turn, Verdict};

/// What has a breaker of its own: an operation under an account, and for openings each method.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// The account.
    pub account: AccountId,
    /// The operation.
    pub operation: Operation,
    /// The method; only openings have one.
    pub method: Option<Method>,
}

/// How a line stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerSnapshot {
    /// Which line.
    pub line: Line,
    /// Its state.
    pub state: BreakerState,
    /// Calls of late that tell something.
    pub calls: usize,
    /// How many of them failed.
    pub failures: usize,
    /// How often it opened since the start.
    pub opened_times: u64,
}

/// Leave to call, to be given back with what came of it.
#[derive(Debug)]
pub(super) struct Ticket {
    line: Line,
    admission: Admission,
    since: Timestamp,
}

#[derive(Debug)]
pub(super) struct Board {
    policy: BreakerPolicy,
    lines: Mutex<BTreeMap<Line, Machine>>,
}

impl Board {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self { policy, lines: Mutex::default() }
    }

    pub(super) fn admit(&self, line: Line, now: Timestamp) -> Result<Ticket, BreakerOpen> {
        let admission = self.lines().entry(line.clone()).or_default().admit(&self.policy, now);
        match admission {
            Admission::Pass | Admission::Probe => Ok(Ticket { line, admission, since: now }),
            Admission::Refuse { retry_after } => Err(BreakerOpen { retry_after }),
        }
    }

    /// Leaves the line of that call alone for as long as the provider says.
    pub(super) fn wait(&self, ticket: &Ticket, told: Duration, now: Timestamp) {
        self.lines().entry(ticket.line.clone()).or_default().wait(&self.policy, told, now);
    }

    pub(super) fn record(&self, ticket: Ticket, verdict: Verdict, now: Timestamp) {
        let Ticket { line, admission, since } = ticket;
        let turn = self.lines().entry(line.clone()).or_default().record(
            &self.policy,
            admission,
            verdict,
            now.since(since),
            now,
        );
        let Line { account, operation, method } = &line;
        match turn {
            Turn::Opened => tracing::warn!(%account, ?operation, ?method, "breaker opened: {account} {operation}"),
            Turn::Closed => tracing::info!(%account, ?operation, ?method, "breaker closed: {account} {operation}"),
            Turn::Stayed => {}
        }
    }

    /// For how long a call on that line would be refused; `None` if it would be made.
    pub(super) fn rests_for(&self, line: &Line, now: Timestamp) -> Option<Duration> {
        self.lines().get(line).and_then(|machine| machine.rests_for(&self.policy, now))
    }

    /// Whether a call on that line would be the one that sees whether the provider answers again.
    pub(super) fn is_on_trial(&self, line: &Line, now: Timestamp) -> bool {
        self.lines().get(line).is_some_and(|machine| machine.is_on_trial(&self.policy, now))
    }

    pub(super) fn snapshot(&self) -> Vec<BreakerSnapshot> {
        self.lines()
            .iter()
            .map(|(line, machine)| {
                let (calls, failures) = machine.recent();
                BreakerSnapshot {
                    line: line.clone(),
                    state: machine.state(),
                    calls,
                    failures,
                    opened_times: machine.opened_times(),
                }
            })
            .collect()
    }

    fn lines(&self) -> MutexGuard<'_, BTreeMap<Line, Machine>> {
        // Every change is one assignment: a panic elsewhere leaves nothing half-done behind the lock.
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
