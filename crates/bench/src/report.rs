//! Figures as text: whole numbers, and hundredths where less than one counts.

use std::fmt;
use std::io::{self, Write as _};
use std::time::Duration;

use hdrhistogram::Histogram;

const HUNDRED: u64 = 100;

/// A number in hundredths.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hundredths(u64);

impl Hundredths {
    /// One number over another.
    pub(crate) fn ratio(of: u64, to: u64) -> Self {
        Self(of.saturating_mul(HUNDRED).checked_div(to).unwrap_or_default())
    }

    /// What each of so many has of it.
    pub(crate) fn shared_by(self, count: u64) -> Self {
        Self(self.0.checked_div(count).unwrap_or_default())
    }

    /// Milliseconds of so many microseconds.
    pub(crate) fn millis(micros: u64) -> Self {
        Self(micros.saturating_mul(HUNDRED) / 1_000)
    }
}

impl fmt::Display for Hundredths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.0 / HUNDRED, self.0 % HUNDRED)
    }
}

/// A figure, or that there is none.
pub(crate) fn shown(figure: Option<Hundredths>) -> String {
    figure.map_or_else(|| "-".to_owned(), |figure| figure.to_string())
}

/// How many a second.
pub(crate) fn per_second(count: u64, elapsed: Duration) -> u64 {
    let micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX);
    count.saturating_mul(1_000_000).checked_div(micros).unwrap_or_default()
}

/// What each of so many took, in milliseconds.
pub(crate) fn each(time: Duration, count: u64) -> Hundredths {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
    Hundredths(micros.saturating_mul(HUNDRED).checked_div(count.saturating_mul(1_000)).unwrap_or_default())
}

/// The middle one, once they are in order.
pub(crate) fn median<T: Copy + Ord>(figures: &[T]) -> Option<T> {
    let mut sorted = figures.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// `p50/p95/p99`, in milliseconds.
pub(crate) fn percentiles(latencies: &Histogram<u64>) -> String {
    let at = |quantile| Hundredths::millis(latencies.value_at_quantile(quantile));
    format!("{}/{}/{}", at(0.5), at(0.95), at(0.99))
}

/// Says a line. Whoever closed the pipe does not want it.
pub(crate) fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _written = writeln!(out, "{line}").and_then(|()| out.flush());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_told_to_two_places() {
        assert_eq!(Hundredths::ratio(5, 8).to_string(), "0.62");
        assert_eq!(Hundredths::millis(1_234).to_string(), "1.23");
        assert_eq!(Hundredths::millis(24_640).shared_by(32).to_string(), "0.77");
        assert_eq!(each(Duration::from_millis(3), 2).to_string(), "1.50");
        assert_eq!(per_second(10, Duration::from_millis(500)), 20);
    }

    #[test]
    fn the_median_is_the_middle_one_whatever_the_order() {
        assert_eq!(median(&[9, 1, 5]), Some(5));
        assert_eq!(median::<u64>(&[]), None);
    }
}
