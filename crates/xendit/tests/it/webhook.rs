//! Webhooks as the sandbox really sends them.

use std::time::Duration;

use mstore_pay_domain::ports::WebhookSource as _;
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, RawWebhook};
use mstore_pay_sandbox::Provider;
use mstore_pay_xendit::{WebhookVerification, XenditConfig, XenditWebhooks};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Bench, charge};

/// Takes in one delivery and answers 200.
async fn receive(listener: &TcpListener) -> RawWebhook {
    let (mut stream, _) = tokio::time::timeout(Duration::from_secs(10), listener.accept()).await.unwrap().unwrap();
    let mut bytes = Vec::new();
    loop {
        stream.read_buf(&mut bytes).await.unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let headers: Vec<(String, String)> = head
            .lines()
            .skip(1)
            .filter_map(|line| line.split_once(": "))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
            .collect();
        let raw = RawWebhook { headers, body: body.as_bytes().to_vec() };
        if raw.header("content-length").unwrap() == body.len().to_string() {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").await.unwrap();
            return raw;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delivery_of_the_sandbox_is_authentic_and_understood() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = format!("http://{}/hook", listener.local_addr().unwrap()).parse().unwrap();
    bench.sandbox.direct_webhooks(Provider::Xendit, None, &target).await.unwrap();
    let opened = bench.open(1).await;
    let body = format!(r#"{{"provider":"xendit","reference":"{}"}}"#, charge(1).our_reference);
    bench.control("POST", "/pay", &body).await;
    let raw = receive(&listener).await;

    let config = XenditConfig::new("http://h", WebhookVerification::Token).unwrap();
    let webhooks = XenditWebhooks::new(&config);
    let told = webhooks.decode(&webhooks.authenticate(&raw, &bench.account).unwrap()).unwrap();
    assert!(matches!(told.claim, Claim::Paid { at: Some(_) }), "{told:?}");
    assert!(matches!(&told.amount, ClaimedAmount::Named(money) if money.fits(&charge(1).amount)));
    assert_eq!(told.about.charge_ref, Some(opened.provider_ref));
    assert_eq!(told.about.order_code.as_deref(), Some("TRX-1"));

    let hmac = XenditConfig::new("http://h", WebhookVerification::Hmac).unwrap();
    assert!(XenditWebhooks::new(&hmac).authenticate(&raw, &bench.account).is_err());
}
