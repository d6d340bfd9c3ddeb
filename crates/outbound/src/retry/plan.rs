//! When to try again, and whether: pure, the clock comes in by argument.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use mstore_pay_domain::ports::{Certainty, ProviderError};

use super::RetryPolicy;

/// What a second try could do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safety {
    /// Nothing: it only reads. Over a limit that names no wait, it is left to its caller, who comes back.
    Always,
    /// Something twice, unless the first certainly did nothing.
    OnlyIfNotApplied,
}

/// The tries of one call.
pub(super) struct Plan {
    pauses: Box<dyn Iterator<Item = Duration> + Send>,
    safety: Safety,
    try_min: Duration,
    ends_at: Duration,
}

impl Plan {
    pub(super) fn new(policy: &RetryPolicy, safety: Safety, within: Duration, now: Duration) -> Self {
        let pauses = ExponentialBuilder::new()
            .with_min_delay(policy.pause_min)
            .with_max_delay(policy.pause_max)
            .with_max_times(policy.retries_max)
            .with_jitter()
            .build();
        Self { pauses: Box::new(pauses), safety, try_min: policy.try_min, ends_at: now.saturating_add(within) }
    }

    /// How long to wait before the next try; `None` if there is to be none.
    pub(super) fn pause(&mut self, error: &ProviderError, now: Duration) -> Option<Duration> {
        let safe = match self.safety {
            Safety::Always => !super::is_limited_for_no_known_time(error),
            Safety::OnlyIfNotApplied => error.certainty == Certainty::NotApplied,
        };
        if !safe || super::is_unsent(error) || !error.is_transient() {
            return None;
        }
        let pause = self.pauses.next()?.max(error.retry_after().unwrap_or_default());
        (pause.saturating_add(self.try_min) <= self.left(now)).then_some(pause)
    }

    /// What is left of the call's time, if that is enough for another try.
    pub(super) fn time_for_a_try(&self, now: Duration) -> Option<Duration> {
        Some(self.left(now)).filter(|left| *left >= self.try_min)
    }

    fn left(&self, now: Duration) -> Duration {
        self.ends_at.saturating_sub(now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mstore_pay_domain::ids::ProviderId;
    use mstore_pay_domain::ports::{Operation, ProviderErrorKind, Upstream};

    const WITHIN: Duration = Duration::from_secs(5);

    #[track_caller]
    fn check(safety: Safety, kind: ProviderErrorKind, certainty: Certainty, want_retry: bool) {
        let mut plan = Plan::new(&RetryPolicy::default(), safety, WITHIN, Duration::ZERO);
        let error = ProviderError::new(ProviderId::parse("psp").unwrap(), Operation::Open, kind, certainty);
        assert_eq!(plan.pause(&error, Duration::ZERO).is_some(), want_retry, "{safety:?} {kind:?} {certainty:?}");
    }

    #[test]
    fn what_changes_something_is_tried_again_only_if_certainly_nothing_happened() {
        use Certainty::{NotApplied, Unknown};
        use ProviderErrorKind::{Declined, InvalidRequest, Malformed, TimedOut, Unavailable};
        check(Safety::OnlyIfNotApplied, Unavailable, NotApplied, true);
        for kind in [Unavailable, TimedOut, Malformed] {
            check(Safety::OnlyIfNotApplied, kind, Unknown, false);
            check(Safety::Always, kind, Unknown, true);
        }
        for kind in [Declined, InvalidRequest] {
            check(Safety::OnlyIfNotApplied, kind, NotApplied, false);
            check(Safety::Always, kind, NotApplied, false);
        }
    }

    #[test]
    fn a_wait_that_the_provider_asks_for_is_kept_or_not_begun() {
        let limited = |seconds| ProviderErrorKind::RateLimited { retry_after: Some(Duration::from_secs(seconds)) };
        check(Safety::Always, limited(3), Certainty::NotApplied, true);
        check(Safety::Always, limited(60), Certainty::NotApplied, false);
        let limited = ProviderErrorKind::RateLimited { retry_after: None };
        check(Safety::Always, limited, Certainty::NotApplied, false);
        check(Safety::OnlyIfNotApplied, limited, Certainty::NotApplied, true);
    }

    #[test]
    fn whoever_is_out_of_order_is_asked_again_when_it_says() {
        let pause = |seconds| {
            let id = ProviderId::parse("psp").unwrap();
            let wait = Some(Duration::from_secs(seconds));
            let error = ProviderError::new(id, Operation::Sweep, ProviderErrorKind::Unavailable, Certainty::Unknown)
                .saying(Upstream::default().with_retry_after(wait));
            Plan::new(&RetryPolicy::default(), Safety::Always, WITHIN, Duration::ZERO).pause(&error, Duration::ZERO)
        };
        assert_eq!(pause(3), Some(Duration::from_secs(3)));
        assert_eq!(pause(60), None);
    }

    #[test]
    fn tries_end_by_number_and_by_time() {
        let error = ProviderError::new(
            ProviderId::parse("psp").unwrap(),
            Operation::Inquire,
            ProviderErrorKind::Unavailable,
            Certainty::Unknown,
        );
        let mut plan = Plan::new(&RetryPolicy::default(), Safety::Always, WITHIN, Duration::ZERO);
        let pauses: Vec<Duration> = std::iter::from_fn(|| plan.pause(&error, Duration::ZERO)).collect();
        assert_eq!(pauses.len(), 2);
        assert!(pauses[0] >= Duration::from_millis(100) && pauses[1] >= Duration::from_millis(200), "{pauses:?}");

        let mut late = Plan::new(&RetryPolicy::default(), Safety::Always, WITHIN, Duration::ZERO);
        assert_eq!(late.pause(&error, Duration::from_millis(4_800)), None);
    }
}
