//! The sliding window itself: pure, so that any store can share it between nodes.

use std::collections::VecDeque;
use std::time::Duration;

use crate::ports::{BudgetClass, Endpoint, RateLimitStatus, Reservation};
use crate::time::Timestamp;

/// Calls that were granted at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    /// When.
    pub at: Timestamp,
    /// To which class; `None`: used by somebody else under the same limit.
    pub class: Option<BudgetClass>,
    /// How many.
    pub calls: u32,
}

/// A log of the calls of the last minute, and who may make the next.
///
/// * At no moment are there more calls in the last minute than the limit.
/// * Calls are evenly paced over what confirmations leave; confirmations take at once what is left.
/// * A tenth is kept for [`BudgetClass::Rest`] as long as it asks; what it does not ask for is lent.
/// * While a more urgent class waits, the less urgent ones do too.
/// * Of openings a twentieth is left to tills, who ask nobody.
#[derive(Debug, Clone)]
pub struct SlidingWindow {
    configured: u32,
    limit: u32,
    log: VecDeque<Grant>,
    next_slot: Timestamp,
    rest_slot: Timestamp,
    rest_asked_until: Timestamp,
    waiting_until: [Timestamp; 4],
}

/// All that a window remembers, for a store that shares it between nodes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WindowState {
    /// Calls a minute, as configured.
    pub configured: u32,
    /// Calls a minute that are made: what was configured, or less if the provider said so last.
    pub limit: u32,
    /// What was granted in the last minute, oldest first.
    pub log: Vec<Grant>,
    /// When the next paced call is due.
    pub next_slot: Timestamp,
    /// When the rest's next call of its own share is due.
    pub rest_slot: Timestamp,
    /// Until when the rest counts as asking.
    pub rest_asked_until: Timestamp,
    /// Until when each class, the most urgent first, is expected back after it was told to wait.
    pub waiting_until: [Timestamp; 4],
}

impl SlidingWindow {
    /// How far back calls count.
    pub const LENGTH: Duration = Duration::from_mins(1);
    /// For how long a call is counted: one that was on its way for a second is counted by the provider a second later, and
    /// the next by then may be on its way for less.
    const COUNTED_FOR: Duration = Duration::from_secs(61);
    /// One in so many calls is kept for the rest.
    const REST_SHARE: u32 = 10;
    /// One opening in so many is left to tills.
    const TILLS_SHARE: u32 = 20;
    /// Slots that nobody took stay good that long, so that a scheduler that ticks keeps its pace.
    const CATCH_UP: Duration = Duration::from_secs(1);
    /// For how long after its turn somebody who was told to wait is expected back.
    const PATIENCE: Duration = Duration::from_millis(500);

    /// A window in which nothing was used.
    #[must_use]
    pub fn unused(calls_per_minute: u32) -> Self {
        Self {
            configured: calls_per_minute,
            limit: calls_per_minute,
            log: VecDeque::new(),
            next_slot: Timestamp::EPOCH,
            rest_slot: Timestamp::EPOCH,
            rest_asked_until: Timestamp::EPOCH,
            waiting_until: [Timestamp::EPOCH; 4],
        }
    }

    /// A window that was evenly used up over the minute before `until`.
    #[must_use]
    pub fn evenly_used(calls_per_minute: u32, until: Timestamp) -> Self {
        let mut window = Self::unused(calls_per_minute);
        let interval = Self::COUNTED_FOR / calls_per_minute.max(1);
        let start = until.minus(Self::COUNTED_FOR);
        window.log =
            (1..=calls_per_minute).map(|n| Grant { at: start.plus(interval * n), class: None, calls: 1 }).collect();
        window
    }

    /// A window as a store kept it.
    #[must_use]
    pub fn resume(state: WindowState) -> Self {
        let WindowState { configured, limit, log, next_slot, rest_slot, rest_asked_until, waiting_until } = state;
        Self { configured, limit, log: log.into(), next_slot, rest_slot, rest_asked_until, waiting_until }
    }

    /// What a store must keep of it.
    #[must_use]
    pub fn into_state(self) -> WindowState {
        let Self { configured, limit, log, next_slot, rest_slot, rest_asked_until, waiting_until } = self;
        WindowState { configured, limit, log: log.into(), next_slot, rest_slot, rest_asked_until, waiting_until }
    }

    /// What was granted in the last minute, oldest first.
    pub fn log(&self) -> impl Iterator<Item = &Grant> {
        self.log.iter()
    }

    /// Leave for `calls` calls of that class, counted at once, or how long to wait for it. More calls
    /// than the limit allows in a minute are taken for as many as it allows.
    pub fn reserve(&mut self, class: BudgetClass, calls: u32, now: Timestamp) -> Reservation {
        self.reserve_leaving(0, class, calls, now)
    }

    /// The same at an endpoint: of openings some are left to tills.
    pub fn reserve_at(&mut self, endpoint: Endpoint, class: BudgetClass, calls: u32, now: Timestamp) -> Reservation {
        let left_to_tills = match endpoint {
            Endpoint::Open => self.limit.div_ceil(Self::TILLS_SHARE),
            Endpoint::Inquire | Endpoint::Payment | Endpoint::Cancel | Endpoint::Refund | Endpoint::Sweep => 0,
        };
        self.reserve_leaving(left_to_tills, class, calls, now)
    }

    fn reserve_leaving(&mut self, left: u32, class: BudgetClass, calls: u32, now: Timestamp) -> Reservation {
        self.forget(now);
        if class == BudgetClass::Rest {
            self.rest_asked_until = now.plus(Self::LENGTH);
        }
        let wait = self.wait_for_room(left, class, calls, now).max(self.wait_for_turn(class, now));
        if wait.is_zero() {
            self.take(left, class, calls, now);
            Reservation::Granted
        } else {
            self.set_waiting(class, now.plus(wait).plus(Self::PATIENCE));
            Reservation::Wait(wait)
        }
    }

    /// Takes in what the provider said: a limit smaller than the configured one is obeyed until it says otherwise, and
    /// calls that it counted and we did not were made by somebody else.
    pub fn observe(&mut self, status: RateLimitStatus, now: Timestamp) {
        self.forget(now);
        self.limit = self.configured.min(status.limit.max(1));
        let left = self.limit.saturating_sub(self.used());
        let foreign = left.saturating_sub(status.remaining);
        if foreign > 0 {
            let at = now.plus(status.reset).minus(Self::LENGTH).min(now);
            let place = self.log.partition_point(|grant| grant.at <= at);
            self.log.insert(place, Grant { at, class: None, calls: foreign });
        }
    }

    fn forget(&mut self, now: Timestamp) {
        while self.log.front().is_some_and(|grant| grant.at.plus(Self::COUNTED_FOR) <= now) {
            self.log.pop_front();
        }
    }

    fn used(&self) -> u32 {
        sum(self.log.iter())
    }

    fn used_by(&self, class: BudgetClass) -> u32 {
        sum(self.log.iter().filter(|grant| grant.class == Some(class)))
    }

    /// What the rest may still ask for and others must leave.
    fn kept_for_rest(&self, now: Timestamp) -> u32 {
        let asks = self.rest_asked_until > now;
        if asks { self.rest_share().saturating_sub(self.used_by(BudgetClass::Rest)) } else { 0 }
    }

    fn rest_share(&self) -> u32 {
        self.limit / Self::REST_SHARE
    }

    fn wait_for_room(&self, left: u32, class: BudgetClass, calls: u32, now: Timestamp) -> Duration {
        let kept = if class == BudgetClass::Rest { 0 } else { self.kept_for_rest(now) };
        let ceiling = self.limit.saturating_sub(kept.max(left)).max(1);
        let mut excess = self.used().saturating_add(calls.min(ceiling)).saturating_sub(ceiling);
        for grant in &self.log {
            if excess == 0 {
                break;
            }
            excess = excess.saturating_sub(grant.calls);
            if excess == 0 {
                return grant.at.plus(Self::COUNTED_FOR).since(now);
            }
        }
        if excess == 0 { Duration::ZERO } else { Self::LENGTH }
    }

    fn wait_for_turn(&self, class: BudgetClass, now: Timestamp) -> Duration {
        if class == BudgetClass::Confirm {
            return Duration::ZERO;
        }
        let queue = if self.more_urgent_waits(class, now) { self.interval(0) } else { Duration::ZERO };
        let turn = self.next_slot.since(now).max(queue);
        let of_its_share = class == BudgetClass::Rest && self.kept_for_rest(now) > 0;
        if of_its_share { turn.min(self.rest_slot.since(now)) } else { turn }
    }

    fn more_urgent_waits(&self, class: BudgetClass, now: Timestamp) -> bool {
        let classes = [BudgetClass::Confirm, BudgetClass::Watched, BudgetClass::Fresh, BudgetClass::Rest];
        classes.iter().zip(self.waiting_until).any(|(other, until)| *other < class && until > now)
    }

    fn set_waiting(&mut self, class: BudgetClass, until: Timestamp) {
        let [confirm, watched, fresh, rest] = &mut self.waiting_until;
        match class {
            BudgetClass::Confirm => *confirm = until,
            BudgetClass::Watched => *watched = until,
            BudgetClass::Fresh => *fresh = until,
            BudgetClass::Rest => *rest = until,
        }
    }

    fn take(&mut self, left: u32, class: BudgetClass, calls: u32, now: Timestamp) {
        let calls = calls.min(self.limit);
        self.log.push_back(Grant { at: now, class: Some(class), calls });
        self.set_waiting(class, Timestamp::EPOCH);
        if class != BudgetClass::Confirm {
            let earliest = now.minus(Self::CATCH_UP);
            self.next_slot = self.next_slot.max(earliest).plus(self.interval(left).saturating_mul(calls));
        }
        if class == BudgetClass::Rest {
            let share = Self::LENGTH / self.rest_share().max(1);
            self.rest_slot = now.plus(share.saturating_mul(calls));
        }
    }

    /// The pace: what confirmations left of the window, spread over all of it.
    fn interval(&self, left_to_tills: u32) -> Duration {
        let left = self.limit.saturating_sub(self.used_by(BudgetClass::Confirm)).saturating_sub(left_to_tills);
        Self::LENGTH / left.max(1)
    }
}

fn sum<'a>(grants: impl Iterator<Item = &'a Grant>) -> u32 {
    grants.fold(0, |sum, grant| sum.saturating_add(grant.calls))
}

#[cfg(test)]
mod tests {
    use super::*;
    use BudgetClass::{Confirm, Fresh, Rest, Watched};
    use proptest::prelude::*;

    fn at(milliseconds: u64) -> Timestamp {
        Timestamp::EPOCH.plus(Duration::from_millis(3_600_000 + milliseconds))
    }

    /// Has each class ask every `tick` milliseconds until `until`; returns how often each was granted.
    fn run(window: &mut SlidingWindow, classes: &[BudgetClass], tick: u64, until: u64) -> Vec<usize> {
        let mut granted = vec![0; classes.len()];
        for now in (0..until).step_by(usize::try_from(tick).unwrap()) {
            for (class, granted) in classes.iter().zip(&mut granted) {
                if window.reserve(*class, 1, at(now)) == Reservation::Granted {
                    *granted += 1;
                }
            }
        }
        granted
    }

    #[test]
    fn checks_are_evenly_paced() {
        let granted = run(&mut SlidingWindow::unused(600), &[Fresh], 10, 1_000)[0];
        assert!((10..=21).contains(&granted), "in the first second: {granted}");
        let mut window = SlidingWindow::unused(600);
        run(&mut window, &[Fresh], 10, 30_000);
        let half = window.used();
        assert!((300..=311).contains(&half), "in half a minute: {half}");
    }

    #[test]
    fn of_openings_a_twentieth_is_left_to_tills() {
        let mut window = SlidingWindow::unused(600);
        let ask = |now| window.reserve_at(Endpoint::Open, Fresh, 1, at(now)) == Reservation::Granted;
        let granted = (0..60_000).step_by(10).map(ask).filter(|granted| *granted).count();
        assert!((560..=570).contains(&granted), "in a minute: {granted}");
    }

    #[test]
    fn a_confirmation_takes_at_once_what_the_window_holds() {
        let mut window = SlidingWindow::unused(600);
        assert_eq!(window.reserve(Confirm, 600, at(0)), Reservation::Granted);
        assert_eq!(window.reserve(Confirm, 1, at(1)), Reservation::Wait(Duration::from_millis(60_999)));
        assert_eq!(window.reserve(Confirm, 1, at(61_000)), Reservation::Granted);
    }

    #[test]
    fn after_a_burst_of_confirmations_checks_slow_down_rather_than_stop() {
        let mut window = SlidingWindow::unused(600);
        assert_eq!(window.reserve(Confirm, 540, at(0)), Reservation::Granted);
        let granted = run(&mut window, &[Fresh], 100, 60_000)[0];
        assert!((55..=61).contains(&granted), "{granted}");
        let last = window.log().filter(|grant| grant.class == Some(Fresh)).last().unwrap().at;
        assert!(last >= at(55_000), "the last check came at {last}");
    }

    #[test]
    fn a_tenth_is_kept_for_the_rest_while_it_asks() {
        let granted = run(&mut SlidingWindow::evenly_used(600, at(0)), &[Confirm, Watched, Rest], 20, 180_000);
        assert!(granted[2] >= 150, "the rest got {granted:?}");
        assert!(granted[0] >= 1_500, "confirmations got {granted:?}");
    }

    #[test]
    fn what_the_rest_does_not_ask_for_is_lent() {
        let mut window = SlidingWindow::unused(600);
        assert_eq!(window.reserve(Confirm, 600, at(0)), Reservation::Granted);
        let mut window = SlidingWindow::unused(600);
        assert_eq!(window.reserve(Rest, 1, at(0)), Reservation::Granted);
        assert!(matches!(window.reserve(Confirm, 541, at(1)), Reservation::Wait(_)));
        assert_eq!(window.reserve(Confirm, 540, at(1)), Reservation::Granted);
    }

    #[test]
    fn the_more_urgent_class_goes_first() {
        let granted = run(&mut SlidingWindow::evenly_used(60, at(0)), &[Fresh, Watched], 50, 120_000);
        assert!(granted[1] > 100 && granted[0] < 20, "fresh and watched got {granted:?}");
    }

    #[test]
    fn calls_of_others_and_a_smaller_limit_are_learnt_from_the_provider() {
        let mut window = SlidingWindow::unused(600);
        let status = RateLimitStatus { limit: 60, remaining: 10, reset: Duration::from_secs(20) };
        window.observe(status, at(0));
        assert_eq!(window.reserve(Confirm, 10, at(0)), Reservation::Granted);
        assert_eq!(window.reserve(Confirm, 1, at(0)), Reservation::Wait(Duration::from_secs(21)));
    }

    #[test]
    fn a_limit_that_the_provider_raises_again_is_used_up_to_the_configured_one() {
        let mut window = SlidingWindow::unused(600);
        let told = |limit| RateLimitStatus { limit, remaining: limit, reset: Duration::ZERO };
        window.observe(told(60), at(0));
        assert_eq!(window.reserve(Confirm, 60, at(0)), Reservation::Granted);
        assert!(matches!(window.reserve(Confirm, 1, at(0)), Reservation::Wait(_)));
        window.observe(told(6_000), at(1));
        assert_eq!(window.reserve(Confirm, 540, at(1)), Reservation::Granted);
        assert!(matches!(window.reserve(Confirm, 1, at(1)), Reservation::Wait(_)), "more than is configured");
    }

    #[test]
    fn a_window_goes_on_where_a_store_kept_it() {
        let (mut kept, mut held) = (SlidingWindow::evenly_used(60, at(0)), SlidingWindow::evenly_used(60, at(0)));
        for now in (0..90_000).step_by(250) {
            for class in [Fresh, Rest, Confirm] {
                assert_eq!(kept.reserve(class, 1, at(now)), held.reserve(class, 1, at(now)), "{class:?} at {now}");
                kept = SlidingWindow::resume(kept.into_state());
            }
        }
    }

    proptest! {
        #[test]
        fn no_minute_holds_more_than_the_limit(
            limit in 1_u32..90, asks in proptest::collection::vec((0_u8..4, 1_u32..5, 0_u64..4_000), 1..200)
        ) {
            let (mut window, mut now, mut granted) = (SlidingWindow::unused(limit), 0, Vec::new());
            for (class, calls, pause) in asks {
                now += pause;
                let class = [Confirm, Watched, Fresh, Rest][usize::from(class)];
                if window.reserve(class, calls, at(now)) == Reservation::Granted {
                    granted.push((now, calls.min(limit)));
                }
                let used: u32 = granted.iter().filter(|(then, _)| then + 60_000 > now).map(|(_, calls)| calls).sum();
                prop_assert!(used <= limit, "{used} of {limit}");
            }
        }

        #[test]
        fn whoever_waits_as_told_and_alone_is_granted(
            limit in 1_u32..90, class in 0_u8..4, calls in 1_u32..5, asks in 1_usize..100
        ) {
            let (mut window, mut now) = (SlidingWindow::evenly_used(limit, at(0)), at(0));
            let class = [Confirm, Watched, Fresh, Rest][usize::from(class)];
            for _ in 0..asks {
                if let Reservation::Wait(wait) = window.reserve(class, calls, now) {
                    now = now.plus(wait);
                    prop_assert_eq!(window.reserve(class, calls, now), Reservation::Granted);
                }
            }
        }
    }
}
