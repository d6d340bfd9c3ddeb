//! Requests, counted and timed.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use metrics::{Counter, Histogram};

/// What requests of one kind are counted by.
#[derive(Clone)]
struct Meter {
    answered: Counter,
    took: Histogram,
}

/// A route, a method's word, and the status of the answer. Methods are counted by words of ours, so that there are no more kinds than
/// that, whatever is sent.
type Kind = (&'static str, &'static str, u16);

thread_local! {
    /// Found again by what they count, which takes less than finding them by their labels.
    static METERS: RefCell<HashMap<Kind, Meter>> = RefCell::default();
}

/// Counts a request that was answered. `route` is the path as it stands in the table of routes.
pub(super) fn count(route: &'static str, method: &Method, status: StatusCode, took: Duration) {
    let kind = (route, word(method), status.as_u16());
    let meter = METERS.with_borrow_mut(|meters| meters.entry(kind).or_insert_with(|| meter(kind)).clone());
    meter.answered.increment(1);
    meter.took.record(took);
}

fn meter((route, method, status): Kind) -> Meter {
    let status = status.to_string();
    Meter {
        answered: metrics::counter!(
            "mstore_pay_requests_total", "route" => route, "method" => method, "status" => status
        ),
        took: metrics::histogram!("mstore_pay_request_seconds", "route" => route),
    }
}

/// The methods of RFC 9110 by their names, and all others by one.
fn word(method: &Method) -> &'static str {
    const METHODS: [(Method, &str); 9] = [
        (Method::GET, "GET"),
        (Method::POST, "POST"),
        (Method::HEAD, "HEAD"),
        (Method::OPTIONS, "OPTIONS"),
        (Method::PUT, "PUT"),
        (Method::DELETE, "DELETE"),
        (Method::PATCH, "PATCH"),
        (Method::TRACE, "TRACE"),
        (Method::CONNECT, "CONNECT"),
    ];
    METHODS.iter().find(|(known, _)| known == method).map_or("other", |(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_that_nobody_knows_are_counted_as_one() {
        for (method, expected) in
            [("GET", "GET"), ("PATCH", "PATCH"), ("get", "other"), ("BREW", "other"), ("X-1", "other")]
        {
            assert_eq!(word(&Method::from_bytes(method.as_bytes()).unwrap()), expected, "{method}");
        }
    }
}
