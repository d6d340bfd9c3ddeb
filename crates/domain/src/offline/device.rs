//! Tills that report: how far each came, and what is missing in between.

use std::collections::{BTreeMap, BTreeSet};

use super::OfflineReference;
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

/// What is missing between those references, at most so many gaps. Only decimal numbers can be missed; one thing that
/// is reported as several kinds has one number.
pub fn gaps<'a>(references: impl IntoIterator<Item = &'a OfflineReference>, limit: usize) -> Vec<Gap> {
    let mut by_day: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
    for (day, number) in references.into_iter().filter_map(OfflineReference::numbered) {
        by_day.entry(day).or_default().insert(number);
    }
    let between = by_day.into_iter().flat_map(|(day, numbers)| {
        let follow = numbers.iter().skip(1).copied().collect::<Vec<u64>>();
        let pairs = numbers.into_iter().zip(follow).collect::<Vec<_>>();
        pairs.into_iter().filter_map(move |(number, next)| {
            let (from, to) = (number.saturating_add(1), next.saturating_sub(1));
            (from <= to).then(|| Gap { day: day.to_owned(), from, to })
        })
    });
    between.take(limit).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(references: &[&str], want: &[(&str, u64, u64)]) {
        let references: Vec<OfflineReference> =
            references.iter().map(|text| OfflineReference::parse(text).unwrap()).collect();
        let found = gaps(&references, 10);
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

    #[test]
    fn no_more_gaps_are_told_than_asked_for() {
        let references: Vec<OfflineReference> =
            (0..50_u32).map(|n| OfflineReference::parse(&format!("T-20251013-{}", n * 2)).unwrap()).collect();
        assert_eq!(gaps(&references, 10).len(), 10);
    }
}
