//! Points in time, cut to the microsecond that every store keeps.

use std::fmt;
use std::time::Duration;

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};

/// The years that have four digits.
const YEARS: std::ops::RangeInclusive<i32> = 0..=9_999;

/// A point in time, UTC, exact to the microsecond (finer parts would not survive a store).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(DateTime<Utc>);

impl Timestamp {
    /// The epoch, 1970-01-01T00:00:00Z.
    pub const EPOCH: Self = Self(DateTime::UNIX_EPOCH);

    /// Microseconds since the epoch; `None` beyond what a calendar date can express.
    #[must_use]
    pub fn from_micros(micros: i64) -> Option<Self> {
        DateTime::from_timestamp_micros(micros).map(Self)
    }

    /// Reads RFC 3339, any offset; `None` too where the offset, or a leap second at the end, leads to a year that RFC 3339
    /// cannot write.
    #[must_use]
    pub fn parse_rfc3339(text: &str) -> Option<Self> {
        let time = Self::from(DateTime::parse_from_rfc3339(text).ok()?.to_utc());
        YEARS.contains(&time.0.year()).then_some(time)
    }

    /// Microseconds since the epoch.
    #[must_use]
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// This time later by `by`; stays at the end of time where that is beyond the calendar.
    #[must_use]
    pub fn plus(self, by: Duration) -> Self {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.micros().saturating_add(micros)).unwrap_or(Self(DateTime::<Utc>::MAX_UTC))
    }

    /// This time earlier by `by`; stays at the epoch where that is before it.
    #[must_use]
    pub fn minus(self, by: Duration) -> Self {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        Self::from_micros(self.micros().saturating_sub(micros).max(0)).unwrap_or(Self::EPOCH)
    }

    /// How long after `earlier` this is; zero if it is not after.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        (self.0 - earlier.0).to_std().unwrap_or(Duration::ZERO)
    }

    /// The calendar time.
    #[must_use]
    pub fn to_datetime(self) -> DateTime<Utc> {
        self.0
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(time: DateTime<Utc>) -> Self {
        Self::from_micros(time.timestamp_micros()).unwrap_or(Self(DateTime::<Utc>::MAX_UTC))
    }
}

/// RFC 3339, UTC with `Z`, as many digits of a second as are needed.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl fmt::Debug for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_round_trips_to_the_microsecond() {
        let time = Timestamp::parse_rfc3339("2025-10-13T17:32:15.123456789+07:00").unwrap();
        assert_eq!(time.to_string(), "2025-10-13T10:32:15.123456Z");
        assert_eq!(Timestamp::parse_rfc3339(&time.to_string()), Some(time));
    }

    #[test]
    fn a_time_whose_year_cannot_be_written_is_none() {
        for text in ["9999-12-31T23:59:59-00:01", "9999-12-31T23:59:60Z", "0000-01-01T00:00:00+00:01"] {
            assert_eq!(Timestamp::parse_rfc3339(text), None, "{text}");
        }
        for text in ["9999-12-31T23:59:59Z", "0000-01-01T00:00:00Z"] {
            assert_eq!(Timestamp::parse_rfc3339(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn arithmetic_stops_at_the_ends_of_time() {
        let end = Timestamp::EPOCH.plus(Duration::MAX);
        assert!(end.plus(Duration::MAX) >= end);
        assert_eq!(Timestamp::EPOCH.minus(Duration::from_secs(1)), Timestamp::EPOCH);
        assert_eq!(Timestamp::EPOCH.since(end), Duration::ZERO);
    }
}
