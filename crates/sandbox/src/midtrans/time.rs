//! Midtrans' times: those of western Indonesia, with no offset written beside them.

use chrono::{DateTime, FixedOffset, NaiveTime, TimeZone as _, Utc};

/// Seconds that western Indonesia (WIB) is ahead of UTC.
const WIB_SECONDS: i32 = 7 * 3_600;
/// The hour of the next day at which money taken from cards is settled.
const SETTLEMENT_HOUR: u32 = 16;

fn wib() -> Option<FixedOffset> {
    FixedOffset::east_opt(WIB_SECONDS)
}

/// Such as `2025-12-22 22:22:10`.
pub(super) fn written(at: DateTime<Utc>) -> String {
    let local = wib().map_or(at.naive_utc(), |zone| at.with_timezone(&zone).naive_local());
    local.format("%Y-%m-%d %H:%M:%S").to_string()
}

/// Reads what requests say, with an offset: `2025-12-22 22:22:10 +0700`.
pub(super) fn read(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S %z").ok().map(|at| at.to_utc())
}

/// The time of day in western Indonesia.
pub(super) fn of_day(at: DateTime<Utc>) -> NaiveTime {
    wib().map_or(at.time(), |zone| at.with_timezone(&zone).time())
}

/// When money that a card was charged with at `captured` is settled: at 16:00 of the next day.
pub(super) fn settled(captured: DateTime<Utc>) -> DateTime<Utc> {
    wib()
        .and_then(|zone| {
            let day = captured.with_timezone(&zone).date_naive().succ_opt()?;
            zone.from_local_datetime(&day.and_hms_opt(SETTLEMENT_HOUR, 0, 0)?).single()
        })
        .map_or(captured, |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_seven_hours_ahead_and_say_no_offset() {
        let at: DateTime<Utc> = "2025-12-22T17:22:10Z".parse().expect("a time");
        assert_eq!(written(at), "2025-12-23 00:22:10");
        assert_eq!(read("2025-12-23 00:22:10 +0700"), Some(at));
        assert_eq!(read("2025-12-23 00:22:10"), None);
    }

    #[test]
    fn cards_are_settled_at_four_of_the_next_day() {
        let late: DateTime<Utc> = "2025-12-22T17:30:00Z".parse().expect("a time");
        assert_eq!(written(settled(late)), "2025-12-24 16:00:00");
    }
}
