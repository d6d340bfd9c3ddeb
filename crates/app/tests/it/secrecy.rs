//! No secret, and nothing that names a customer, is read where it does not belong: in the log, the metrics, a trace, an
//! answer, a panic, or a table that is not kept for it.

use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;

use reqwest::{Method, RequestBuilder};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};

use crate::house::qris;
use crate::served::Served;
use crate::traces::Collector;

const PAYMENTS: &str = "/api/v1/pos/payments";
/// What the gateway is given.
const SETTINGS: [(&str, &str); 9] = [
    ("SYSTEM_JWT_SECRET", "canary-system-jwt-secret-0123456789abcdef"),
    ("LINK_SECRET", "canary-link-secret-0123456789abcdef01234567"),
    ("ACCOUNT_KEY", "Y2FuYXJ5LWFjY291bnQta2V5LTAxMjM0NTY3ODlhYmM="),
    ("ACCOUNT_KEY_PREVIOUS", "Y2FuYXJ5LWFjY291bnQta2V5LWJlZm9yZS0wMTIzNDU="),
    ("XENDIT_WEBHOOK_TOKEN_PREVIOUS", "canary-webhook-token-before"),
    ("JWT_KEYS", r#"[{"kid":"k1","algorithm":"HS256","key":"canary-named-jwt-secret-0123456789abcdef"}]"#),
    ("PROVIDER_ORDER", "xendit"),
    ("LOG_FILTER", "debug"),
    ("FAILPOINTS", "before_call=panic*1"),
];
/// What of these, and of the sandbox's, is a secret.
const OF_OURS: [&str; 8] = [
    "canary-system-jwt-secret",
    "canary-link-secret",
    "Y2FuYXJ5LWFjY291bnQta2V5",
    "canary-webhook-token-before",
    "canary-named-jwt-secret",
    mstore_pay_sandbox::XENDIT_KEY_DEFAULT,
    mstore_pay_sandbox::XENDIT_CALLBACK_TOKEN_DEFAULT,
    "canary-account-key",
];
/// What others send.
const OF_OTHERS: [&str; 7] = [
    "xnd_development_canary-of-an-account",
    "canary-webhook-secret-of-an-account",
    "canary-forged-webhook-token",
    "canary-bearer-that-is-none",
    "canary-token-in-the-query",
    "4111111111111111",
    "4111 1111 1111 1111",
];
/// How customers are reached and called.
const CUSTOMER: [&str; 3] = ["canary.siti@pelanggan.example.com", "Canary Siti Nurhaliza", "+6281234509876"];
/// Where those belong.
const TABLE_OF_CUSTOMERS: &str = "payment_details";

/// Everything that was answered.
#[derive(Default)]
struct Heard(String);

impl Heard {
    /// Sends it; gives the status and the body.
    async fn send(&mut self, call: RequestBuilder) -> (u16, Value) {
        let answer = call.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), format!("{:?}", answer.headers()));
        let text = answer.text().await.unwrap();
        self.0.push_str(&headers);
        self.0.push_str(&text);
        (status, serde_json::from_str(&text).unwrap_or_default())
    }

    async fn check(&mut self, call: RequestBuilder, status: u16) -> Value {
        let (told, body) = self.send(call).await;
        assert_eq!(told, status, "{body}");
        body
    }
}

fn sale_to_customer(order: &str, method: &str) -> Value {
    let mut sale = qris(order, 33_000);
    let [email, name, phone] = CUSTOMER;
    for (field, value) in [("method", method), ("customer_email", email), ("customer_name", name)] {
        sale[field] = json!(value);
    }
    sale["customer_phone"] = json!(phone);
    sale
}

/// Sells, and does what goes wrong; gives what is a secret only since then.
async fn a_day(served: &Served, heard: &mut Heard) -> Vec<String> {
    let post = |path: &str, body: &Value| served.call(Method::POST, path).json(body);
    heard.check(post(PAYMENTS, &sale_to_customer("TRX-1", "qris")), 503).await;
    let paid = heard.check(post(PAYMENTS, &sale_to_customer("TRX-2", "ovo")), 200).await;
    let shown = heard.check(post(PAYMENTS, &sale_to_customer("TRX-3", "qris")), 200).await;
    let page = shown["data"]["pay_page_url"].as_str().unwrap().to_owned();
    heard.check(served.bare(Method::GET, page.strip_prefix(&served.listen).unwrap()), 200).await;
    for field in ["description", "card_token_id", "customer_name", "card_number"] {
        let mut sale = qris("TRX-4", 33_000);
        sale[field] = json!(OF_OTHERS[5]);
        heard.check(post(PAYMENTS, &sale), 422).await;
    }
    heard.send(post(PAYMENTS, &json!({"order_code": "TRX-5", "card_number": OF_OTHERS[6], "cvv": "123"}))).await;
    let forged = served.bare(Method::POST, "/api/v1/webhook/xendit").header("x-callback-token", OF_OTHERS[2]);
    heard.check(forged.json(&json!({"id": "x"})), 401).await;
    heard.check(served.bare(Method::GET, PAYMENTS).bearer_auth(OF_OTHERS[3]), 401).await;
    heard.check(served.bare(Method::GET, &format!("{PAYMENTS}?access_token={}", OF_OTHERS[4])), 401).await;
    let pay = json!({"provider": "xendit", "order_code": "TRX-3"});
    reqwest::Client::builder()
        .build()
        .unwrap()
        .post(format!("{}/_control/pay", served.sandbox))
        .json(&pay)
        .send()
        .await
        .unwrap();
    let path = format!("{PAYMENTS}/{}", shown["data"]["payment_id"].as_str().unwrap());
    let told = heard.check(served.call(Method::GET, &format!("{path}?wait=10")), 200).await;
    assert_eq!(told["data"]["status"], "paid");
    heard.check(served.call(Method::GET, &format!("{path}/timeline")), 200).await;
    heard
        .check(
            served.call(Method::POST, &format!("{PAYMENTS}/{}/cancel", paid["data"]["payment_id"].as_str().unwrap())),
            200,
        )
        .await;
    heard.check(served.call(Method::GET, PAYMENTS), 200).await;
    heard.check(served.call(Method::GET, "/api/v1/pos/events"), 200).await;
    let account = json!({"provider": "xendit", "credential": OF_OTHERS[0], "webhook_secret": OF_OTHERS[1],
        "provider_merchant_id": "65f0aaaabbbbccccdddd0009"});
    heard.check(post("/api/v1/accounts", &account), 201).await;
    heard.check(served.call(Method::GET, "/api/v1/accounts"), 200).await;
    // Told this once, and meant to be.
    let endpoint = post("/api/v1/endpoints", &json!({"url": "https://shop.example/events"}));
    let endpoint: Value = endpoint.send().await.unwrap().json().await.unwrap();
    heard.check(served.call(Method::GET, "/api/v1/endpoints"), 200).await;
    vec![served.token.clone(), endpoint["data"]["secret"].as_str().unwrap().to_owned()]
}

/// Every row of the store but those of the table of customers, as text; bytes as well.
fn stored(file: &Path) -> String {
    let mut export = mstore_pay_sqlite::Export::open(file).unwrap();
    let mut text = String::new();
    for table in export.tables().unwrap().iter().filter(|table| *table != TABLE_OF_CUSTOMERS) {
        let take = |line: String| {
            let row: Value = serde_json::from_str(&line).unwrap();
            for cell in row.as_object().unwrap().values().filter_map(Value::as_str) {
                let bytes = data_encoding::HEXUPPER.decode(cell.as_bytes()).unwrap_or_default();
                text.extend([cell, "\n", &String::from_utf8_lossy(&bytes), "\n"]);
            }
            true
        };
        export.rows(table, take).unwrap();
    }
    text
}

#[test]
fn a_crash_leaves_no_memory_behind() {
    if std::fs::read_to_string("/proc/sys/kernel/core_pattern").is_ok_and(|to| to.starts_with('|')) {
        println!("left out: this machine hands memory to a program, which a gateway in production alone prevents");
        return;
    }
    let limit = getrlimit(Resource::Core);
    setrlimit(Resource::Core, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
    let ended = Served::start(&[], &[]).crash();
    assert!(ended.signal().is_some() && !ended.core_dumped(), "{ended}");
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_and_no_customer_is_read_where_it_does_not_belong() {
    let collector = Collector::open().await;
    let endpoint = collector.url();
    let traces = [("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str())];
    let served = Served::start(&[], &[&SETTINGS[..], &traces].concat());
    let mut heard = Heard::default();
    let since_then = a_day(&served, &mut heard).await;
    let metrics = served.bare(Method::GET, "/metrics").send().await.unwrap().text().await.unwrap();
    let (log, file, _folder) = served.end();
    let stored = stored(&file);
    let traces = String::from_utf8_lossy(&collector.bytes()).into_owned();
    let places = [("log", &log), ("metrics", &metrics), ("store", &stored), ("answers", &heard.0), ("traces", &traces)];
    let witnesses = ["panicked", "mstore_pay_panics_total", "TRX-2", "TRX-2", "xendit open"];
    for ((place, text), witness) in places.into_iter().zip(witnesses) {
        assert!(text.contains(witness), "{witness} is not in the {place}: nothing is looked at\n{text}");
    }
    let secrets = OF_OURS.iter().chain(&OF_OTHERS).copied().chain(since_then.iter().map(String::as_str));
    for secret in secrets.chain(CUSTOMER) {
        for (place, text) in places {
            let at = text.find(secret);
            let around = at.map(|at| text.get(at.saturating_sub(200)..).unwrap_or(text).chars().take(500).collect());
            assert_eq!(around, None::<String>, "{secret} is in the {place}");
        }
    }
}
