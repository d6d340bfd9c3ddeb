use std::io::Write as _;
use std::time::{Duration, Instant};

use flate2::Compression;
use flate2::write::GzEncoder;
use mstore_pay_conformance::wire::WireStub;
use mstore_pay_domain::account::SharedSecret;
use mstore_pay_outbound::{Call, HttpClient, HttpError, Reply};
use url::Url;
use wiremock::matchers::{header, method};
use wiremock::{Mock, MockServer, ResponseTemplate};

use crate::wire::{Manner, http, serve};

const WITHIN: Duration = Duration::from_secs(5);
const SHORT: Duration = Duration::from_millis(300);

async fn get(url: Url, within: Duration) -> Result<Reply, HttpError> {
    HttpClient::new().unwrap().send(&Call::get(url), within).await
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_call_carries_its_credential_headers_and_body() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(header("authorization", "Basic a2V5Og=="))
        .and(header("content-type", "application/json"))
        .and(header("api-version", "2024-11-11"))
        .respond_with(ResponseTemplate::new(201).set_body_string("{}"))
        .expect(1)
        .mount(&server)
        .await;
    let call = Call::post(server.uri().parse().unwrap())
        .basic_auth(&SharedSecret::new("key").unwrap())
        .header("api-version", "2024-11-11")
        .json(r#"{"card":"4"}"#);
    let reply = HttpClient::new().unwrap().send(&call, WITHIN).await.unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (201, b"{}".as_slice()));
    assert!(!format!("{call:?} {}", call.on_record()).contains("4\""));
}

#[tokio::test]
async fn nobody_listening_and_no_tls_are_certainly_not_sent() {
    let refused = get(format!("http://{}/", WireStub::nobody()).parse().unwrap(), WITHIN).await.unwrap_err();
    assert!(matches!(refused, HttpError::NotSent { .. }) && !refused.may_have_left(), "{refused:?}");

    let mut url = serve(http(200, &[], b"{}")).await;
    url.set_scheme("https").unwrap();
    let no_tls = get(url, WITHIN).await.unwrap_err();
    assert!(matches!(no_tls, HttpError::NotSent { .. }), "{no_tls:?}");

    let no_host = get("http://host.invalid/".parse().unwrap(), WITHIN).await.unwrap_err();
    assert!(matches!(no_host, HttpError::NotSent { .. }), "{no_host:?}");
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_certainly_not_sent() {
    let url = serve(http(200, &[], b"{}")).await;
    let call = Call::get(url).header("for-user-id", "a\nb");
    let error = HttpClient::new().unwrap().send(&call, WITHIN).await.unwrap_err();
    assert!(matches!(error, HttpError::NotSent { .. }), "{error:?}");
}

#[tokio::test]
async fn silence_ends_by_the_deadline_and_may_have_left() {
    let url = serve(Manner::Silent).await;
    let error = get(url, SHORT).await.unwrap_err();
    assert!(matches!(error, HttpError::TimedOut { .. }) && error.may_have_left(), "{error:?}");
}

#[tokio::test]
async fn a_dripping_answer_ends_by_the_deadline() {
    let started = Instant::now();
    let url = serve(Manner::Drips(vec![b'H'; 10_000], Duration::from_millis(20))).await;
    let headers = get(url, SHORT).await.unwrap_err();
    assert!(headers.may_have_left());

    let mut slow_body = b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n".to_vec();
    slow_body.resize(10_000, b' ');
    let url = serve(Manner::Drips(slow_body, Duration::from_millis(1))).await;
    let body = get(url, SHORT).await.unwrap_err();
    assert!(matches!(body, HttpError::TimedOut { .. }), "{body:?}");
    assert!(started.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn a_broken_connection_may_have_left() {
    let cut_short = Manner::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{".to_vec());
    for manner in [Manner::Resets, Manner::Says(Vec::new()), cut_short] {
        let error = get(serve(manner).await, WITHIN).await.unwrap_err();
        assert!(matches!(error, HttpError::Broken { .. }) && error.may_have_left(), "{error:?}");
    }
}

#[tokio::test]
async fn an_answer_beyond_the_cap_is_not_read_to_its_end() {
    let fits = vec![b' '; HttpClient::BODY_BYTES_MAX];
    let too_large = vec![b' '; HttpClient::BODY_BYTES_MAX + 1];
    assert_eq!(get(serve(http(200, &[], &fits)).await, WITHIN).await.unwrap().body.len(), fits.len());
    let error = get(serve(http(200, &[], &too_large)).await, WITHIN).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge), "{error:?}");
}

#[tokio::test]
async fn the_cap_counts_inflated_bytes() {
    let small = gzip(b"{\"status\":\"ok\"}");
    let reply = get(serve(http(200, &[("content-encoding", "gzip")], &small)).await, WITHIN).await.unwrap();
    assert_eq!(reply.body, b"{\"status\":\"ok\"}");

    let bomb = gzip(&vec![0_u8; 64 * HttpClient::BODY_BYTES_MAX]);
    assert!(bomb.len() < HttpClient::BODY_BYTES_MAX);
    let error = get(serve(http(200, &[("content-encoding", "gzip")], &bomb)).await, WITHIN).await.unwrap_err();
    assert!(matches!(error, HttpError::TooLarge), "{error:?}");
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let canary = MockServer::start().await;
    Mock::given(method("GET")).respond_with(ResponseTemplate::new(200)).expect(0).mount(&canary).await;
    let reply = get(serve(http(302, &[("location", &canary.uri())], b"")).await, WITHIN).await.unwrap();
    assert_eq!(reply.status, 302);
}

#[tokio::test]
async fn what_is_left_of_the_rate_limit_is_read() {
    let limits = [("Rate-Limit-Limit", "60"), ("Rate-Limit-Remaining", "0"), ("Rate-Limit-Reset", "58.37")];
    let reply = get(serve(http(429, &limits, b"{}")).await, WITHIN).await.unwrap();
    assert_eq!(reply.retry_after, Some(Duration::from_millis(58_370)));
    assert_eq!(reply.rate_limit.unwrap().limit, 60);
}
