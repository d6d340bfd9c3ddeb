use std::net::Ipv4Addr;
use std::time::{Duration, Instant};

use futures::StreamExt as _;
use reqwest::{Method, Response};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::support::{Bench, create_body, quick};

/// Creates under a rule that spoils the answer, and checks how many charges the ledger then has.
async fn spoiled_open(rule: Value, charges: usize) -> (Bench, reqwest::Result<Response>) {
    let bench = Bench::new(quick()).await;
    bench.create("OTHER", 50_000).await;
    let mut rule = rule;
    rule["operation"] = json!("open");
    bench.fault(rule.clone()).await;
    let answer = bench.try_create("REF-1", 33_000).await;
    assert_eq!(bench.charges().await.len(), 1 + charges, "{rule}");
    (bench, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_comes_before_or_after_the_deed_in_the_providers_words() {
    for (effect, status, code, done) in [
        ("status_before", 500, "SERVER_ERROR", 0),
        ("status_after", 500, "SERVER_ERROR", 1),
        ("status_before", 503, "CHANNEL_UNAVAILABLE", 0),
        ("status_after", 503, "CHANNEL_UNAVAILABLE", 1),
        ("status_before", 403, "REQUEST_FORBIDDEN_ERROR", 0),
    ] {
        let (_bench, answer) = spoiled_open(json!({"effect": effect, "status": status}), done).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), status);
        assert_eq!(answer.json::<Value>().await.unwrap()["error_code"], code);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rate_limit_can_be_played() {
    let (_bench, answer) = spoiled_open(json!({"effect": "rate_limited"}), 0).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["rate-limit-remaining"], "0");
    assert_eq!(answer.json::<Value>().await.unwrap()["error_code"], "RATE_LIMIT_EXCEEDED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_may_say_when_to_come_back() {
    for (effect, status, done) in [("rate_limited", 429, 0), ("status_before", 503, 0), ("status_after", 503, 1)] {
        let rule = json!({"effect": effect, "status": 503, "retry_after_seconds": 7});
        let (_bench, answer) = spoiled_open(rule, done).await;
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), status, "{effect}");
        assert_eq!(answer.headers()["retry-after"], "7", "{effect}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_end_without_an_answer() {
    for (effect, done) in [("disconnect_before", 0), ("disconnect_after", 1), ("reset", 0)] {
        let (_bench, answer) = spoiled_open(json!({"effect": effect}), done).await;
        let error = answer.expect_err("no answer");
        assert!(error.is_request() && !error.is_timeout(), "{effect}: {error:?}");
    }
}

/// A bare socket on which a create call was sent.
async fn ask_to_open(bench: &Bench) -> std::io::Result<TcpStream> {
    let address = bench.sandbox.address();
    assert_eq!(address.ip(), Ipv4Addr::LOCALHOST);
    let mut socket = TcpStream::connect(address).await?;
    let body = create_body("REF-1", 33_000).to_string();
    let head = [
        "POST /xendit/v3/payment_requests HTTP/1.1",
        "host: x",
        "authorization: Basic eG5kX2RldmVsb3BtZW50X3NhbmRib3g6",
        "api-version: 2024-11-11",
        "content-type: application/json",
    ];
    let request = format!("{}\r\ncontent-length: {}\r\n\r\n{body}", head.join("\r\n"), body.len());
    socket.write_all(request.as_bytes()).await?;
    Ok(socket)
}

/// What a bare socket sees after it sent a create call: the bytes until the end, or the error.
async fn on_the_wire(effect: &str) -> std::io::Result<Vec<u8>> {
    let bench = Bench::new(quick()).await;
    bench.fault(json!({"operation": "open", "effect": effect})).await;
    let mut socket = ask_to_open(&bench).await?;
    let mut seen = Vec::new();
    socket.read_to_end(&mut seen).await?;
    Ok(seen)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_disconnect_is_a_clean_end_and_a_reset_is_not() {
    assert_eq!(on_the_wire("disconnect_after").await.expect("a clean end"), b"");
    let error = on_the_wire("reset").await.expect_err("a reset");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_waits_for_nothing_before_or_after_the_deed() {
    for (effect, done) in [("timeout_before", 0), ("timeout_after", 1)] {
        let bench = Bench::new(quick()).await;
        bench.fault(json!({"operation": "open", "effect": effect})).await;
        let answer = bench
            .xendit(Method::POST, "/v3/payment_requests")
            .json(&create_body("REF-1", 33_000))
            .timeout(Duration::from_millis(200))
            .send()
            .await;
        assert!(answer.expect_err("no answer").is_timeout(), "{effect}");
        assert_eq!(bench.charges().await.len(), done, "{effect}");
        bench.sandbox.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_answer_is_whole() {
    let started = Instant::now();
    let (_bench, answer) = spoiled_open(json!({"effect": "delay", "delay_ms": 150}), 1).await;
    assert!(started.elapsed() >= Duration::from_millis(150));
    assert_eq!(answer.expect("an answer").status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dripping_answer_comes_byte_by_byte_and_whole() {
    let (_bench, answer) = spoiled_open(json!({"effect": "drip", "delay_ms": 1}), 1).await;
    let mut pieces = 0;
    let mut body = Vec::new();
    let mut stream = answer.expect("an answer").bytes_stream();
    while let Some(piece) = stream.next().await {
        pieces += 1;
        body.extend_from_slice(&piece.expect("a piece"));
    }
    assert!(pieces > 20, "{pieces} pieces");
    let body: Value = serde_json::from_slice(&body).expect("JSON in the end");
    assert_eq!(body["reference_id"], "REF-1");
}

#[tokio::test(flavor = "multi_thread")]
async fn bodies_are_spoiled_after_the_deed() {
    let (_bench, answer) = spoiled_open(json!({"effect": "html_error"}), 1).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert!(answer.text().await.unwrap().starts_with("<!DOCTYPE html>"));

    let (_bench, answer) = spoiled_open(json!({"effect": "empty_body"}), 1).await;
    assert_eq!(answer.expect("an answer").text().await.unwrap(), "");

    let (_bench, answer) = spoiled_open(json!({"effect": "truncated_json"}), 1).await;
    let text = answer.expect("an answer").text().await.unwrap();
    assert!(text.starts_with('{') && serde_json::from_str::<Value>(&text).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_are_told_about_what_was_really_made() {
    let lie = async |effect: &str| -> Value {
        let (bench, answer) = spoiled_open(json!({"effect": effect}), 1).await;
        let charge = bench.charge("REF-1").await;
        assert_eq!((&charge["amount"], &charge["status"]), (&json!(33_000), &json!("REQUIRES_ACTION")));
        answer.expect("an answer").json().await.expect("a JSON body")
    };
    assert_eq!(lie("wrong_amount").await["request_amount"], 33_001);
    assert_eq!(lie("foreign_reference").await["reference_id"], "OTHER");
    let wrong = lie("wrong_reference").await["reference_id"].clone();
    assert!(wrong != "REF-1" && wrong != "OTHER", "{wrong}");
    assert_eq!(lie("unknown_enum").await["status"], "SANDBOX_UNHEARD_OF");
    let extra = lie("extra_fields").await;
    assert_eq!(extra["reference_id"], "REF-1");
    assert!(extra["sandbox_extra"].is_object());
}

#[tokio::test(flavor = "multi_thread")]
async fn lies_reach_inquiries_and_sweeps_too() {
    let bench = Bench::new(quick()).await;
    bench.create("REF-1", 33_000).await;
    let paid = bench.pay("REF-1").await;
    let payment = format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap());
    bench.fault(json!({"operation": "inquire", "effect": "wrong_amount"})).await;
    assert_eq!(bench.get(&payment).await["captures"][0]["capture_amount"], 33_001);
    assert_eq!(bench.get("/transactions").await["data"][0]["amount"], 33_000);
    bench.fault(json!({"operation": "sweep", "effect": "wrong_amount"})).await;
    assert_eq!(bench.get(&payment).await["captures"][0]["capture_amount"], 33_000);
    assert_eq!(bench.get("/transactions").await["data"][0]["amount"], 33_001);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_huge_body_has_a_hundred_megabytes() {
    let (_bench, answer) = spoiled_open(json!({"effect": "huge_body"}), 1).await;
    let mut stream = answer.expect("an answer").bytes_stream();
    let mut size = 0;
    while let Some(piece) = stream.next().await {
        size += piece.expect("a piece").len();
    }
    assert!(size > 100 * 1024 * 1024, "{size} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gzip_bomb_is_small_until_it_is_opened() {
    let bench = Bench::new(quick()).await;
    bench.fault(json!({"operation": "sweep", "effect": "gzip_bomb"})).await;
    let closed = reqwest::Client::builder().no_proxy().no_gzip().build().unwrap();
    let answer = closed
        .get(format!("{}/transactions", bench.sandbox.xendit_base_url()))
        .basic_auth("xnd_development_sandbox", Some(""))
        .send()
        .await
        .expect("an answer");
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let bytes = answer.bytes().await.expect("a body");
    assert!((1_000..2_000_000).contains(&bytes.len()), "{} bytes", bytes.len());
    let mut inflated = flate2::read::GzDecoder::new(bytes.as_ref());
    let size = std::io::copy(&mut inflated, &mut std::io::sink()).expect("it inflates");
    assert_eq!(size, 128 * 1024 * 1024);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_points_where_the_rule_says() {
    let rule = json!({"effect": "redirect", "url": "http://127.0.0.1:9/canary"});
    let (_bench, answer) = spoiled_open(rule, 1).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), 302);
    assert_eq!(answer.headers()["location"], "http://127.0.0.1:9/canary");

    let (_bench, answer) = spoiled_open(json!({"effect": "redirect"}), 1).await;
    let location = answer.expect("an answer").headers()["location"].clone();
    assert!(location.to_str().unwrap().starts_with("http://169.254."));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_replace_each_other_meet_by_order_code_and_are_spent() {
    let bench = Bench::new(quick()).await;
    let rule = json!({"operation": "open", "effect": "status_before", "reference": "ORDER-B", "times": 1});
    bench.fault(rule).await;
    assert_eq!(bench.try_create("A", 1_000).await.unwrap().status(), 201);
    assert_eq!(bench.try_create("B", 1_000).await.unwrap().status(), 500);
    assert_eq!(bench.try_create("B", 1_000).await.unwrap().status(), 201);
    bench.fault(json!({"operation": "open", "effect": "status_before"})).await;
    assert_eq!(bench.try_create("C", 1_000).await.unwrap().status(), 500);
    bench.control(Method::PUT, "/faults", json!([])).await;
    assert_eq!(bench.try_create("C", 1_000).await.unwrap().status(), 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn chance_repeats_itself_with_its_seed() {
    let run = async |seed: u64| -> Vec<u16> {
        let bench = Bench::new(quick()).await;
        bench.fault(json!({"operation": "open", "effect": "status_before", "probability": 0.5, "seed": seed})).await;
        let mut seen = Vec::new();
        for n in 0..24 {
            let answer = bench.try_create(&format!("REF-{n}"), 1_000).await;
            seen.push(answer.expect("an answer").status().as_u16());
        }
        seen
    };
    let first = run(7).await;
    assert_eq!(run(7).await, first);
    assert_ne!(run(8).await, first);
    assert!(first.contains(&201) && first.contains(&500));
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_that_make_no_sense_are_refused() {
    let bench = Bench::new(quick()).await;
    for wrong in [
        json!([{"provider": "xendit", "operation": "open", "effect": "storm"}]),
        json!([{"provider": "xendit", "operation": "open", "effect": "no_such_effect"}]),
        json!([{"provider": "xendit", "operation": "open", "effect": "redirect", "url": "nowhere"}]),
        json!([{"provider": "xendit", "operation": "open", "effect": "reset", "often": 1}]),
        json!({"provider": "xendit"}),
    ] {
        let answer = bench.try_control(Method::PUT, "/faults", wrong.clone()).await;
        assert_eq!(answer.status(), 400, "{wrong}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_ends_when_the_client_gives_up() {
    let bench = Bench::new(quick()).await;
    bench.fault(json!({"operation": "open", "effect": "timeout_before"})).await;
    let mut socket = ask_to_open(&bench).await.expect("asked");
    socket.shutdown().await.expect("the client says that it is done");
    let mut seen = Vec::new();
    tokio::time::timeout(Duration::from_secs(5), socket.read_to_end(&mut seen))
        .await
        .expect("the sandbox closes too")
        .expect("without a reset");
    assert!(seen.is_empty());
}
