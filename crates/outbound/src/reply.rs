//! An answer, and what its headers say of the rate limit.

use std::time::Duration;

use mstore_pay_domain::ports::RateLimitStatus;

use crate::redact;

/// Longest wait that is believed; more is a slip or a trick.
const WAIT_SECONDS_MAX: u64 = 3_600;
const NANOS_DIGITS: usize = 9;

/// An answer, whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body, inflated.
    pub body: Vec<u8>,
    /// What `Rate-Limit-Limit`, `-Remaining` and `-Reset` said, where all three can be read.
    pub rate_limit: Option<RateLimitStatus>,
    /// When to come back, by `Retry-After` in seconds or, of what is no breakdown, by `Rate-Limit-Reset`.
    pub retry_after: Option<Duration>,
}

impl Reply {
    /// Puts an answer together; `header` gives the value of a header by its lower-case name.
    pub(crate) fn new<'a>(status: u16, header: impl Fn(&str) -> Option<&'a str>, body: Vec<u8>) -> Self {
        let reset = header("rate-limit-reset").and_then(seconds);
        let count = |name| header(name).and_then(|text| text.trim().parse().ok());
        let rate_limit = match (count("rate-limit-limit"), count("rate-limit-remaining"), reset) {
            (Some(limit), Some(remaining), Some(reset)) => Some(RateLimitStatus { limit, remaining, reset }),
            (_, _, _) => None,
        };
        // Every answer of Xendit's tells when the limit is anew: that is not when a breakdown is over.
        let reset = reset.filter(|_| !is_breakdown(status));
        Self { status, body, rate_limit, retry_after: header("retry-after").and_then(seconds).or(reset) }
    }

    /// When to come back, where whoever is out of order says so.
    #[must_use]
    pub fn well_after(&self) -> Option<Duration> {
        self.retry_after.filter(|_| is_breakdown(self.status))
    }

    /// Whether the status says that it was done.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200..=299)
    }

    /// What was answered, redacted and cut, for the audit trail.
    #[must_use]
    pub fn on_record(&self) -> String {
        format!("{} {}", self.status, redact::body(&self.body))
    }
}

/// Whether it is a status of somebody out of order.
const fn is_breakdown(status: u16) -> bool {
    matches!(status, 500..=599)
}

/// Reads `58.37` as seconds, exactly; Xendit writes its reset so.
fn seconds(text: &str) -> Option<Duration> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return None;
    }
    let nanos: String = fraction.chars().chain(std::iter::repeat('0')).take(NANOS_DIGITS).collect();
    let whole: u64 = whole.parse().ok()?;
    Some(Duration::new(whole, nanos.parse().ok()?).min(Duration::from_secs(WAIT_SECONDS_MAX)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, want_millis: Option<u64>) {
        assert_eq!(seconds(text), want_millis.map(Duration::from_millis), "{text:?}");
    }

    #[test]
    fn seconds_are_read_with_their_fraction_and_without_a_float() {
        check("58.37", Some(58_370));
        check("60", Some(60_000));
        check(" 0.5 ", Some(500));
        check("1.", Some(1_000));
        check("99999999", Some(3_600_000));
        for text in ["", ".5", "-1", "1e3", "1.2.3", "soon", "99999999999999999999999"] {
            check(text, None);
        }
    }

    #[test]
    fn a_limit_is_known_only_by_all_three_headers() {
        let three = |name: &str| match name {
            "rate-limit-limit" => Some("60"),
            "rate-limit-remaining" => Some("0"),
            "rate-limit-reset" => Some("58.37"),
            _ => None,
        };
        let reply = Reply::new(429, three, Vec::new());
        let reset = Duration::from_millis(58_370);
        assert_eq!(reply.rate_limit, Some(RateLimitStatus { limit: 60, remaining: 0, reset }));
        assert_eq!(reply.retry_after, Some(reset));

        let down = Reply::new(503, three, Vec::new());
        assert_eq!((down.retry_after, down.well_after()), (None, None), "a limit says nothing of a breakdown");

        let two = Reply::new(200, |name| three(name).filter(|_| name != "rate-limit-limit"), Vec::new());
        assert_eq!(two.rate_limit, None);
    }

    #[test]
    fn only_who_is_out_of_order_says_when_that_is_over() {
        let told = |status| Reply::new(status, |name| (name == "retry-after").then_some("7"), Vec::new()).well_after();
        assert_eq!(told(503), Some(Duration::from_secs(7)));
        assert_eq!(told(500), Some(Duration::from_secs(7)));
        assert_eq!((told(429), told(200)), (None, None));
    }
}
