//! One breaker: pure, the clock comes in by argument.

use std::collections::VecDeque;
use std::time::Duration;

use mstore_pay_domain::ports::{ProviderError, ProviderErrorKind};
use mstore_pay_domain::time::Timestamp;

/// When a breaker opens and how it closes again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// So many failures in a row open it.
    pub failures_in_a_row: usize,
    /// Calls that are remembered.
    pub calls_remembered: usize,
    /// For how long they are.
    pub remembered_for: Duration,
    /// Calls there must be before shares of them count.
    pub calls_min: usize,
    /// This share of failed calls opens it, in per cent.
    pub failed_percent: usize,
    /// A call that takes as long is slow, even if it is answered.
    pub slow_after: Duration,
    /// This share of slow calls opens it, in per cent.
    pub slow_percent: usize,
    /// While open, one call in this time is let through.
    pub probe_interval: Duration,
    /// The longest wait that is kept to because the provider told us to come back later.
    pub told_wait_max: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            // Three answers of ten lost is no outage, and to open for it makes tills wait: so many are not lost by chance.
            failures_in_a_row: 8,
            calls_remembered: 20,
            remembered_for: Duration::from_mins(1),
            calls_min: 10,
            failed_percent: 80,
            slow_after: Duration::from_secs(4),
            slow_percent: 80,
            probe_interval: Duration::from_secs(2),
            told_wait_max: Duration::from_mins(1),
        }
    }
}

/// How a breaker stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// Calls go through.
    Closed,
    /// Calls are refused.
    Open {
        /// Since when.
        since: Timestamp,
    },
    /// Calls are refused but for one that is under way to see.
    HalfOpen {
        /// Since when calls are refused.
        since: Timestamp,
    },
}

/// What a call tells of whether the provider answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It does, be it to refuse: a declined payment or a wrong request is no sign of illness.
    Answered,
    /// It does not, or not with anything that makes sense.
    Failed,
    /// Nothing: it was not called.
    Silent,
}

impl Verdict {
    pub(super) fn of<T>(outcome: &Result<T, ProviderError>) -> Self {
        match outcome.as_ref().map_err(|error| error.kind) {
            Err(ProviderErrorKind::Unavailable | ProviderErrorKind::TimedOut | ProviderErrorKind::Malformed) => {
                Self::Failed
            }
            Err(ProviderErrorKind::Unsupported) => Self::Silent,
            Ok(_) | Err(_) => Self::Answered,
        }
    }

    /// One verdict of a batch: it failed if nothing in it was answered.
    pub(super) fn of_all<T>(outcomes: &[Result<T, ProviderError>]) -> Self {
        let is = |verdict| move |outcome: &Result<T, ProviderError>| Self::of(outcome) == verdict;
        if outcomes.iter().any(is(Self::Answered)) {
            Self::Answered
        } else if outcomes.iter().any(is(Self::Failed)) {
            Self::Failed
        } else {
            Self::Silent
        }
    }
}

/// How long the provider told us to wait, if it did.
pub(super) fn told_wait<T>(outcome: &Result<T, ProviderError>) -> Option<Duration> {
    outcome.as_ref().err().and_then(ProviderError::retry_after)
}

/// Whether a call may be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    /// It may.
    Pass,
    /// It may, to see whether the provider answers again.
    Probe,
    /// It may not.
    Refuse { retry_after: Duration },
}

/// What a call's outcome did to the breaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Turn {
    Stayed,
    Opened,
    Closed,
}

#[derive(Debug, Default)]
pub(super) struct Machine {
    gate: Gate,
    calls: VecDeque<Call>,
    opened_times: u64,
    told_until: Option<Timestamp>,
}

#[derive(Debug, Default, Clone, Copy)]
enum Gate {
    #[default]
    Closed,
    Open {
        since: Timestamp,
        probe_at: Timestamp,
        probing: bool,
    },
}

#[derive(Debug, Clone, Copy)]
struct Call {
    at: Timestamp,
    failed: bool,
    slow: bool,
}

impl Machine {
    pub(super) fn admit(&mut self, policy: &BreakerPolicy, now: Timestamp) -> Admission {
        if let Some(retry_after) = self.is_told_to_wait(policy, now) {
            return Admission::Refuse { retry_after };
        }
        let Gate::Open { since, probe_at, .. } = self.gate else { return Admission::Pass };
        if is_due(probe_at, policy, now) {
            // The next one an interval from now, whether or not this one ever comes back.
            self.gate = Gate::Open { since, probe_at: now.plus(policy.probe_interval), probing: true };
            Admission::Probe
        } else {
            Admission::Refuse { retry_after: probe_at.since(now) }
        }
    }

    pub(super) fn record(
        &mut self,
        policy: &BreakerPolicy,
        admission: Admission,
        verdict: Verdict,
        took: Duration,
        now: Timestamp,
    ) -> Turn {
        let call = Call { at: now, failed: verdict == Verdict::Failed, slow: took >= policy.slow_after };
        match (self.gate, verdict) {
            (Gate::Closed, Verdict::Silent) => Turn::Stayed,
            (Gate::Closed, Verdict::Answered | Verdict::Failed) => self.remember(policy, call),
            // A call from before it opened says nothing of now.
            (Gate::Open { .. }, _) if admission != Admission::Probe => Turn::Stayed,
            (Gate::Open { since, .. }, Verdict::Silent) => {
                self.gate = Gate::Open { since, probe_at: now, probing: false };
                Turn::Stayed
            }
            (Gate::Open { since, .. }, Verdict::Answered | Verdict::Failed) if call.failed || call.slow => {
                self.gate = Gate::Open { since, probe_at: now.plus(policy.probe_interval), probing: false };
                Turn::Stayed
            }
            (Gate::Open { .. }, Verdict::Answered | Verdict::Failed) => {
                self.gate = Gate::Closed;
                self.calls.clear();
                Turn::Closed
            }
        }
    }

    /// The provider said when to come back: until then it is left alone.
    pub(super) fn wait(&mut self, policy: &BreakerPolicy, told: Duration, now: Timestamp) {
        self.told_until = Some(now.plus(told.min(policy.told_wait_max)));
    }

    /// A wait is never longer than the longest; if it seems so, the clock was set back.
    fn is_told_to_wait(&self, policy: &BreakerPolicy, now: Timestamp) -> Option<Duration> {
        let left = self.told_until?.since(now);
        (!left.is_zero() && left <= policy.told_wait_max).then_some(left)
    }

    pub(super) fn rests_for(&self, policy: &BreakerPolicy, now: Timestamp) -> Option<Duration> {
        if let Some(left) = self.is_told_to_wait(policy, now) {
            return Some(left);
        }
        match self.gate {
            Gate::Open { probe_at, .. } if !is_due(probe_at, policy, now) => Some(probe_at.since(now)),
            Gate::Closed | Gate::Open { .. } => None,
        }
    }

    /// Whether the next call would be let through to see.
    pub(super) fn is_on_trial(&self, policy: &BreakerPolicy, now: Timestamp) -> bool {
        matches!(self.gate, Gate::Open { .. }) && self.rests_for(policy, now).is_none()
    }

    pub(super) const fn state(&self) -> BreakerState {
        match self.gate {
            Gate::Closed => BreakerState::Closed,
            Gate::Open { since, probing: false, .. } => BreakerState::Open { since },
            Gate::Open { since, probing: true, .. } => BreakerState::HalfOpen { since },
        }
    }

    /// Calls remembered, and how many of them failed.
    pub(super) fn recent(&self) -> (usize, usize) {
        (self.calls.len(), self.calls.iter().filter(|call| call.failed).count())
    }

    pub(super) const fn opened_times(&self) -> u64 {
        self.opened_times
    }

    fn remember(&mut self, policy: &BreakerPolicy, call: Call) -> Turn {
        self.calls.push_back(call);
        while self.calls.len() > policy.calls_remembered
            || self.calls.front().is_some_and(|oldest| call.at.since(oldest.at) > policy.remembered_for)
        {
            self.calls.pop_front();
        }
        if !self.is_ill(policy) {
            return Turn::Stayed;
        }
        self.gate = Gate::Open { since: call.at, probe_at: call.at.plus(policy.probe_interval), probing: false };
        self.opened_times += 1;
        Turn::Opened
    }

    fn is_ill(&self, policy: &BreakerPolicy) -> bool {
        let calls = self.calls.len();
        let in_a_row = self.calls.iter().rev().take_while(|call| call.failed).count();
        let share = |counts: fn(&Call) -> bool, percent: usize| {
            calls >= policy.calls_min && self.calls.iter().filter(|call| counts(call)).count() * 100 >= calls * percent
        };
        in_a_row >= policy.failures_in_a_row
            || share(|call| call.failed, policy.failed_percent)
            || share(|call| call.slow, policy.slow_percent)
    }
}

/// A probe is never more than an interval ahead; if it seems so, the clock was set back.
fn is_due(probe_at: Timestamp, policy: &BreakerPolicy, now: Timestamp) -> bool {
    now >= probe_at || probe_at.since(now) > policy.probe_interval
}

#[cfg(test)]
mod tests;
