//! The one place where a status and an error code become a kind and a certainty.

use std::time::Duration;

use mstore_pay_domain::ports::{Certainty, ProviderError, ProviderErrorKind, Upstream};
use mstore_pay_outbound::Reply;

use crate::response::Refusal;

use Certainty::{NotApplied, Unknown};
use ProviderErrorKind as Kind;

/// Codes by which Xendit says that the charge was over before: paid, expired, failed or cancelled. The last is v2's;
/// that a payment method which is closed already answers it is unconfirmed.
const OVER_BEFORE: [&str; 3] = ["INACTIVE_PAYMENT_REQUEST", "INELIGIBLE_TRANSACTION_STATUS", "INVALID_PAYMENT_METHOD"];

/// An answer that is no success.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) kind: Kind,
    pub(crate) certainty: Certainty,
    pub(crate) upstream: Upstream,
}

impl Judgement {
    /// Judges an answer whose status is not 2xx.
    pub(crate) fn of(reply: &Reply) -> Self {
        let Refusal { code } = Refusal::parse(&reply.body);
        let (kind, certainty) = judge(reply.status, code.as_deref().unwrap_or_default(), reply.retry_after);
        let code = code.map(String::into_boxed_str);
        let upstream = Upstream::answered(reply.status).with_code(code).with_retry_after(reply.well_after());
        Self { kind, certainty, upstream }
    }
}

/// Whether a refusal says that the charge can no longer be closed because it is over.
pub(crate) fn says_over_before(error: &ProviderError) -> bool {
    error.kind == Kind::InvalidRequest && error.upstream.code.as_deref().is_some_and(|code| OVER_BEFORE.contains(&code))
}

/// Whether a refusal says that something of that name was asked for before.
pub(crate) fn says_duplicate(error: &ProviderError) -> bool {
    error.upstream.status == Some(409) && error.upstream.code.as_deref() == Some("DUPLICATE_ERROR")
}

fn judge(status: u16, code: &str, retry_after: Option<Duration>) -> (Kind, Certainty) {
    match status {
        400 => (bad_request(code, retry_after), NotApplied),
        401 => (Kind::Unauthorized, NotApplied),
        403 => (forbidden(code), NotApplied),
        404 => (Kind::NotFound, NotApplied),
        // Somebody on the way gave up waiting: who knows how far it got.
        408 | 425 | 504 => (Kind::TimedOut, Unknown),
        // A duplicate: something of that name exists, and it may be what was just asked for.
        409 => (Kind::InvalidRequest, Unknown),
        429 => (Kind::RateLimited { retry_after }, NotApplied),
        402 | 405..=407 | 410..=424 | 426..=428 | 430..=499 => (Kind::InvalidRequest, NotApplied),
        // 503 too: CHANNEL_UNAVAILABLE does not say on which side of the channel it stopped.
        500..=599 => (Kind::Unavailable, Unknown),
        // Redirects, which are not followed, and what is no final status at all.
        _ => (Kind::Malformed, Unknown),
    }
}

/// Two codes pass with time in spite of their status.
fn bad_request(code: &str, retry_after: Option<Duration>) -> Kind {
    match code {
        "TEMPORARILY_UNAVAILABLE" => Kind::Unavailable,
        "PAYMENT_REQUEST_RATE_LIMITED" => Kind::RateLimited { retry_after },
        "INVALID_PAYMENT_DETAILS" | "CARD_EXPIRED" | "INVALID_TOKEN" | "BLOCKED_TOKEN" => Kind::Declined,
        "REFUND_NOT_SUPPORTED" | "PARTIAL_REFUND_NOT_SUPPORTED" => Kind::Unsupported,
        _ => Kind::InvalidRequest,
    }
}

/// What is forbidden for ever, what this customer may not do, and what an operator must set right.
fn forbidden(code: &str) -> Kind {
    match code {
        "REFUND_NOT_SUPPORTED" | "PARTIAL_REFUND_NOT_SUPPORTED" | "SKIP_3DS_FORBIDDEN" => Kind::Unsupported,
        "ACCOUNT_ACCESS_BLOCKED" => Kind::Declined,
        "UNSUPPORTED_CONTENT_TYPE" => Kind::InvalidRequest,
        _ => Kind::Unauthorized,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use mstore_pay_domain::ids::ProviderId;
    use mstore_pay_domain::ports::Operation;

    const RESET: Option<Duration> = Some(Duration::from_millis(58_370));

    #[track_caller]
    fn check(status: u16, code: &str, want: (Kind, Certainty)) {
        let body = format!(r#"{{"error_code":"{code}","message":"m"}}"#).into_bytes();
        let reply = Reply { status, body, rate_limit: None, retry_after: RESET };
        let judgement = Judgement::of(&reply);
        assert_eq!((judgement.kind, judgement.certainty), want, "{status} {code}");
        assert_eq!(judgement.upstream.status, Some(status));
    }

    #[test]
    fn what_was_refused_did_not_happen() {
        for code in ["API_VALIDATION_ERROR", "INVALID_VALUE_ERROR", "INACTIVE_PAYMENT_REQUEST", "OF_TOMORROW"] {
            check(400, code, (Kind::InvalidRequest, NotApplied));
        }
        for code in ["CARD_EXPIRED", "INVALID_TOKEN", "BLOCKED_TOKEN", "INVALID_PAYMENT_DETAILS"] {
            check(400, code, (Kind::Declined, NotApplied));
        }
        for code in ["INVALID_API_KEY", "INVALID_MERCHANT_CREDENTIALS"] {
            check(401, code, (Kind::Unauthorized, NotApplied));
        }
        for code in
            ["CHANNEL_NOT_ACTIVATED", "REQUEST_FORBIDDEN_ERROR", "INVALID_MERCHANT_SETTINGS", "UNAUTHORIZED_SENDER_IP"]
        {
            check(403, code, (Kind::Unauthorized, NotApplied));
        }
        check(403, "SKIP_3DS_FORBIDDEN", (Kind::Unsupported, NotApplied));
        check(404, "DATA_NOT_FOUND", (Kind::NotFound, NotApplied));
        check(422, "", (Kind::InvalidRequest, NotApplied));
    }

    #[test]
    fn what_is_forbidden_is_for_ever_for_this_customer_or_for_an_operator() {
        for code in ["REFUND_NOT_SUPPORTED", "PARTIAL_REFUND_NOT_SUPPORTED"] {
            check(400, code, (Kind::Unsupported, NotApplied));
            check(403, code, (Kind::Unsupported, NotApplied));
        }
        check(403, "ACCOUNT_ACCESS_BLOCKED", (Kind::Declined, NotApplied));
        check(403, "UNSUPPORTED_CONTENT_TYPE", (Kind::InvalidRequest, NotApplied));
    }

    #[test]
    fn some_refusals_pass_with_time() {
        check(400, "TEMPORARILY_UNAVAILABLE", (Kind::Unavailable, NotApplied));
        check(400, "PAYMENT_REQUEST_RATE_LIMITED", (Kind::RateLimited { retry_after: RESET }, NotApplied));
        check(429, "RATE_LIMIT_EXCEEDED", (Kind::RateLimited { retry_after: RESET }, NotApplied));
        check(429, "CHARGE_LIMIT_EXCEEDED", (Kind::RateLimited { retry_after: RESET }, NotApplied));
    }

    #[test]
    fn what_may_have_happened_is_unknown() {
        check(409, "DUPLICATE_ERROR", (Kind::InvalidRequest, Unknown));
        check(409, "IDEMPOTENCY_ERROR", (Kind::InvalidRequest, Unknown));
        check(408, "", (Kind::TimedOut, Unknown));
        check(500, "SERVER_ERROR", (Kind::Unavailable, Unknown));
        check(502, "", (Kind::Unavailable, Unknown));
        check(503, "CHANNEL_UNAVAILABLE", (Kind::Unavailable, Unknown));
        check(504, "", (Kind::TimedOut, Unknown));
        for status in [100, 301, 302, 307, 304, 600] {
            check(status, "", (Kind::Malformed, Unknown));
        }
    }

    #[test]
    fn a_breakdown_may_say_when_it_is_over_and_a_limit_says_it_otherwise() {
        let told = |status| {
            let reply = Reply { status, body: Vec::new(), rate_limit: None, retry_after: RESET };
            Judgement::of(&reply).upstream.retry_after
        };
        assert_eq!((told(503), told(500)), (RESET, RESET));
        assert_eq!((told(429), told(400)), (None, None));
    }

    #[test]
    fn only_a_duplicate_that_is_named_so_is_one() {
        let says = |status, code: &str| {
            let body = format!(r#"{{"error_code":"{code}"}}"#).into_bytes();
            let Judgement { kind, certainty, upstream } =
                Judgement::of(&Reply { status, body, rate_limit: None, retry_after: None });
            let id = ProviderId::parse("xendit").unwrap();
            says_duplicate(&ProviderError::new(id, Operation::Refund, kind, certainty).saying(upstream))
        };
        assert!(says(409, "DUPLICATE_ERROR"));
        assert!(!says(409, "IDEMPOTENCY_ERROR") && !says(400, "DUPLICATE_ERROR") && !says(400, "OTHER"));
    }

    #[test]
    fn only_a_charge_that_is_over_is_too_late_to_cancel() {
        let says = |status, code: &str| {
            let body = format!(r#"{{"error_code":"{code}"}}"#).into_bytes();
            let Judgement { kind, certainty, upstream } =
                Judgement::of(&Reply { status, body, rate_limit: None, retry_after: None });
            let id = ProviderId::parse("xendit").unwrap();
            says_over_before(&ProviderError::new(id, Operation::Cancel, kind, certainty).saying(upstream))
        };
        assert!(says(400, "INACTIVE_PAYMENT_REQUEST") && says(400, "INELIGIBLE_TRANSACTION_STATUS"));
        assert!(!says(400, "API_VALIDATION_ERROR") && !says(404, "INACTIVE_PAYMENT_REQUEST"));
    }
}
