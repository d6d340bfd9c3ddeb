//! A till: it behaves as POS clients in the field do. It gives up on a request after a while, sends it again, polls
//! where it was told to, and writes all of it down.

mod log;
mod messenger;
mod sale;

use std::sync::{Arc, RwLock};
use std::time::Duration;

use chrono::Utc;
use serde_json::Value;
use tokio::time::{Instant, sleep};

pub(crate) use log::{Answer, ClientLog, Exchange, Outcome};
pub(crate) use messenger::Messenger;
pub(crate) use sale::{Sale, Shown, on_screen, shown};

use crate::rig::Rig;

/// Where payments are made.
pub(crate) const PAYMENTS: &str = "/api/v1/pos/payments";
/// Between two tries of the same request.
const RETRY_PAUSE: Duration = Duration::from_millis(300);
/// Between two looks at a payment whose outcome is open.
const POLL_PAUSE: Duration = Duration::from_millis(500);

/// One till of one merchant.
#[derive(Debug, Clone)]
pub(crate) struct Till {
    http: reqwest::Client,
    /// Whether each request goes its own way, so that all nodes get their share.
    spread: bool,
    gateway_url: Arc<RwLock<String>>,
    pub(crate) merchant: String,
    token: String,
    email: String,
    log: ClientLog,
}

impl Till {
    /// A till that waits so long for an answer.
    pub(crate) fn new(rig: &Rig, merchant: &str, role: &str, patience: Duration, log: &ClientLog) -> Self {
        Self {
            http: client(patience, rig.is_spread()),
            spread: rig.is_spread(),
            gateway_url: Arc::clone(&rig.gateway_url),
            merchant: merchant.to_owned(),
            token: rig.token(merchant, role),
            email: rig.secrets.customer_email.clone(),
            log: log.clone(),
        }
    }

    /// The same till with another patience.
    pub(crate) fn patient(&self, patience: Duration) -> Self {
        Self { http: client(patience, self.spread), ..self.clone() }
    }

    /// Sends the create request once.
    pub(crate) async fn create(&self, sale: &Sale) -> Exchange {
        self.send("POST", PAYMENTS, Some(sale.body(&self.email).to_string()), sale.key.clone()).await
    }

    /// Sends the create request until a QR code can be shown, at most so long: again where nothing came back or it was
    /// told to try later, polling where the outcome was open. Without a QR code, what it heard last.
    pub(crate) async fn sell(&self, sale: &Sale, within: Duration) -> Result<Shown, String> {
        let deadline = Instant::now() + within;
        loop {
            let exchange = self.create(sale).await;
            match exchange.status() {
                200 => {
                    if let Some(shown) = shown(&exchange) {
                        return Ok(shown);
                    }
                }
                202 => {
                    if let Some(shown) = self.follow(&exchange.data(), deadline).await {
                        return Ok(shown);
                    }
                }
                // Nothing came back, it is at work, it is busy, or the provider is away: later, the same again.
                0 | 409 | 429 | 502..=504 => {}
                _ => return Err(format!("{:?}", exchange.outcome)),
            }
            if Instant::now() >= deadline {
                return Err(format!("{:?}", exchange.outcome));
            }
            sleep(RETRY_PAUSE).await;
        }
    }

    async fn follow(&self, accepted: &Value, deadline: Instant) -> Option<Shown> {
        let payment_id = accepted["payment_id"].as_str()?;
        while Instant::now() < deadline {
            sleep(POLL_PAUSE).await;
            let exchange = self.get(payment_id).await;
            if let Some(shown) = shown(&exchange) {
                return Some(shown);
            }
            if exchange.status() == 200 && exchange.data()["status"] != "pending" {
                return None;
            }
        }
        None
    }

    pub(crate) async fn get(&self, reference: &str) -> Exchange {
        self.read(&format!("{PAYMENTS}/{reference}")).await
    }

    pub(crate) async fn cancel(&self, reference: &str) -> Exchange {
        self.send("POST", &format!("{PAYMENTS}/{reference}/cancel"), None, None).await
    }

    /// Sends something else than a create, once.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Exchange {
        self.send("POST", path, Some(body.to_string()), None).await
    }

    /// The merchant's exceptions, newest first, of all pages.
    pub(crate) async fn exceptions(&self) -> Vec<Value> {
        self.listed("/api/v1/pos/exceptions?limit=100").await
    }

    /// Everything that is listed there, of all pages.
    pub(crate) async fn listed(&self, first_page: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut page = first_page.to_owned();
        loop {
            let data = self.read(&page).await.data();
            all.extend(data["items"].as_array().unwrap_or_else(|| panic!("{page}: {data}")).iter().cloned());
            match data["next_cursor"].as_str() {
                Some(cursor) => page = format!("{first_page}&cursor={cursor}"),
                None => return all,
            }
        }
    }

    /// Looks until the payment's status is that, at most so long; gives the last look's `data`.
    pub(crate) async fn await_status(&self, reference: &str, status: &str, within: Duration) -> Value {
        let deadline = Instant::now() + within;
        loop {
            let exchange = self.read(&format!("{PAYMENTS}/{reference}")).await;
            let data = exchange.data();
            if data["status"] == status || Instant::now() >= deadline {
                return data;
            }
            sleep(POLL_PAUSE).await;
        }
    }

    pub(crate) async fn read(&self, path: &str) -> Exchange {
        self.send("GET", path, None, None).await
    }

    async fn send(&self, verb: &'static str, path: &str, body: Option<String>, key: Option<String>) -> Exchange {
        let url = format!("{}{path}", self.gateway_url.read().expect("a lock nobody panics under"));
        let mut request = match verb {
            "GET" => self.http.get(url),
            _ => self.http.post(url),
        };
        request = request.bearer_auth(&self.token);
        if let Some(key) = &key {
            request = request.header("Idempotency-Key", key);
        }
        if let Some(body) = &body {
            request = request.header("Content-Type", "application/json").body(body.clone());
        }
        let exchange = exchange(request, verb, path, &self.merchant, key, body).await;
        self.log.add(exchange.clone());
        exchange
    }
}

fn client(patience: Duration, spread: bool) -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().timeout(patience);
    let client = if spread { client.pool_max_idle_per_host(0) } else { client };
    client.build().expect("a client")
}

/// Sends a request and notes what came of it.
async fn exchange(
    request: reqwest::RequestBuilder,
    verb: &'static str,
    path: &str,
    merchant: &str,
    key: Option<String>,
    sent: Option<String>,
) -> Exchange {
    let sent_at = Utc::now();
    let outcome = hear(request).await;
    let answered_at = Utc::now();
    let (path, merchant) = (path.to_owned(), merchant.to_owned());
    Exchange { sent_at, answered_at, verb, path, merchant, key, sent, outcome }
}

async fn hear(request: reqwest::RequestBuilder) -> Outcome {
    let answer = match request.send().await {
        Ok(answer) => answer,
        Err(error) => return Outcome::Lost(error.to_string()),
    };
    let status = answer.status().as_u16();
    let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let content_type = header("content-type").unwrap_or_default();
    let retry_after = header("retry-after").and_then(|seconds| seconds.parse().ok());
    let replayed = header("idempotent-replayed").is_some_and(|value| value == "true");
    match answer.text().await {
        Ok(body) => Outcome::Answered(Answer { status, content_type, retry_after, replayed, body }),
        Err(error) => Outcome::Lost(error.to_string()),
    }
}
