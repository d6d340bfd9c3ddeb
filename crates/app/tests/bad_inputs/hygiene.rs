//! What holds for every answer, whatever was asked.

use crate::case::{Case, Values};
use crate::wire::Reply;

/// The longest an answer may take, unless the case is about slowness.
const LATENCY_MS_MAX: u128 = 1_000;
/// Words that only the inside knows.
const INTERNALS: [&str; 11] = [
    "panicked",
    "stack backtrace",
    "diesel",
    "sqlite",
    "postgres",
    "psql",
    "SELECT ",
    "syntax error at or near",
    ".rs:",
    "/src/",
    "RUST_BACKTRACE",
];

/// The `error_code`s that a slug of the file may be answered with.
fn error_codes(slug: &str) -> &'static [&'static str] {
    match slug {
        "unauthorized" => &["unauthorized"],
        "forbidden" => &["forbidden"],
        "not-found" => &["not_found"],
        "method-not-allowed" => &["method_not_allowed"],
        "unsupported-media-type" => &["unsupported_media_type"],
        "payload-too-large" => &["payload_too_large"],
        "malformed-json" => &["malformed_json", "invalid_field"],
        "validation" => &[
            "invalid_field",
            "malformed_json",
            "payload_too_large",
            "amount_not_whole",
            "amount_below_minimum",
            "amount_above_maximum",
            "amount_mismatch",
            "method_unsupported",
            "currency_unsupported",
            "invalid_order_code",
            "invalid_email",
        ],
        "invalid-url" => &["invalid_url"],
        "card-data-not-accepted" => &["card_data_not_accepted"],
        "invalid-idempotency-key" => &["invalid_idempotency_key"],
        "idempotency-key-reused" => &["idempotency_key_reused"],
        "order-has-live-payment" => &["order_has_live_payment"],
        "already-paid" => &["already_paid"],
        "invalid-webhook-credential" => &["invalid_webhook_credential"],
        other => panic!("nobody knows the problem {other}"),
    }
}

/// What is wrong with the answer as an answer.
pub(crate) fn faults(case: &Case, reply: &Reply, values: &Values, secrets: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    if !case.step.expect_status.contains(&reply.status) {
        let body = String::from_utf8_lossy(&reply.body);
        faults.push(format!("status {} not in {:?}: {body:.300}", reply.status, case.step.expect_status));
    }
    if reply.status >= 500 && !case.step.expect_status.contains(&reply.status) {
        faults.push("5xx".to_owned());
    }
    if reply.took.as_millis() > LATENCY_MS_MAX && !case.why.contains("slow") {
        faults.push(format!("took {:?}", reply.took));
    }
    let text = String::from_utf8_lossy(&reply.body);
    // What was sent may come back in a field's pointer; it is the caller's own.
    let leaked = INTERNALS.iter().chain(secrets).find(|word| text.contains(**word));
    if let Some(word) = leaked {
        faults.push(format!("leaks {word:?}"));
    }
    if reply.status >= 400 {
        faults.extend(problem_faults(case, reply));
    }
    if case.class == "tenant" {
        let theirs =
            ["REF_B", "PAY_B"].iter().filter_map(|name| values.get(*name)).find(|id| text.contains(id.as_str()));
        faults.extend(theirs.map(|id| format!("tells {id} of the other merchant")));
    }
    faults
}

/// A failure is a problem document in the envelope of old clients. What is no HTTP at all gets a bare 400 from the
/// server below.
fn problem_faults(case: &Case, reply: &Reply) -> Vec<String> {
    if case.step.wire.is_some() && reply.body.is_empty() {
        return Vec::new();
    }
    let mut faults = Vec::new();
    let body = reply.json();
    let content_type = reply.header("content-type").unwrap_or_default();
    if !content_type.starts_with("application/problem+json") {
        faults.push(format!("content type {content_type:?}"));
    }
    let code = body["error_code"].as_str().unwrap_or_default();
    let sound = body["code"] == reply.status
        && body["status"] == reply.status
        && body["type"] == format!("/problems/{code}")
        && ["message", "title", "request_id"].iter().all(|field| body[*field].is_string());
    if !sound {
        faults.push(format!("no problem document: {body}"));
    }
    if let Some(slug) = &case.problem
        && !error_codes(slug).contains(&code)
    {
        faults.push(format!("error_code {code:?} for {slug}"));
    }
    if reply.status == 405 && reply.header("allow").is_none() {
        faults.push("405 without Allow".to_owned());
    }
    let is_webhook = case.step.path.contains("/webhook/");
    if reply.status == 401 && !is_webhook && reply.header("www-authenticate") != Some("Bearer") {
        faults.push(format!("401 with WWW-Authenticate {:?}", reply.header("www-authenticate")));
    }
    faults
}
