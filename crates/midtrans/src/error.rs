//! The one place where a status and a code become a kind and a certainty.
//!
//! Midtrans says most of it in the body: nearly every answer comes under HTTP 200, whatever its `status_code`.

use std::time::Duration;

use mstore_pay_domain::ports::{Certainty, Endpoint, ProviderError, ProviderErrorKind, Upstream};
use mstore_pay_outbound::Reply;

use crate::response::{Refusal, Said};

use Certainty::{NotApplied, Unknown};
use ProviderErrorKind as Kind;

/// The code by which Midtrans says that an order id is taken.
const ORDER_KNOWN: &str = "406";
/// The code by which it says that a transaction is past changing.
const PAST_CHANGING: &str = "412";

const SERVER_ERRORS_FROM: u16 = 500;

/// An answer that is no success.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Judgement {
    pub(crate) kind: Kind,
    pub(crate) certainty: Certainty,
    pub(crate) upstream: Upstream,
}

impl Judgement {
    /// Judges an answer; `None` if it is a success, as far as status and code tell.
    ///
    /// A denial refuses whoever opens a transaction. To whoever asks about one it is the answer.
    pub(crate) fn of(reply: &Reply, endpoint: Endpoint) -> Option<Self> {
        let Refusal { code, is_denied, said: _ } = Refusal::parse(&reply.body);
        let (kind, certainty) = match code {
            Some(200 | 201 | 407) if reply.is_success() => return None,
            Some(202) if is_denied && reply.is_success() && endpoint == Endpoint::Open => (Kind::Declined, NotApplied),
            Some(202) if is_denied && reply.is_success() && is_about_a_state(endpoint) => return None,
            Some(code) if reply.is_success() || agrees(reply.status, code) => judge(code, reply.retry_after),
            // What stands before Midtrans answered: its status is all there is.
            Some(_) | None if !reply.is_success() => judge_bare(reply.status, reply.retry_after, endpoint),
            Some(_) | None => (Kind::Malformed, Unknown),
        };
        // Its own breakdown comes under HTTP 200, with the header like any.
        let is_down = code.is_some_and(|code| code >= SERVER_ERRORS_FROM) || reply.status >= SERVER_ERRORS_FROM;
        let retry_after = reply.retry_after.filter(|_| is_down);
        let code = code.map(|code| code.to_string().into_boxed_str());
        Some(Self {
            kind,
            certainty,
            upstream: Upstream::answered(reply.status).with_code(code).with_retry_after(retry_after),
        })
    }

    /// Judges an answer of Snap's, whose HTTP statuses are its own word, and which has no code.
    pub(crate) fn of_snap(reply: &Reply) -> Option<Self> {
        let refusal = Refusal::parse(&reply.body);
        // Under a status of a breakdown it is not Snap that speaks, whatever the words are.
        match refusal.said.filter(|_| reply.status < SERVER_ERRORS_FROM) {
            None if reply.is_success() && refusal.code.is_none() => None,
            None => Self::of(reply, Endpoint::Open),
            Some(said) => {
                let (kind, certainty) = judge_said(said);
                let code = Some(said.word().into());
                let upstream = Upstream::answered(reply.status).with_code(code);
                Some(Self { kind, certainty, upstream })
            }
        }
    }
}

/// What Snap said in a refusal.
pub(crate) fn said(error: &ProviderError) -> Option<Said> {
    Said::of_word(error.upstream.code.as_deref()?)
}

/// Whether a refusal says that there is a transaction of that order id.
pub(crate) fn says_order_known(error: &ProviderError) -> bool {
    error.upstream.code.as_deref() == Some(ORDER_KNOWN)
}

/// Whether a refusal says that the charge can no longer be closed because it is over.
pub(crate) fn says_over_before(error: &ProviderError) -> bool {
    error.upstream.code.as_deref() == Some(PAST_CHANGING)
}

/// What Snap's words come to, whatever the status they come under.
const fn judge_said(said: Said) -> (Kind, Certainty) {
    match said {
        // As 406 of Core.
        Said::OrderTaken => (Kind::InvalidRequest, Unknown),
        Said::ClosedBefore | Said::Picked => (Kind::InvalidRequest, NotApplied),
        Said::NoPage => (Kind::NotFound, NotApplied),
    }
}

/// Whether the answer is the transaction as it stands.
const fn is_about_a_state(endpoint: Endpoint) -> bool {
    match endpoint {
        Endpoint::Inquire | Endpoint::Payment | Endpoint::Cancel => true,
        Endpoint::Open | Endpoint::Refund | Endpoint::Sweep => false,
    }
}

/// A refusal under a status of its own, such as 400 under 400: what the two contradict each other in is nobody's word.
fn agrees(status: u16, code: u16) -> bool {
    status / 100 == code / 100
}

/// A status that is not Midtrans' own word.
fn judge_bare(status: u16, retry_after: Option<Duration>, endpoint: Endpoint) -> (Kind, Certainty) {
    match status {
        // Midtrans says in the body that there is no such transaction; whoever stands before it has no idea.
        404 if endpoint == Endpoint::Inquire => (Kind::Malformed, Unknown),
        // Somebody on the way gave up waiting: who knows how far it got.
        408 | 425 => (Kind::TimedOut, Unknown),
        _ => judge(status, retry_after),
    }
}

/// Codes of Midtrans' tables (2026-06), which are HTTP statuses where they are the same.
fn judge(code: u16, retry_after: Option<Duration>) -> (Kind, Certainty) {
    match code {
        // 402: the payment channel is not active for the account.
        401 | 402 => (Kind::Unauthorized, NotApplied),
        404 => (Kind::NotFound, NotApplied),
        // There is something under that order id already, and it may be what was just asked for.
        406 => (Kind::InvalidRequest, Unknown),
        // 409: too many with this card; 410: the wallet's user is blocked; 411: the card's token is spent.
        409..=411 => (Kind::Declined, NotApplied),
        429 => (Kind::RateLimited { retry_after }, NotApplied),
        400 | 403 | 405 | 407 | 408 | 412..=428 | 430..=499 => (Kind::InvalidRequest, NotApplied),
        504 => (Kind::TimedOut, Unknown),
        // 202: a call with the same key is under way.
        202 | 500..=599 => (Kind::Unavailable, Unknown),
        // Redirects, which are not followed, and what is no final status at all.
        _ => (Kind::Malformed, Unknown),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LATER: Option<Duration> = Some(Duration::from_secs(7));

    fn judged_at(endpoint: Endpoint, status: u16, body: &str) -> Option<(Kind, Certainty)> {
        let reply = Reply { status, body: body.as_bytes().to_vec(), rate_limit: None, retry_after: LATER };
        Judgement::of(&reply, endpoint).map(|judgement| (judgement.kind, judgement.certainty))
    }

    fn judged(status: u16, body: &str) -> Option<(Kind, Certainty)> {
        judged_at(Endpoint::Open, status, body)
    }

    #[track_caller]
    fn check(status: u16, code: &str, want: (Kind, Certainty)) {
        let body = format!(r#"{{"status_code":"{code}","status_message":"m","id":"i"}}"#);
        assert_eq!(judged(status, &body), Some(want), "{code} under {status}");
    }

    #[test]
    fn what_succeeded_is_no_error_although_an_expiry_says_407() {
        for code in ["200", "201", "407"] {
            assert_eq!(judged(200, &format!(r#"{{"status_code":"{code}"}}"#)), None, "{code}");
        }
    }

    #[test]
    fn what_was_refused_did_not_happen_whatever_the_http_status() {
        for status in [200, 400] {
            check(status, "400", (Kind::InvalidRequest, NotApplied));
        }
        for status in [200, 401] {
            check(status, "401", (Kind::Unauthorized, NotApplied));
        }
        check(200, "402", (Kind::Unauthorized, NotApplied));
        check(200, "404", (Kind::NotFound, NotApplied));
        check(200, "410", (Kind::Declined, NotApplied));
        check(200, "411", (Kind::Declined, NotApplied));
        check(200, "412", (Kind::InvalidRequest, NotApplied));
        check(200, "413", (Kind::InvalidRequest, NotApplied));
        check(429, "429", (Kind::RateLimited { retry_after: LATER }, NotApplied));
    }

    #[test]
    fn a_page_that_is_not_found_says_nothing_of_a_transaction() {
        for body in ["", "<html>", "{}"] {
            assert_eq!(judged_at(Endpoint::Inquire, 404, body), Some((Kind::Malformed, Unknown)), "{body:?}");
        }
        let told = r#"{"status_code":"404","status_message":"m","id":"i"}"#;
        assert_eq!(judged_at(Endpoint::Inquire, 404, told), Some((Kind::NotFound, NotApplied)));
    }

    #[test]
    fn words_of_snaps_under_a_breakdown_are_not_snaps() {
        let body = br#"{"error_messages":["maintenance on progress"]}"#.to_vec();
        let reply = Reply { status: 503, body, rate_limit: None, retry_after: LATER };
        let judged = Judgement::of_snap(&reply).map(|judgement| (judgement.kind, judgement.certainty));
        assert_eq!(judged, Some((Kind::Unavailable, Unknown)));
    }

    #[test]
    fn what_may_have_happened_is_unknown() {
        check(200, "406", (Kind::InvalidRequest, Unknown));
        check(200, "202", (Kind::Unavailable, Unknown));
        for code in ["500", "502", "503", "505"] {
            check(200, code, (Kind::Unavailable, Unknown));
        }
        check(500, "500", (Kind::Unavailable, Unknown));
        check(200, "504", (Kind::TimedOut, Unknown));
    }

    #[test]
    fn a_breakdown_may_say_when_it_is_over_and_a_limit_says_it_otherwise() {
        let told = |status, body: &str| {
            let reply = Reply { status, body: body.as_bytes().to_vec(), rate_limit: None, retry_after: LATER };
            Judgement::of(&reply, Endpoint::Open).and_then(|judgement| judgement.upstream.retry_after)
        };
        for (status, body) in [(503, r#"{"status_code":"503"}"#), (200, r#"{"status_code":"503"}"#), (503, "<html>")] {
            assert_eq!(told(status, body), LATER, "{status} {body}");
        }
        // A call under way is another's affair, and no reason to leave the product alone.
        for (status, body) in [(200, r#"{"status_code":"202"}"#), (429, r#"{"status_code":"429"}"#)] {
            assert_eq!(told(status, body), None, "{status} {body}");
        }
        let of_snap = Reply { status: 503, body: Vec::new(), rate_limit: None, retry_after: LATER };
        assert_eq!(Judgement::of_snap(&of_snap).and_then(|judgement| judgement.upstream.retry_after), LATER);
    }

    #[test]
    fn a_denied_payment_and_a_call_under_way_share_a_code_and_nothing_else() {
        let denied = r#"{"status_code":"202","transaction_status":"deny"}"#;
        assert_eq!(judged(200, denied), Some((Kind::Declined, NotApplied)));
        // Under another status it is not Midtrans that answered, and what was done is not known.
        assert_eq!(judged(503, denied), Some((Kind::Unavailable, Unknown)));
        assert_eq!(judged(302, denied), Some((Kind::Malformed, Unknown)));
    }

    #[test]
    fn a_denial_is_the_answer_to_whoever_asks_and_no_answer_to_a_refund() {
        let denied = r#"{"status_code":"202","transaction_status":"deny"}"#;
        for endpoint in [Endpoint::Inquire, Endpoint::Cancel] {
            assert_eq!(judged_at(endpoint, 200, denied), None, "{endpoint:?}");
            assert_eq!(judged_at(endpoint, 500, denied), Some((Kind::Unavailable, Unknown)), "{endpoint:?}");
            let under_way = judged_at(endpoint, 200, r#"{"status_code":"202"}"#);
            assert_eq!(under_way, Some((Kind::Unavailable, Unknown)), "{endpoint:?}");
        }
        assert_eq!(judged_at(Endpoint::Refund, 200, denied), Some((Kind::Unavailable, Unknown)));
    }

    #[test]
    fn without_a_code_the_status_is_all_there_is() {
        assert_eq!(judged(502, "<html>"), Some((Kind::Unavailable, Unknown)));
        for status in [408, 425, 504] {
            for body in ["<html>", "", "{}", r#"{"status_code":"200"}"#] {
                assert_eq!(judged(status, body), Some((Kind::TimedOut, Unknown)), "{status} {body}");
            }
        }
        assert_eq!(judged(429, ""), Some((Kind::RateLimited { retry_after: LATER }, NotApplied)));
        for status in [301, 302, 307] {
            assert_eq!(judged(status, ""), Some((Kind::Malformed, Unknown)), "{status}");
        }
        for body in ["<html>", "", "{}", r#"{"status_code":"OK"}"#] {
            assert_eq!(judged(200, body), Some((Kind::Malformed, Unknown)), "{body}");
        }
    }

    #[track_caller]
    fn check_snap(status: u16, said: &str, want: Option<(Kind, Certainty)>) {
        let body = format!(r#"{{"error_messages":["{said}"]}}"#);
        let reply = Reply { status, body: body.into_bytes(), rate_limit: None, retry_after: LATER };
        let judged = Judgement::of_snap(&reply).map(|judgement| (judgement.kind, judgement.certainty));
        assert_eq!(judged, want, "{said} under {status}");
    }

    #[test]
    fn snap_is_judged_by_its_status_and_its_sentences() {
        check_snap(400, "transaction_details.order_id is required", Some((Kind::InvalidRequest, NotApplied)));
        check_snap(401, "Access denied", Some((Kind::Unauthorized, NotApplied)));
        check_snap(429, "Too many", Some((Kind::RateLimited { retry_after: LATER }, NotApplied)));
        check_snap(500, "Sorry", Some((Kind::Unavailable, Unknown)));
        check_snap(400, "order_id has already been taken", Some((Kind::InvalidRequest, Unknown)));
        for status in [400, 404, 200] {
            check_snap(status, "token not found", Some((Kind::NotFound, NotApplied)));
        }
        let page = br#"{"token":"t","redirect_url":"u"}"#.to_vec();
        let reply = |status| Reply { status, body: page.clone(), rate_limit: None, retry_after: None };
        assert_eq!(Judgement::of_snap(&reply(201)), None);
        assert!(Judgement::of_snap(&reply(302)).is_some());
    }

    #[test]
    fn a_success_under_a_failed_status_is_believed_to_have_failed() {
        assert_eq!(judged(500, r#"{"status_code":"201"}"#), Some((Kind::Unavailable, Unknown)));
    }

    #[test]
    fn a_code_is_heard_under_a_status_of_its_own_class_and_a_bare_status_speaks_for_itself() {
        check(400, "406", (Kind::InvalidRequest, Unknown));
        assert_eq!(judged(404, "<html>"), Some((Kind::NotFound, NotApplied)));
        assert_eq!(judged(202, "<html>"), Some((Kind::Malformed, Unknown)));
    }

    #[test]
    fn words_of_snaps_under_the_very_first_breakdown_are_not_snaps() {
        let body = br#"{"error_messages":["payment on progress"]}"#.to_vec();
        let under = |status| Reply { status, body: body.clone(), rate_limit: None, retry_after: None };
        let judged = |status| Judgement::of_snap(&under(status)).map(|judgement| judgement.upstream.code);
        assert_ne!(judged(499), judged(500));
        assert_eq!(judged(500), Some(None));
    }

    #[test]
    fn a_refusal_is_known_by_its_code() {
        let refused = |code: &str| {
            let provider = mstore_pay_domain::ids::ProviderId::parse("midtrans").unwrap();
            let operation = mstore_pay_domain::ports::Operation::Open;
            ProviderError::new(provider, operation, Kind::InvalidRequest, NotApplied)
                .saying(Upstream::answered(200).with_code(Some(code.into())))
        };
        let known = |code| (says_order_known(&refused(code)), says_over_before(&refused(code)));
        assert_eq!([known("406"), known("412"), known("400")], [(true, false), (false, true), (false, false)]);
        for word in [Said::OrderTaken, Said::ClosedBefore, Said::Picked, Said::NoPage] {
            assert_eq!(said(&refused(word.word())).map(Said::word), Some(word.word()));
        }
        assert!(said(&refused("406")).is_none());
    }
}
