//! What a gateway logs in production: one object a line, whatever happens.

use std::fs::File;

use reqwest::Method;
use serde_json::Value;

use crate::house::qris;
use crate::served::Served;

const PAYMENTS: &str = "/api/v1/pos/payments";

#[tokio::test(flavor = "multi_thread")]
async fn every_line_of_the_log_is_an_object_also_when_something_panics() {
    let served = Served::start(&["--log-filter=info", "--failpoints=before_call=panic*1"], &[]);
    let call = served.call(Method::POST, PAYMENTS).json(&qris("TRX-1", 33_000));
    assert_eq!(call.send().await.unwrap().status(), 503, "the failpoint strikes");
    let (log, _, _folder) = served.end();
    let lines: Vec<Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"))).collect();
    for line in &lines {
        let has = |name: &str| line[name].is_string();
        assert!(line.is_object() && has("timestamp") && has("level") && has("message"), "{line}");
    }
    let panicked = |line: &&Value| line["message"].as_str().is_some_and(|text| text.starts_with("panicked: failpoint"));
    let panicked = lines.iter().find(panicked).unwrap_or_else(|| panic!("no panic in\n{log}"));
    assert!(panicked["level"] == "ERROR" && panicked["place"].is_string(), "{panicked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_client_sends_is_within_one_line() {
    let served = Served::start(&["--log-filter=debug"], &[]);
    let forged = "x\r\n{\"level\":\"ERROR\",\"message\":\"forged\"}\u{1b}[31m\u{2028}";
    let mut sale = qris("TRX-1", 33_000);
    (sale["description"], sale["order_code"]) = (forged.into(), forged.into());
    assert_eq!(served.call(Method::POST, PAYMENTS).json(&sale).send().await.unwrap().status(), 422);
    let body = format!("{{\"id\":\"{}\"}}", forged.escape_default());
    let webhook = served.bare(Method::POST, "/api/v1/webhook/xendit").header("x-callback-token", "none").body(body);
    webhook.header("content-type", "application/json").send().await.unwrap();
    served.call(Method::GET, "/api/v1/pos/payments/%0d%0aforged%1b%5b31m").send().await.unwrap();
    let (log, _, _folder) = served.end();
    assert!(log.lines().count() > 3, "{log}");
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_ne!(line["message"], "forged");
    }
    assert!(!log.contains('\u{1b}') && !log.contains('\u{2028}'), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_cannot_be_written_fails_no_payment() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    let served = Served::logging_to(full, &["--log-filter=debug"]);
    for order in ["TRX-1", "TRX-2", "TRX-3"] {
        let answer = served.call(Method::POST, PAYMENTS).json(&qris(order, 33_000)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{order}");
    }
    served.end();
}
