//! How large a run is, how much of it goes on at once, and the draws that make it the same run each time.

use std::env;
use std::future::Future;
use std::time::Duration;

use futures::StreamExt as _;

/// `FAULT_SCALE` where nothing is said: a tenth of the figures of continuous integration.
const SCALE_DEFAULT_THOUSANDTHS: u64 = 100;
/// No case runs less often than this, however small the scale.
const CASES_MIN: u64 = 5;
/// What another store's run beside it adds to whatever takes milliseconds.
const BUSY_MILLIS: u64 = 1_000;

/// So many of `full` cases as `FAULT_SCALE` asks for, five at the least.
pub(crate) fn cases(full: u64) -> u64 {
    at_least(full, CASES_MIN)
}

/// So many of `full` repeats as `FAULT_SCALE` asks for, one at the least.
pub(crate) fn repeats(full: u64) -> u64 {
    at_least(full, 1)
}

/// The most milliseconds for what is to take no more than `target`: that, at the figures of continuous integration, which
/// have the machine to themselves; more in a smaller run, which has not.
pub(crate) fn prompt(target: u64) -> u64 {
    prompt_but_for(target, BUSY_MILLIS)
}

/// As [`prompt`], where a smaller run adds no more than so many milliseconds.
pub(crate) fn prompt_but_for(target: u64, busy: u64) -> u64 {
    if is_in_full() { target } else { target + busy }
}

/// The longest that something may take which may need several tries: that, at the figures of continuous integration;
/// twice as long in a smaller run, which has not the machine to itself: a breaker may open by chance.
pub(crate) fn unhurried(target: Duration) -> Duration {
    if is_in_full() { target } else { 2 * target }
}

/// Whether these are the figures of continuous integration, or more.
pub(crate) fn is_in_full() -> bool {
    thousandths() >= 1_000
}

fn at_least(full: u64, least: u64) -> u64 {
    (full * thousandths() / 1_000).max(least.min(full))
}

fn thousandths() -> u64 {
    let Ok(text) = env::var("FAULT_SCALE") else { return SCALE_DEFAULT_THOUSANDTHS };
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits: String = fraction.chars().chain("000".chars()).take(3).collect();
    format!("{whole}{digits}").parse().unwrap_or_else(|_| panic!("FAULT_SCALE is a decimal number, not {text:?}"))
}

/// Draws that depend on their seed alone (`SplitMix64`).
#[derive(Debug, Clone)]
pub(crate) struct Draws(u64);

impl Draws {
    pub(crate) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// A whole number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % bound
    }

    /// True in so many of a hundred draws.
    pub(crate) fn percent(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }
}

/// The `percent`th percentile of durations in milliseconds; 0 of none.
pub(crate) fn percentile(mut values: Vec<u64>, percent: usize) -> u64 {
    values.sort_unstable();
    let rank = (values.len() * percent).div_ceil(100);
    values.get(rank.saturating_sub(1)).copied().unwrap_or(0)
}

/// Does it for every number below `count`, so many at a time; what comes of it in no order.
pub(crate) async fn at_once<T, F: Future<Output = T>>(count: u64, width: usize, work: impl Fn(u64) -> F) -> Vec<T> {
    futures::stream::iter(0..count).map(work).buffer_unordered(width).collect().await
}
