//! Proxies that the environment names are not asked: they would see what goes to providers, and decide where it goes.

use std::env;
use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use mstore_pay_outbound::{Call, HttpClient, Reach};
use url::Url;

use crate::wire::{http, serve};

const WITHIN: Duration = Duration::from_secs(5);
/// Where the child is told whom to call.
const TARGET: &str = "MSTORE_PAY_TEST_TARGET";
/// Every name under which clients look for a proxy.
const NAMES: [&str; 6] = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"];
/// What would keep a client from one.
const EXCEPTIONS: [&str; 3] = ["NO_PROXY", "no_proxy", "REQUEST_METHOD"];

/// Runs a test of this file as a process of its own, whose environment names a proxy; whether that proxy was called.
async fn is_proxy_called_by(child: &str) -> bool {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    let target = serve(http(200, &[], b"{}")).await;
    let mut command = Command::new(env::current_exe().unwrap());
    command.args(["--exact", &format!("proxies::{child}"), "--ignored", "--nocapture"]).env(TARGET, target.as_str());
    for name in EXCEPTIONS {
        command.env_remove(name);
    }
    for name in NAMES {
        command.env(name, format!("http://{}", proxy.local_addr().unwrap()));
    }
    let ran = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout).into_owned();
    assert!(ran.status.success() && said.contains("1 passed"), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
    // The child is over: whoever called is in the queue.
    proxy.set_nonblocking(true).unwrap();
    proxy.accept().is_ok()
}

#[expect(clippy::disallowed_methods, reason = "the child of a test has no other settings")]
fn target() -> Url {
    env::var(TARGET).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn no_proxy_of_the_environment_is_asked() {
    assert!(!is_proxy_called_by("ours").await, "the proxy of the environment was called");
    // It is our client that keeps away from it: another one calls it.
    assert!(is_proxy_called_by("careless").await, "nobody would call this proxy");
}

#[tokio::test]
#[ignore = "a part of the test above, which runs it with an environment of its own"]
async fn ours() {
    let mut encrypted = target();
    encrypted.set_scheme("https").unwrap();
    for client in [HttpClient::new().unwrap(), HttpClient::within(Reach::PublicAndLoopback).unwrap()] {
        assert_eq!(client.send(&Call::get(target()), WITHIN).await.unwrap().status, 200);
        assert_eq!(client.post_bytes(&target(), &[], Vec::new(), WITHIN).await.unwrap(), 200);
        client.date(&target(), WITHIN).await.unwrap();
        // There is no TLS where it leads; a proxy would be asked for a tunnel before anybody knew.
        client.send(&Call::get(encrypted.clone()), WITHIN).await.unwrap_err();
    }
}

#[tokio::test]
#[ignore = "a part of the test above, which runs it with an environment of its own"]
async fn careless() {
    let client = reqwest::Client::builder().timeout(Duration::from_secs(1)).build().unwrap();
    // Nobody answers there.
    client.get(target()).send().await.unwrap_err();
}
