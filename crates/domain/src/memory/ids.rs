//! Ids that are the same in every run.

use std::sync::atomic::{AtomicU64, Ordering};

use uuid::Uuid;

use crate::ports::IdGenerator;

/// A moment in 2025, so that ids look like those of production.
const FIRST_MILLISECOND: u64 = 1_760_000_000_000;

/// Ids laid out like `UUIDv7`: rising, with 62 last bits that look random and follow from a seed.
/// Anybody can guess them: for tests only.
#[derive(Debug)]
pub struct SequentialIds {
    seed: u64,
    count: AtomicU64,
}

impl SequentialIds {
    /// The ids of a seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed, count: AtomicU64::new(0) }
    }
}

impl Default for SequentialIds {
    fn default() -> Self {
        Self::new(0)
    }
}

impl IdGenerator for SequentialIds {
    fn uuid(&self) -> Uuid {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        let random = mix(self.seed ^ mix(count));
        let milliseconds = u128::from(FIRST_MILLISECOND.wrapping_add(count)) & 0xFFFF_FFFF_FFFF;
        let version = 0x7_u128 << 76;
        let variant = 0b10_u128 << 62;
        Uuid::from_u128((milliseconds << 80) | version | variant | u128::from(random >> 2))
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood, 2014): every bit depends on every other.
const fn mix(number: u64) -> u64 {
    let number = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let number = (number ^ (number >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let number = (number ^ (number >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    number ^ (number >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn ids(seed: u64) -> Vec<Uuid> {
        let ids = SequentialIds::new(seed);
        (0..1_000).map(|_| ids.uuid()).collect()
    }

    #[test]
    fn ids_are_version_7_rise_and_do_not_repeat() {
        let ids = ids(1);
        assert!(ids.iter().all(|id| id.get_version_num() == 7));
        assert!(ids.is_sorted());
        let last_bits: BTreeSet<u128> = ids.iter().map(|id| id.as_u128() & ((1 << 45) - 1)).collect();
        assert_eq!(last_bits.len(), ids.len());
    }

    #[test]
    fn a_seed_gives_the_same_ids_and_another_seed_others() {
        assert_eq!(ids(1), ids(1));
        assert!(ids(1).iter().zip(ids(2)).all(|(one, other)| *one != other));
    }
}
