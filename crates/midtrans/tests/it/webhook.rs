//! Webhooks as the sandbox really sends them.

use std::time::Duration;

use mstore_pay_domain::ports::{PaymentProvider as _, WebhookSource as _};
use mstore_pay_domain::webhook::{Claim, ClaimedAmount, Notification, RawWebhook};
use mstore_pay_midtrans::{Midtrans, MidtransWebhooks};
use mstore_pay_outbound::HttpClient;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::support::{Bench, config};

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

fn understood(bench: &Bench, raw: &RawWebhook) -> Notification {
    let webhooks = MidtransWebhooks::new(&config("http://h"));
    webhooks.decode(&webhooks.authenticate(raw, &bench.account).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn deliveries_of_the_sandbox_come_where_the_charge_said_and_are_authentic_and_understood() {
    let bench = Bench::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let below = format!("http://{}/webhook/midtrans", listener.local_addr().unwrap()).parse().unwrap();
    let told_here = config(&bench.sandbox.midtrans_base_url()).with_notifications(below);
    let told_here = Midtrans::new(HttpClient::new().unwrap(), told_here);
    let charge = bench.charge(1);
    let opened = told_here.open(&bench.account, &charge).await.unwrap();
    let pending = understood(&bench, &receive(&listener).await);
    assert_eq!(pending.claim, Claim::Pending);

    let body = format!(r#"{{"provider":"midtrans","reference":"{}"}}"#, charge.our_reference);
    bench.control("POST", "/pay", &body).await;
    let paid = understood(&bench, &receive(&listener).await);
    assert!(matches!(paid.claim, Claim::Paid { at: Some(_) }), "{paid:?}");
    assert!(matches!(&paid.amount, ClaimedAmount::Named(money) if money.fits(&charge.amount)));
    assert_eq!(paid.about.payment_ref, Some(opened.provider_ref));
    assert_eq!(paid.about.order_code.as_deref(), Some("TRX-1"));
    assert_eq!(paid.unrecognised, Vec::<String>::new());
}
