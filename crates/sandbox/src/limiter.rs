//! Rate limits over a sliding window, per account and endpoint.

use std::collections::{BTreeMap, HashMap, VecDeque};

use chrono::{DateTime, TimeDelta, Utc};

use crate::config::RateLimit;
use crate::provider::Provider;

/// The length of the window, in seconds of the provider's clock.
const WINDOW_SECONDS: i64 = 60;

/// What a call is counted under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Counter {
    pub(crate) provider: Provider,
    pub(crate) account: String,
    /// Verb and path with its ids left out.
    pub(crate) endpoint: &'static str,
}

/// What the window holds after a call was counted, or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Window {
    pub(crate) limit: u32,
    pub(crate) remaining: u32,
    /// Until the oldest call leaves the window.
    pub(crate) reset: TimeDelta,
    pub(crate) refused: bool,
}

/// Counts calls against the limits in force.
#[derive(Debug)]
pub(crate) struct Limiter {
    at_start: RateLimit,
    general: BTreeMap<Provider, RateLimit>,
    by_endpoint: BTreeMap<(Provider, String), RateLimit>,
    calls: HashMap<Counter, VecDeque<DateTime<Utc>>>,
}

impl Limiter {
    pub(crate) fn new(at_start: RateLimit) -> Self {
        Self { at_start, general: BTreeMap::new(), by_endpoint: BTreeMap::new(), calls: HashMap::new() }
    }

    /// Sets the limit of one endpoint, or of all that have none of their own.
    pub(crate) fn set(&mut self, provider: Provider, endpoint: Option<String>, limit: RateLimit) {
        match endpoint {
            Some(endpoint) => self.by_endpoint.insert((provider, endpoint), limit),
            None => self.general.insert(provider, limit),
        };
    }

    /// Back to the limits the sandbox was started with, with nothing counted.
    pub(crate) fn reset(&mut self) {
        *self = Self::new(self.at_start);
    }

    /// Counts one call; none where no limit is in force. A refused call does not count.
    pub(crate) fn count(&mut self, counter: Counter, now: DateTime<Utc>) -> Option<Window> {
        let RateLimit::PerMinute(limit) = self.limit_of(&counter) else {
            return None;
        };
        let limit = limit.get();
        let calls = self.calls.entry(counter).or_default();
        let window = TimeDelta::seconds(WINDOW_SECONDS);
        while calls.front().is_some_and(|&first| first + window <= now) {
            calls.pop_front();
        }
        let refused = calls.len() >= usize::try_from(limit).unwrap_or(usize::MAX);
        if !refused {
            calls.push_back(now);
        }
        let used = u32::try_from(calls.len()).unwrap_or(u32::MAX);
        Some(Window {
            limit,
            remaining: limit.saturating_sub(used),
            reset: calls.front().map_or(TimeDelta::zero(), |&first| first + window - now),
            refused,
        })
    }

    fn limit_of(&self, counter: &Counter) -> RateLimit {
        self.by_endpoint
            .get(&(counter.provider, counter.endpoint.to_owned()))
            .or_else(|| self.general.get(&counter.provider))
            .copied()
            .unwrap_or(self.at_start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counter() -> Counter {
        Counter { provider: Provider::Xendit, account: "main".to_owned(), endpoint: "GET /v3/payments/{id}" }
    }

    #[track_caller]
    fn check(limiter: &mut Limiter, second: i64, refused: bool, remaining: u32) {
        let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(second);
        let window = limiter.count(counter(), now).expect("a limit is in force");
        assert_eq!((window.refused, window.remaining), (refused, remaining), "at second {second}");
    }

    #[test]
    fn the_window_slides_instead_of_starting_afresh() {
        let mut limiter = Limiter::new("2".parse().expect("a limit"));
        check(&mut limiter, 0, false, 1);
        check(&mut limiter, 50, false, 0);
        check(&mut limiter, 59, true, 0);
        check(&mut limiter, 60, false, 0);
        check(&mut limiter, 61, true, 0);
        check(&mut limiter, 110, false, 0);
    }

    #[test]
    fn an_endpoint_may_have_its_own_limit() {
        let mut limiter = Limiter::new(RateLimit::Off);
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(limiter.count(counter(), now), None);
        limiter.set(Provider::Xendit, Some(counter().endpoint.to_owned()), "1".parse().expect("a limit"));
        assert!(limiter.count(counter(), now).is_some_and(|w| !w.refused));
        assert!(limiter.count(counter(), now).is_some_and(|w| w.refused));
    }
}
