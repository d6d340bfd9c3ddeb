//! How long a connection lasts, and how many are served at once.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};

use crate::house::{House, MERCHANT, qris};

/// How long an idle connection is kept, and how much less of that a client may see of it.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
const EARLIER: Duration = Duration::from_secs(2);
/// Long enough for whatever must happen, on whatever machine.
const IN_TIME: Duration = Duration::from_mins(1);
/// How long is looked for what must not happen.
const MEANWHILE: Duration = Duration::from_secs(2);

/// A connection of which everything is seen.
struct Connection(BufReader<TcpStream>);

impl Connection {
    async fn open(house: &House) -> Self {
        Self(BufReader::new(TcpStream::connect(house.base.trim_start_matches("http://")).await.unwrap()))
    }

    /// Sends a request without waiting for what is said to it.
    async fn send(&mut self, line: &str, headers: &[(&str, &str)], body: &str) {
        let length = body.len().to_string();
        let of_body = [("content-type", "application/json"), ("content-length", length.as_str())];
        let all = headers.iter().chain(of_body.iter().filter(|_| !body.is_empty()));
        let all: String = all.flat_map(|(name, value)| [*name, ": ", *value, "\r\n"]).collect();
        self.0.write_all(format!("{line} HTTP/1.1\r\nhost: h\r\n{all}\r\n{body}").as_bytes()).await.unwrap();
    }

    /// The head of the next answer, in small letters, and its body, if its length is told.
    async fn answer(&mut self) -> (String, Vec<u8>) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            let read = timeout(IN_TIME, self.0.read_line(&mut head)).await.expect("an answer in time").unwrap();
            assert_ne!(read, 0, "closed after {head:?}");
        }
        let head = head.to_ascii_lowercase();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap_or("0");
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        (head, body)
    }

    /// Whether it is closed within that time, with nothing more said.
    async fn is_closed(&mut self, within: Duration) -> bool {
        // The end, or a reset.
        timeout(within, self.0.read_u8()).await.is_ok_and(|read| read.is_err())
    }
}

#[track_caller]
fn check((head, _): &(String, Vec<u8>), status: &str, is_last: bool) {
    assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}");
    assert_eq!(head.contains("\r\nconnection: close\r\n"), is_last, "{head}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stranger_whose_credentials_are_wrong_too_often_loses_the_connection() {
    let house = House::open_with(&["--webhook-failure-limit=1"]).await;
    let body = json!({"id": "x", "external_id": "y", "status": "PAID", "amount": 1}).to_string();
    let mut stranger = Connection::open(&house).await;
    for is_last in [false, true] {
        stranger.send("POST /api/v1/webhook/xendit", &[("x-callback-token", "wrong")], &body).await;
        check(&stranger.answer().await, "401", is_last);
    }
    assert!(stranger.is_closed(IN_TIME).await);
    let mut again = Connection::open(&house).await;
    again.send("POST /api/v1/webhook/xendit", &[("x-callback-token", "wrong")], &body).await;
    check(&again.answer().await, "401", true);
    // Who has the right credential is heard, from that address too.
    let mut provider = Connection::open(&house).await;
    for _ in 0..2 {
        let token = mstore_pay_sandbox::XENDIT_CALLBACK_TOKEN_DEFAULT;
        provider.send("POST /api/v1/webhook/xendit", &[("x-callback-token", token)], &body).await;
        check(&provider.answer().await, "200", false);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_proxy_strangers_are_counted_apart_and_cost_nobody_the_connection() {
    let house = House::open_with(&["--webhook-failure-limit=1", "--trusted-proxies=127.0.0.1"]).await;
    let mut proxy = Connection::open(&house).await;
    // The proxy's own connection is everybody's, and stays.
    for stranger in ["198.51.100.1", "198.51.100.2", "192.0.2.9, 198.51.100.1", "198.51.100.1"] {
        let headers = [("x-callback-token", "wrong"), ("x-forwarded-for", stranger)];
        proxy.send("POST /api/v1/webhook/xendit", &headers, "{}").await;
        check(&proxy.answer().await, "401", false);
    }
    // One of each is worth a line, and a second of none.
    for is_last in [false, true] {
        proxy.send("POST /api/v1/webhook/xendit", &[("x-callback-token", "wrong")], "{}").await;
        check(&proxy.answer().await, "401", is_last);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_is_kept_for_a_while_and_then_closed() {
    let house = House::open().await;
    let mut idle = Connection::open(&house).await;
    idle.send("GET /healthz", &[], "").await;
    check(&idle.answer().await, "200", false);
    let since = Instant::now();
    assert!(idle.is_closed(IN_TIME).await, "an idle connection is still open after {:?}", since.elapsed());
    assert!(since.elapsed() >= KEEP_ALIVE.saturating_sub(EARLIER), "closed after {:?} already", since.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_more_connections_are_served_at_once_than_are_allowed_and_whoever_comes_then_waits() {
    // A house has one thread for HTTP.
    let house = House::open_with(&["--http-connections-max=2"]).await;
    let token = format!("Bearer {}", house.token(MERCHANT, "L0_OWNER"));
    // Streams of events are never idle: they stay for as long as whoever reads them.
    let mut readers = Vec::new();
    let as_owner = [("authorization", token.as_str())];
    for order in ["TRX-1", "TRX-2"] {
        let mut reader = Connection::open(&house).await;
        reader.send("POST /api/v1/pos/payments", &as_owner, &qris(order, 33_000).to_string()).await;
        let shown = reader.answer().await;
        check(&shown, "200", false);
        let shown: Value = serde_json::from_slice(&shown.1).unwrap();
        let events = format!("GET /api/v1/pos/payments/{}/events", shown["data"]["payment_id"].as_str().unwrap());
        reader.send(&events, &as_owner, "").await;
        check(&reader.answer().await, "200", false);
        readers.push(reader);
    }
    let mut next = Connection::open(&house).await;
    next.send("GET /healthz", &[], "").await;
    assert!(timeout(MEANWHILE, next.0.fill_buf()).await.is_err(), "a third is served beside two");
    drop(readers.pop());
    check(&next.answer().await, "200", false);
}
