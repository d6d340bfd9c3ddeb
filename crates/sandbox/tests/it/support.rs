//! A sandbox to call and a shop that receives its webhooks.

pub(crate) mod shop;

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use mstore_pay_sandbox::{RateLimit, RunningSandbox, SandboxConfig, XENDIT_KEY_DEFAULT, start};
use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

/// How long a test waits for something that must come, in real seconds.
const PATIENCE_SECONDS_MAX: u64 = 10;

/// A running sandbox and a client of it.
pub(crate) struct Bench {
    pub(crate) sandbox: RunningSandbox,
    pub(crate) client: Client,
}

/// No rate limit, no sweep lag: what most tests want.
pub(crate) fn quick() -> SandboxConfig {
    SandboxConfig { rate_limit: RateLimit::Off, sweep_lag_ms: 0, ..SandboxConfig::default() }
}

/// The same on a clock that runs `scale` times as fast.
pub(crate) fn scaled(scale: u32) -> SandboxConfig {
    SandboxConfig { time_scale: NonZeroU32::new(scale).expect("a scale above zero"), ..quick() }
}

impl Bench {
    pub(crate) async fn new(config: SandboxConfig) -> Self {
        Self {
            sandbox: start(config).await.expect("a sandbox starts"),
            client: Client::builder()
                .no_proxy()
                .redirect(reqwest::redirect::Policy::none())
                .timeout(Duration::from_secs(PATIENCE_SECONDS_MAX))
                .build()
                .expect("a client"),
        }
    }

    /// A call of v3 as the gateway makes it.
    pub(crate) fn xendit(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.unversioned(method, path).header("api-version", "2024-11-11")
    }

    /// A call of an API that asks for no version.
    pub(crate) fn unversioned(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client
            .request(method, format!("{}{path}", self.sandbox.xendit_base_url()))
            .basic_auth(XENDIT_KEY_DEFAULT, Some(""))
    }

    pub(crate) async fn create(&self, reference: &str, amount: u64) -> Value {
        let response = self.try_create(reference, amount).await.expect("an answer");
        assert_eq!(response.status(), 201);
        response.json().await.expect("a JSON body")
    }

    pub(crate) async fn try_create(&self, reference: &str, amount: u64) -> reqwest::Result<Response> {
        self.xendit(Method::POST, "/v3/payment_requests").json(&create_body(reference, amount)).send().await
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let response = self.xendit(Method::GET, path).send().await.expect("an answer");
        assert_eq!(response.status(), 200, "GET {path}");
        response.json().await.expect("a JSON body")
    }

    /// A call of the control plane that must succeed.
    pub(crate) async fn control(&self, method: Method, path: &str, body: Value) -> Value {
        let response = self.try_control(method, path, body).await;
        let status = response.status();
        let text = response.text().await.expect("a body");
        assert!(status.is_success(), "{path}: {status} {text}");
        serde_json::from_str(&text).expect("a JSON body")
    }

    pub(crate) async fn try_control(&self, method: Method, path: &str, body: Value) -> Response {
        self.client
            .request(method, format!("{}{path}", self.sandbox.control_url()))
            .body(body.to_string())
            .send()
            .await
            .expect("an answer")
    }

    pub(crate) async fn pay(&self, reference: &str) -> Value {
        let body = json!({"provider": "xendit", "reference": reference});
        self.control(Method::POST, "/pay", body).await
    }

    pub(crate) async fn charges(&self) -> Vec<Value> {
        let charges = self.control(Method::GET, "/charges", Value::Null).await;
        charges.as_array().expect("an array").clone()
    }

    pub(crate) async fn charge(&self, reference: &str) -> Value {
        let charges = self.charges().await;
        let found = charges.iter().find(|row| row["reference"] == reference);
        found.expect("the charge is in the ledger").clone()
    }

    /// Puts one rule in force, written without its provider.
    pub(crate) async fn fault(&self, mut rule: Value) {
        rule["provider"] = json!("xendit");
        self.control(Method::PUT, "/faults", json!([rule])).await;
    }

    pub(crate) async fn target(&self, url: &str) {
        let body = json!({"provider": "xendit", "url": url});
        self.control(Method::PUT, "/webhook-target", body).await;
    }
}

/// Sends the call and expects this status.
#[track_caller]
pub(crate) fn answered(request: reqwest::RequestBuilder, status: u16) -> impl Future<Output = Value> {
    let caller = std::panic::Location::caller();
    async move {
        let response = request.send().await.expect("an answer");
        let got = response.status();
        let text = response.text().await.expect("a body");
        assert_eq!(got, status, "at {caller}: {text}");
        serde_json::from_str(&text).expect("a JSON body")
    }
}

pub(crate) fn create_body(reference: &str, amount: u64) -> Value {
    json!({
        "reference_id": reference,
        "type": "PAY",
        "country": "ID",
        "currency": "IDR",
        "request_amount": amount,
        "channel_code": "QRIS",
        "metadata": {"order_code": format!("ORDER-{reference}")},
    })
}

/// Asks until the answer is there; fails the test if it does not come.
pub(crate) async fn eventually<T, F: Future<Output = Option<T>>>(what: &str, mut ask: impl FnMut() -> F) -> T {
    let deadline = Instant::now() + Duration::from_secs(PATIENCE_SECONDS_MAX);
    loop {
        if let Some(found) = ask().await {
            return found;
        }
        assert!(Instant::now() < deadline, "{what} did not happen");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
