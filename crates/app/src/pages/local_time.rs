//! Time as people in a shop read it.

use std::time::Duration;

use chrono::{Datelike, Timelike};
use mstore_pay_domain::time::Timestamp;

use crate::language::Language;

/// How far Western Indonesian Time is ahead of UTC; it knows no daylight saving. All is told in it and
/// says so: which of the three zones a shop is in is not known here.
const WIB_AHEAD: Duration = Duration::from_hours(7);

/// A point in time: `13 Oktober 2025, 17.32 WIB`, or in English `13 October 2025, 17:32 WIB`.
#[must_use]
pub fn local_time(time: Timestamp, language: Language) -> String {
    let local = time.plus(WIB_AHEAD).to_datetime();
    let month = match language {
        Language::Indonesian => indonesian_month(local.month()),
        Language::English => english_month(local.month()),
    };
    format!("{} {month} {}, {}", local.day(), local.year(), local_time_of_day(time, language))
}

/// The time of day alone: `17.32 WIB`, or in English `17:32 WIB`.
#[must_use]
pub fn local_time_of_day(time: Timestamp, language: Language) -> String {
    let local = time.plus(WIB_AHEAD).to_datetime();
    let point = match language {
        Language::Indonesian => '.',
        Language::English => ':',
    };
    format!("{:02}{point}{:02} WIB", local.hour(), local.minute())
}

/// Time left, in minutes and seconds: `4:32`; from an hour on `1:04:32`.
#[must_use]
pub fn countdown(left: Duration) -> String {
    let seconds = left.as_secs();
    let (hours, minutes, seconds) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

const fn indonesian_month(month: u32) -> &'static str {
    match month {
        1 => "Januari",
        2 => "Februari",
        3 => "Maret",
        4 => "April",
        5 => "Mei",
        6 => "Juni",
        7 => "Juli",
        8 => "Agustus",
        9 => "September",
        10 => "Oktober",
        11 => "November",
        _ => "Desember",
    }
}

const fn english_month(month: u32) -> &'static str {
    match month {
        1 => "January",
        2 => "February",
        3 => "March",
        4 => "April",
        5 => "May",
        6 => "June",
        7 => "July",
        8 => "August",
        9 => "September",
        10 => "October",
        11 => "November",
        _ => "December",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(utc: &str, indonesian: &str, english: &str) {
        let time = Timestamp::parse_rfc3339(utc).unwrap();
        assert_eq!(local_time(time, Language::Indonesian), indonesian);
        assert_eq!(local_time(time, Language::English), english);
    }

    #[test]
    fn time_is_told_as_in_western_indonesia() {
        check("2025-10-13T10:32:15Z", "13 Oktober 2025, 17.32 WIB", "13 October 2025, 17:32 WIB");
        check("2024-12-31T17:00:00Z", "1 Januari 2025, 00.00 WIB", "1 January 2025, 00:00 WIB");
        check("2025-05-31T16:59:59.999Z", "31 Mei 2025, 23.59 WIB", "31 May 2025, 23:59 WIB");
        check("2025-12-01T00:05:00Z", "1 Desember 2025, 07.05 WIB", "1 December 2025, 07:05 WIB");
    }

    #[test]
    fn the_time_of_day_stands_alone() {
        let time = Timestamp::parse_rfc3339("2025-10-13T17:05:59Z").unwrap();
        assert_eq!(Language::ALL.map(|language| local_time_of_day(time, language)), ["00.05 WIB", "00:05 WIB"]);
    }

    #[test]
    fn time_left_is_told_in_minutes_and_seconds() {
        for (seconds, want) in [(0, "0:00"), (9, "0:09"), (272, "4:32"), (3_599, "59:59"), (3_872, "1:04:32")] {
            assert_eq!(countdown(Duration::from_secs(seconds)), want);
        }
    }
}
