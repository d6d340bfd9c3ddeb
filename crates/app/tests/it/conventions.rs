//! What holds on every route.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::Method;
use serde_json::json;

use crate::house::{House, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_carries_its_id_and_is_not_kept_by_anyone() {
    let house = House::open().await;
    for path in ["/healthz", "/readyz", "/nowhere", PAYMENTS, "/pay/x", "/problems/not_found"] {
        let answer = house.bare(Method::GET, path).header("x-correlation-id", "till-7").send().await;
        assert_eq!(answer.header("x-request-id"), "till-7", "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("server"), "", "{path}");
    }
    let problem = house.get("/nowhere").header("x-request-id", "till-8").check(404, "not_found").await;
    assert_eq!(problem.json()["request_id"], "till-8");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_path_answers_to_its_methods_and_to_no_other_spelling() {
    let house = House::open().await;
    for (method, path, allow) in [
        (Method::PUT, PAYMENTS, "GET, HEAD, POST"),
        (Method::DELETE, "/api/v1/pos/payments/x", "GET, HEAD"),
        (Method::GET, "/api/v1/webhook/xendit", "POST"),
        (Method::GET, "/api/v1/webhook/%78endit", "POST"),
        (Method::GET, "/api/v1/webhook/nobody", "POST"),
        (Method::POST, "/healthz", "GET, HEAD"),
    ] {
        let answer = house.as_cashier_of("M1", method, path).check(405, "method_not_allowed").await;
        assert_eq!(answer.header("allow"), allow, "{path}");
    }
    for path in ["/api/v1/pos/payments/", "//api/v1/pos/payments", "/api/v1/webhook/xendit/", "/api/v1/webhook/nobody"]
    {
        house.post(path).json(&qris("TRX-1", 1_000)).check(404, "not_found").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_json_and_small() {
    let house = House::open().await;
    let json_text = qris("TRX-1", 1_000).to_string();
    for kind in ["text/plain", "application/xml", "application/json, text/plain", "application/json; charset=latin-1"] {
        house.post(PAYMENTS).body(kind, json_text.clone()).check(415, "unsupported_media_type").await;
    }
    for (body, status, code) in [
        ("{".to_owned(), 400, "malformed_json"),
        ("[]".to_owned(), 400, "malformed_json"),
        (r#"{"amount":1}{"amount":2}"#.to_owned(), 400, "malformed_json"),
        (r#"{"amount":1,"amount":2}"#.to_owned(), 400, "malformed_json"),
        (format!(r#"{{"x":"{}"}}"#, "a".repeat(70_000)), 413, "payload_too_large"),
    ] {
        house.post(PAYMENTS).body("application/json", body).check(status, code).await;
    }
    let bomb = gzip(&vec![0; 10 * 1024 * 1024]);
    let call = || house.post(PAYMENTS).header("content-encoding", "gzip");
    call().body("application/json", bomb).check(413, "payload_too_large").await;
    call().body("application/json", "{}").check(400, "malformed_json").await;
    let other = house.post(PAYMENTS).header("content-encoding", "br").body("application/json", "{}");
    other.check(415, "unsupported_media_type").await;
    call().body("application/json; charset=UTF-8", gzip(json_text.as_bytes())).send().await.expect_status(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn cashiers_are_spoken_to_in_their_tongue() {
    let house = House::open().await;
    let ask = |language: &'static str| {
        house.get("/api/v1/pos/payments/none").header("accept-language", language).check(404, "not_found")
    };
    let (english, indonesian) = (ask("en-GB").await, ask("id").await);
    assert_ne!(english.json()["message"], indonesian.json()["message"]);
    assert_eq!(english.json()["detail"], indonesian.json()["detail"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_has_its_page() {
    let house = House::open().await;
    let problem = house.post(PAYMENTS).json(&json!({})).check(422, "invalid_field").await.json();
    let page = house.bare(Method::GET, problem["type"].as_str().unwrap()).send().await;
    page.expect_status(200);
    assert!(page.header("content-type").starts_with("text/html"));
    house.bare(Method::GET, "/problems").send().await.expect_status(200);
    house.bare(Method::GET, "/problems/nonsense").check(404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_of_other_origins_are_let_in_only_where_they_are_named() {
    let closed = House::open().await;
    let answer = closed.bare(Method::GET, "/healthz").header("origin", "https://till.example.com").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
    let open = House::open_with(&["--cors-allowed-origins=https://till.example.com"]).await;
    let answer = open.bare(Method::GET, "/healthz").header("origin", "https://till.example.com").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://till.example.com");
    let answer = open.bare(Method::GET, "/healthz").header("origin", "https://evil.example.com").send().await;
    assert_eq!(answer.header("access-control-allow-origin"), "");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_is_counted() {
    let house = House::open().await;
    house.pay_by_qris("TRX-1", 1_000).await;
    house.bare(Method::POST, "/api/v1/webhook/xendit").json(&json!({})).check(401, "invalid_webhook_credential").await;
    let path = "/api/v1/webhook/%78endit";
    house.bare(Method::POST, path).json(&json!({})).check(401, "invalid_webhook_credential").await;
    for word in ["BREW", "BREW-AGAIN"] {
        let method = Method::from_bytes(word.as_bytes()).unwrap();
        house.bare(method, "/nowhere").check(404, "not_found").await;
    }
    let metrics = String::from_utf8(house.bare(Method::GET, "/metrics").send().await.bytes).unwrap();
    for name in [
        "mstore_pay_requests_total{route=\"/api/v1/pos/payments\",method=\"POST\",status=\"200\"}",
        "mstore_pay_creates_total{provider=\"xendit\",method=\"qris\",result=\"open\"}",
        "mstore_pay_provider_calls_total{provider=\"xendit\",operation=\"open\",result=\"ok\"}",
        "mstore_pay_provider_call_seconds_bucket{provider=\"xendit\",operation=\"open\",le=\"1\"}",
        "mstore_pay_webhooks_total{provider=\"xendit\",result=\"not_authentic\"}",
        "mstore_pay_requests_total{route=\"/api/v1/webhook/{provider}\",method=\"POST\",status=\"401\"} ",
        "mstore_pay_requests_total{route=\"none\",method=\"other\",status=\"404\"} ",
    ] {
        assert!(metrics.contains(name), "{name} is missing in\n{metrics}");
    }
    assert!(!metrics.contains("BREW"), "whatever is sent is no series of its own:\n{metrics}");
}

#[tokio::test(flavor = "multi_thread")]
async fn readiness_tells_of_the_lines_to_providers() {
    let house = House::open().await;
    house.pay_by_qris("TRX-1", 1_000).await;
    let ready = house.bare(Method::GET, "/readyz?verbose").send().await.data();
    assert_eq!(ready["status"], "ready");
    let lines = ready["providers"].as_array().unwrap();
    assert!(lines.iter().any(|line| line["operation"] == "open" && line["breaker"] == "closed"), "{ready}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_never_ends_a_request_is_cut_off_and_the_others_are_served() {
    let house = House::open().await;
    let mut slow = TcpStream::connect(house.base.trim_start_matches("http://")).unwrap();
    slow.write_all(b"POST /api/v1/pos/payments HTTP/1.1\r\nHost: h\r\nX-Slow: ").unwrap();
    house.bare(Method::GET, "/healthz").send().await.expect_status(200);
    slow.set_read_timeout(Some(Duration::from_secs(15))).unwrap();
    let since = Instant::now();
    let answer = tokio::task::spawn_blocking(move || {
        let mut answer = Vec::new();
        slow.read_to_end(&mut answer).map(|_| answer)
    });
    let answer = String::from_utf8(answer.await.unwrap().unwrap()).unwrap();
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 408"), "{answer}");
    assert!(since.elapsed() < Duration::from_secs(12), "{:?}", since.elapsed());
}
