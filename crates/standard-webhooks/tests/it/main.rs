//! Endpoints over HTTP: what they get, what their answers mean, and where no call goes.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::time::Duration;

use mstore_pay_domain::ids::{EndpointUrl, MessageId};
use mstore_pay_domain::memory::ManualClock;
use mstore_pay_domain::ports::{EventCall, EventSender, SendEventError, SendEventErrorKind};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_outbound::{HttpClient, Reach};
use mstore_pay_standard_webhooks::{SECRET_BYTES, StandardWebhooks, secret_of};
use uuid::Uuid;
use wiremock::matchers::{body_string, header, header_regex, method, path};
use wiremock::{Mock, MockServer, ResponseTemplate};

fn sender(reach: Reach) -> StandardWebhooks {
    let clock = ManualClock::new(Timestamp::parse_rfc3339("2026-11-26T00:00:00.9Z").unwrap());
    let sender = StandardWebhooks::new(HttpClient::within(reach).unwrap(), Arc::new(clock));
    sender.answered_within(Duration::from_millis(500))
}

fn call(url: &str) -> EventCall {
    EventCall {
        message: MessageId::new(Uuid::from_u128(7)),
        url: EndpointUrl::parse(url).unwrap(),
        secrets: vec![secret_of(&[1; SECRET_BYTES]).unwrap(), secret_of(&[2; SECRET_BYTES]).unwrap()],
        body: r#"{"type":"payment.paid"}"#.to_owned(),
    }
}

async fn told(answer: ResponseTemplate) -> Result<(), SendEventError> {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/events"))
        .and(header("webhook-id", "msg_00000000000000000000000000000007"))
        .and(header("webhook-timestamp", "1795651200"))
        .and(header_regex("webhook-signature", "^v1,[A-Za-z0-9+/]{43}= v1,[A-Za-z0-9+/]{43}=$"))
        .and(header("content-type", "application/json"))
        .and(body_string(r#"{"type":"payment.paid"}"#))
        .respond_with(answer)
        .expect(1)
        .mount(&server)
        .await;
    sender(Reach::PublicAndLoopback).send(&call(&format!("{}/events", server.uri()))).await
}

#[track_caller]
fn check(told: Result<(), SendEventError>, want: Result<(), SendEventErrorKind>) {
    assert_eq!(told.map_err(|error| error.kind), want);
}

#[tokio::test]
async fn an_event_is_told_once_any_2xx_comes_back() {
    for status in [200, 202, 204, 299] {
        check(told(ResponseTemplate::new(status)).await, Ok(()));
    }
}

#[tokio::test]
async fn every_other_answer_is_none_and_410_is_the_last_one() {
    for status in [301, 308, 400, 401, 404, 409, 429, 500, 503] {
        // Where it is sent to is never called: the mock expects one call.
        let answer = ResponseTemplate::new(status).insert_header("location", "/events");
        check(told(answer).await, Err(SendEventErrorKind::Failed));
    }
    check(told(ResponseTemplate::new(410)).await, Err(SendEventErrorKind::Gone));
}

#[tokio::test]
async fn an_endpoint_that_says_too_much_or_takes_too_long_was_not_told() {
    let huge = ResponseTemplate::new(200).set_body_bytes(vec![b'a'; HttpClient::BODY_BYTES_MAX + 1]);
    check(told(huge).await, Err(SendEventErrorKind::Failed));
    let slow = ResponseTemplate::new(200).set_delay(Duration::from_secs(2));
    check(told(slow).await, Err(SendEventErrorKind::Failed));
}

#[tokio::test]
async fn nothing_is_sent_into_the_network_we_run_in() {
    let server = MockServer::start().await;
    Mock::given(method("POST")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&server).await;
    let port = server.address().port();
    for host in ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433", "0.0.0.0"] {
        for scheme in ["http", "https"] {
            let told = sender(Reach::Public).send(&call(&format!("{scheme}://{host}:{port}/events"))).await;
            check(told, Err(SendEventErrorKind::Failed));
        }
    }
}
