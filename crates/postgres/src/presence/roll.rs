//! Telling the dead from those who only miss a call.

use std::collections::{BTreeMap, BTreeSet};

/// Calls that a node misses before it counts as dead: whoever lost its session, as all do when the database is
/// started anew, has that long to come back.
const MISSED_MAX: u32 = 4;

/// Every node that is known, with how many calls in a row it has missed.
#[derive(Debug, Default)]
pub(super) struct Roll(BTreeMap<i32, u32>);

impl Roll {
    /// Puts those on it who hold leases, living or not. Whoever holds one has been living: so they MUST have been read
    /// before the next call.
    pub(super) fn meet(&mut self, holders: impl IntoIterator<Item = i32>) {
        for number in holders {
            self.0.entry(number).or_default();
        }
    }

    /// Notes who answers; returns those who are dead, once.
    pub(super) fn call(&mut self, living: &BTreeSet<i32>) -> Vec<i32> {
        self.0.extend(living.iter().map(|number| (*number, 0)));
        for (number, missed) in &mut self.0 {
            *missed = if living.contains(number) { 0 } else { missed.saturating_add(1) };
        }
        let dead: Vec<i32> =
            self.0.iter().filter(|(_, missed)| **missed >= MISSED_MAX).map(|(number, _)| *number).collect();
        self.0.retain(|_, missed| *missed < MISSED_MAX);
        dead
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who is found dead at each call, when those answer who are named.
    #[track_caller]
    fn check(holders: &[i32], calls: &[&[i32]], want: &[&[i32]]) {
        let mut roll = Roll::default();
        roll.meet(holders.iter().copied());
        let dead: Vec<Vec<i32>> = calls.iter().map(|living| roll.call(&living.iter().copied().collect())).collect();
        assert_eq!(dead, want);
    }

    #[test]
    fn whoever_answers_lives() {
        check(&[1], &[&[1, 2], &[1, 2], &[1, 2], &[1, 2], &[1, 2]], &[&[], &[], &[], &[], &[]]);
    }

    #[test]
    fn whoever_misses_four_calls_in_a_row_is_dead_and_told_of_once() {
        check(&[], &[&[1, 2], &[1], &[1], &[1], &[1], &[1]], &[&[], &[], &[], &[], &[2], &[]]);
    }

    #[test]
    fn whoever_comes_back_in_time_is_not_dead() {
        check(&[2], &[&[1], &[1], &[1], &[1, 2], &[1], &[1], &[1]], &[&[], &[], &[], &[], &[], &[], &[]]);
    }

    #[test]
    fn a_holder_that_nobody_saw_is_dead_as_well() {
        check(&[3, 4], &[&[1, 4], &[1, 4], &[1, 4], &[1, 4]], &[&[], &[], &[], &[3]]);
    }
}
