//! Tills that report: how far each came, and what is missing in between.

use std::collections::BTreeSet;

use super::{OfflineEntry, OfflineReference};
use crate::ids::{BranchId, DeviceId, MerchantId};
use crate::time::Timestamp;

/// A till that reported something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfflineDevice {
    /// The tenant.
    pub merchant: MerchantId,
    /// The till.
    pub device: DeviceId,
    /// In which branch it reported last, where the token named one.
    pub branch: Option<BranchId>,
    /// When it reported last.
    pub last_seen_at: Timestamp,
    /// What its clock showed beyond ours then, in microseconds: below zero where it was slow.
    pub clock_skew_micros: Option<i64>,
}

impl OfflineDevice {
    /// A till of which no more is known than that it reported that.
    #[must_use]
    pub fn of_entry(entry: &OfflineEntry) -> Self {
        Self {
            merchant: entry.merchant.clone(),
            device: entry.device.clone(),
            branch: entry.branch.clone(),
            last_seen_at: entry.received_at,
            clock_skew_micros: None,
        }
    }
}

/// How far a till came with its reports.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DeviceProgress {
    /// How many things it reported.
    pub reported: u64,
    /// What it reported last.
    pub last: Option<OfflineReference>,
    /// Its latest numbers, in order.
    pub numbers: Vec<NumberRange>,
}

/// Numbers of one day that were all reported.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NumberRange {
    /// The day, as eight digits.
    pub day: String,
    /// The first of them.
    pub first: u64,
    /// The last of them.
    pub last: u64,
}

/// Numbers of one day that lie between reported ones and were not reported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The day, as eight digits.
    pub day: String,
    /// The first missing one.
    pub from: u64,
    /// The last missing one.
    pub to: u64,
}

impl NumberRange {
    /// The numbers that those references have, in order. Only decimal ones count; one thing that is reported as several
    /// kinds has one number.
    pub fn all_of<'a>(references: impl IntoIterator<Item = &'a OfflineReference>) -> Vec<Self> {
        let numbered: BTreeSet<(&str, u64)> = references.into_iter().filter_map(OfflineReference::numbered).collect();
        let mut ranges: Vec<Self> = Vec::new();
        for (day, number) in numbered {
            match ranges.last_mut() {
                Some(range) if range.day == day && range.last.checked_add(1) == Some(number) => range.last = number,
                Some(_) | None => ranges.push(Self { day: day.to_owned(), first: number, last: number }),
            }
        }
        ranges
    }

    /// What is missing between this and the next of the same day.
    fn gap_before(&self, next: &Self) -> Option<Gap> {
        let (from, to) = (self.last.saturating_add(1), next.first.saturating_sub(1));
        (self.day == next.day && from <= to).then(|| Gap { day: self.day.clone(), from, to })
    }
}

impl DeviceProgress {
    /// This, with the numbers of what was reported as well and is kept elsewhere, because it did not fit. `is_whole`: no
    /// numbers stand before the first of these, so that what is before it counts as well.
    #[must_use]
    pub fn with_numbers_of<'a>(
        self,
        references: impl IntoIterator<Item = &'a OfflineReference>,
        is_whole: bool,
    ) -> Self {
        let first = self.numbers.first().map(|range| (range.day.clone(), range.first)).filter(|_| !is_whole);
        let more = NumberRange::all_of(references).into_iter();
        let more =
            more.filter(|range| first.as_ref().is_none_or(|first| (&range.day, range.first) >= (&first.0, first.1)));
        let mut ranges: Vec<NumberRange> = self.numbers.into_iter().chain(more).collect();
        ranges.sort_unstable();
        let mut numbers: Vec<NumberRange> = Vec::new();
        for range in ranges {
            match numbers.last_mut() {
                Some(known) if known.day == range.day && range.first <= known.last.saturating_add(1) => {
                    known.last = known.last.max(range.last);
                }
                Some(_) | None => numbers.push(range),
            }
        }
        Self { numbers, ..self }
    }

    /// The highest number of its latest day, where it has decimal numbers.
    #[must_use]
    pub fn last_sequence(&self) -> Option<u64> {
        self.numbers.last().map(|range| range.last)
    }

    /// What is missing between its numbers, in order: the latest gaps, at most so many.
    #[must_use]
    pub fn gaps(&self, limit: usize) -> Vec<Gap> {
        let pairs = self.numbers.iter().zip(self.numbers.iter().skip(1));
        let gaps: Vec<Gap> = pairs.filter_map(|(range, next)| range.gap_before(next)).collect();
        let earlier = gaps.len().saturating_sub(limit);
        gaps.into_iter().skip(earlier).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn progress(references: &[String]) -> DeviceProgress {
        let references: Vec<OfflineReference> =
            references.iter().map(|text| OfflineReference::parse(text).unwrap()).collect();
        DeviceProgress { numbers: NumberRange::all_of(&references), ..DeviceProgress::default() }
    }

    #[track_caller]
    fn check(references: &[&str], want: &[(&str, u64, u64)]) {
        let progress = progress(&references.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
        let found = progress.gaps(10);
        let found: Vec<(&str, u64, u64)> = found.iter().map(|gap| (gap.day.as_str(), gap.from, gap.to)).collect();
        assert_eq!(found, want);
    }

    #[test]
    fn numbers_are_missed_between_those_of_one_day_only() {
        check(&[], &[]);
        check(&["T-20251013-7"], &[]);
        check(&["T-20251013-0003", "T-20251013-0001", "T-20251013-002"], &[]);
        check(&["T-20251013-1", "T-20251013-4", "T-20251013-6"], &[("20251013", 2, 3), ("20251013", 5, 5)]);
        check(&["T-20251013-1", "T-20251014-9"], &[]);
        check(&["T-20251013-1", "T-20251013-ABC", "T-20251013-2"], &[]);
    }

    #[track_caller]
    fn check_beside(is_whole: bool, kept: &[&str], elsewhere: &[&str], want: &[(u64, u64)]) {
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let elsewhere = texts(elsewhere);
        let elsewhere: Vec<OfflineReference> =
            elsewhere.iter().map(|text| OfflineReference::parse(text).unwrap()).collect();
        let gaps = progress(&texts(kept)).with_numbers_of(&elsewhere, is_whole).gaps(10);
        assert_eq!(gaps.iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>(), want);
    }

    #[test]
    fn what_was_reported_and_did_not_fit_is_not_missed() {
        check_beside(true, &["T-20251013-1", "T-20251013-4"], &[], &[(2, 3)]);
        check_beside(true, &["T-20251013-1", "T-20251013-4"], &["T-20251013-3", "T-20251013-2"], &[]);
        check_beside(true, &["T-20251013-1", "T-20251013-4"], &["T-20251013-3", "T-20251013-4"], &[(2, 2)]);
        check_beside(true, &["T-20251013-1", "T-20251013-4"], &["T-20251014-3", "T-20251013-6"], &[(2, 3), (5, 5)]);
        check_beside(true, &["T-20251013-4"], &["T-20251013-1"], &[(2, 3)]);
        check_beside(false, &["T-20251013-4"], &["T-20251013-1"], &[]);
        check_beside(true, &[], &["T-20251013-1", "T-20251013-3"], &[(2, 2)]);
    }

    #[test]
    fn no_more_gaps_are_told_than_asked_for_and_those_are_the_latest() {
        let odd: Vec<String> = (0..50_u32).map(|n| format!("T-20251013-{}", n * 2)).collect();
        let gaps = progress(&odd).gaps(10);
        assert_eq!((gaps.len(), gaps.last().map(|gap| gap.to)), (10, Some(97)));
        assert_eq!(progress(&odd).last_sequence(), Some(98));
    }
}
