//! Back ends that hear of events: what they hear, in which order, and who looks after their endpoints.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use data_encoding::{HEXLOWER, HEXUPPER};
use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::Sha256;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};

use crate::house::{Call, House, MERCHANT, SOON, run};

const ENDPOINTS: &str = "/api/v1/endpoints";
const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

/// What a back end was told: its id, how it was signed, and the body as it came.
#[derive(Debug, Clone)]
struct Heard {
    id: String,
    seconds: String,
    signatures: Vec<String>,
    bytes: String,
}

/// A back end. While it is down it answers 503.
#[derive(Clone, Default)]
struct BackEnd {
    is_down: Arc<AtomicBool>,
    heard: Arc<Mutex<Vec<Heard>>>,
}

impl Respond for BackEnd {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        if self.is_down.load(Ordering::SeqCst) {
            return ResponseTemplate::new(503);
        }
        let header = |name: &str| request.headers[name].to_str().unwrap().to_owned();
        self.heard.lock().unwrap().push(Heard {
            id: header("webhook-id"),
            seconds: header("webhook-timestamp"),
            signatures: header("webhook-signature").split(' ').map(str::to_owned).collect(),
            bytes: String::from_utf8(request.body.clone()).unwrap(),
        });
        ResponseTemplate::new(204)
    }
}

impl BackEnd {
    fn heard(&self) -> Vec<Heard> {
        self.heard.lock().unwrap().clone()
    }

    /// Waits until it was told of so many events, each once or more.
    async fn until_told(&self, kind: &str, events: usize) -> Vec<Heard> {
        let deadline = Instant::now() + SOON * 3;
        loop {
            let heard = self.heard();
            let of_kind = heard.iter().filter(|one| one.body()["type"] == kind);
            let ids: std::collections::BTreeSet<&str> = of_kind.map(|one| one.id.as_str()).collect();
            if ids.len() >= events {
                return heard;
            }
            assert!(Instant::now() < deadline, "{} of {events} {kind} in time: {heard:?}", ids.len());
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

impl Heard {
    fn body(&self) -> Value {
        serde_json::from_str(&self.bytes).unwrap()
    }

    fn is_signed_with(&self, secret: &Value) -> bool {
        let secret = secret.as_str().unwrap().strip_prefix("whsec_").unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(&BASE64_STANDARD.decode(secret).unwrap()).unwrap();
        mac.update(format!("{}.{}.{}", self.id, self.seconds, self.bytes).as_bytes());
        let signature = format!("v1,{}", BASE64_STANDARD.encode(mac.finalize().into_bytes()));
        self.signatures.contains(&signature)
    }
}

/// A shop with a back end that is not told yet.
struct Shop {
    house: House,
    back_end: BackEnd,
    server: MockServer,
}

impl Shop {
    async fn open(more: &[&str]) -> Self {
        let key = format!("--account-key={KEY}");
        let house = House::open_with(&[&["--events-allow-loopback", key.as_str()], more].concat()).await;
        let (back_end, server) = (BackEnd::default(), MockServer::start().await);
        Mock::given(matchers::path("/events")).respond_with(back_end.clone()).mount(&server).await;
        Self { house, back_end, server }
    }

    fn url(&self) -> String {
        format!("{}/events", self.server.uri())
    }

    fn as_owner(&self, method: Method, path: &str) -> Call {
        self.house.bare(method, path).bearer(&self.house.token(MERCHANT, "L0_OWNER"))
    }

    async fn add(&self) -> Value {
        let asked = json!({"url": self.url(), "reason": "toko baru"});
        let answer = self.as_owner(Method::POST, ENDPOINTS).json(&asked).send().await;
        answer.expect_status(201);
        answer.data()
    }

    async fn change(&self, endpoint: &Value, what: &str, body: &Value) -> Value {
        let path = format!("{ENDPOINTS}/{}/{what}", endpoint["id"].as_str().unwrap());
        let answer = self.as_owner(Method::POST, &path).json(body).send().await;
        answer.expect_status(200);
        answer.data()
    }

    async fn sell(&self, order: &str) -> Value {
        let payment = self.house.pay_by_qris(order, 33_000).await;
        self.house.customer_pays(order, true).await;
        self.house.until_status(&payment["payment_id"], "paid").await
    }
}

/// Whether a secret is in the tables as it is, however bytes are spelled there.
fn is_kept_open(house: &House, secret: &str) -> bool {
    let kept = format!("{:?}", house.rows("event_endpoints"));
    assert!(kept.contains("shop.example") || kept.contains("127.0.0.1"), "{kept}");
    let bytes = secret.as_bytes();
    let lists = serde_json::to_string(bytes).unwrap();
    let spelled =
        [secret.to_owned(), HEXLOWER.encode(bytes), HEXUPPER.encode(bytes), BASE64_STANDARD.encode(bytes), lists];
    spelled.iter().any(|spelled| kept.contains(spelled.trim_matches(['[', ']'])))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_hears_of_a_payment_as_tills_see_it_signed_and_in_order() {
    let shop = Shop::open(&[]).await;
    shop.sell("TRX-0").await;
    let added = shop.add().await;
    let paid = shop.sell("TRX-1").await;
    let heard = shop.back_end.until_told("payment.paid", 1).await;
    let event = heard.iter().find(|one| one.body()["type"] == "payment.paid").unwrap();
    let body = event.body();
    assert_eq!(body["id"], event.id.as_str());
    assert_eq!((&body["merchant_id"], &body["status"]), (&json!(MERCHANT), &json!("paid")));
    for field in ["payment_id", "order_code", "status", "amount", "currency", "method", "paid_at", "payer"] {
        assert_eq!(body["data"][field], paid[field], "{field}");
    }
    assert!(heard.iter().all(|one| one.is_signed_with(&added["secret"])), "{heard:?}");
    assert!(heard.iter().all(|one| one.body()["data"]["order_code"] == "TRX-1"), "not what was before: {heard:?}");
    let places: Vec<u64> = heard.iter().map(|one| one.body()["revision"].as_u64().unwrap()).collect();
    assert!(places.is_sorted(), "{places:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_back_end_that_was_down_hears_everything_in_order_when_it_is_back() {
    let shop = Shop::open(&["--time-scale=10"]).await;
    shop.add().await;
    shop.back_end.is_down.store(true, Ordering::SeqCst);
    for order in 0..4 {
        shop.sell(&format!("TRX-{order}")).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(shop.back_end.heard().len(), 0);
    let metrics = shop.house.bare(Method::GET, "/metrics").send().await;
    let metrics = String::from_utf8(metrics.bytes.clone()).unwrap();
    // What they stand at is of every gateway in this process.
    for name in ["dispatches_waiting ", "dispatches_oldest_age_seconds ", "endpoints{state=\"enabled\"} "] {
        assert!(metrics.contains(&format!("\nmstore_pay_{name}")), "{name}: {metrics}");
    }
    shop.back_end.is_down.store(false, Ordering::SeqCst);
    let heard = shop.back_end.until_told("payment.paid", 4).await;
    let mut places: BTreeMap<String, Vec<u64>> = BTreeMap::new();
    for one in &heard {
        let body = one.body();
        let of_payment = places.entry(body["data"]["payment_id"].to_string()).or_default();
        of_payment.push(body["revision"].as_u64().unwrap());
    }
    assert_eq!(places.len(), 4, "{places:?}");
    assert!(places.values().all(|of_payment| of_payment.is_sorted()), "{places:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_rotate_with_an_overlap_and_a_disabled_endpoint_hears_nothing() {
    let shop = Shop::open(&[]).await;
    let first = shop.add().await;
    let second = shop.change(&first, "rotate", &json!({"reason": "kunci bocor"})).await;
    assert!(second["previous_signs_until"].is_string(), "{second}");
    for secret in [&first["secret"], &second["secret"]] {
        assert!(!is_kept_open(&shop.house, secret.as_str().unwrap()), "both are sealed at rest");
    }
    shop.sell("TRX-1").await;
    let heard = shop.back_end.until_told("payment.paid", 1).await;
    for secret in [&first["secret"], &second["secret"]] {
        assert!(heard.iter().all(|one| one.is_signed_with(secret)), "{heard:?}");
    }
    assert_eq!(shop.change(&first, "disable", &json!({"reason": "server pindah"})).await["state"], "disabled");
    tokio::time::sleep(Duration::from_secs(1)).await;
    let so_far = shop.back_end.heard().len();
    shop.sell("TRX-2").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(shop.back_end.heard().len(), so_far, "it is disabled");
    assert_eq!(shop.change(&first, "enable", &json!({})).await["state"], "enabled");
    shop.back_end.until_told("payment.paid", 2).await;
    let path = format!("{ENDPOINTS}/{}", first["id"].as_str().unwrap());
    let read = shop.as_owner(Method::GET, &path).send().await.data();
    let history = read["history"].as_array().unwrap();
    let history: Vec<(&Value, Option<&Value>)> = history.iter().map(|one| (&one["what"], one.get("reason"))).collect();
    let want = [
        ("added", Some("toko baru")),
        ("rotated", Some("kunci bocor")),
        ("disabled", Some("server pindah")),
        ("enabled", None),
    ];
    let want = want.map(|(what, why)| (json!(what), why.map(|why| json!(why))));
    assert_eq!(history, want.each_ref().map(|(what, why)| (what, why.as_ref())), "{read}");
    assert!(!read.to_string().contains("whsec_"), "{read}");
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_their_owners_and_lead_into_no_private_network() {
    let house = House::open_with(&[&format!("--account-key={KEY}")]).await;
    let owner = house.token(MERCHANT, "L0_OWNER");
    let add = |body: Value| house.bare(Method::POST, ENDPOINTS).bearer(&owner).json(&body);
    for url in [
        "http://shop.example/events",
        "https://127.0.0.1/events",
        "https://localhost/events",
        "https://169.254.169.254/latest/meta-data",
        "https://[::1]/",
        "https://10.0.0.8/",
        "https://key@shop.example/",
        "https://shop.example:8443/",
        "ftp://shop.example/",
    ] {
        let problem = add(json!({"url": url})).check(422, "invalid_field").await.json();
        assert_eq!(problem["errors"][0]["pointer"], "/url", "{url}: {problem}");
    }
    add(json!({})).check(422, "invalid_field").await;
    let unsaid = add(json!({"url": "https://shop.example/events", "reason": " "})).check(422, "invalid_field").await;
    assert_eq!(unsaid.json()["errors"][0]["pointer"], "/reason");
    house.as_cashier_of(MERCHANT, Method::GET, ENDPOINTS).check(403, "forbidden").await;
    house.bare(Method::GET, ENDPOINTS).check(401, "unauthorized").await;
    let added = add(json!({"url": "https://shop.example/events", "branch_id": "B1"})).send().await;
    added.expect_status(201);
    let added = added.data();
    let path = format!("{ENDPOINTS}/{}", added["id"].as_str().unwrap());
    let as_other = |method, path: &str| house.bare(method, path).bearer(&house.token("M2", "L0_OWNER"));
    as_other(Method::GET, &path).check(404, "not_found").await;
    as_other(Method::POST, &format!("{path}/enable")).check(404, "not_found").await;
    house.bare(Method::GET, &format!("{ENDPOINTS}/ep_1")).bearer(&owner).check(404, "not_found").await;
    let of_branch = house.token_of(MERCHANT, Some("B2"), "L0_OWNER");
    house.bare(Method::GET, &path).bearer(&of_branch).check(404, "not_found").await;
    let listed = house.bare(Method::GET, ENDPOINTS).bearer(&owner).send().await.data();
    assert_eq!(listed["items"].as_array().unwrap().len(), 1, "{listed}");
    assert!(!listed.to_string().contains("whsec_"), "{listed}");
    assert!(!is_kept_open(&house, added["secret"].as_str().unwrap()), "sealed at rest");
    for _ in 1..16 {
        add(json!({"url": "https://shop.example/events"})).send().await.expect_status(201);
    }
    add(json!({"url": "https://shop.example/events"})).check(409, "too_many_endpoints").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_key_there_are_no_endpoints() {
    let house = House::open().await;
    let call = house.bare(Method::POST, ENDPOINTS).bearer(&house.token(MERCHANT, "L0_OWNER"));
    call.json(&json!({"url": "https://shop.example/events"})).check(409, "accounts_not_set_up").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn endpoints_are_looked_after_from_the_command_line() {
    let mut house = House::open().await;
    house.stop().await;
    let url = house.database_url();
    let endpoint = |verb: &str, more: &[&str]| {
        let key = format!("--account-key={KEY}");
        let start = ["endpoint", verb, "--app-env=test", "--database-url", &url, &key];
        run(&[&start, more].concat())
    };
    let ok = |verb: &str, more: &[&str]| {
        let (done, said) = endpoint(verb, more);
        assert!(done, "{verb}: {said}");
        said
    };
    let (done, said) = endpoint("add", &["--merchant=M1", "--url=http://127.0.0.1:9/"]);
    assert!(!done && said.contains("must be https"), "{said}");
    let said = ok("add", &["--merchant=M1", "--branch=B1", "--url=https://shop.example/events", "--reason=toko baru"]);
    let id = said.split_whitespace().next().unwrap().to_owned();
    assert!(id.starts_with("ep_") && said.contains("whsec_"), "{said}");
    let which = ["--merchant=M1", &format!("--endpoint={id}")];
    let because = |why: &'static str| [&which[..], &["--reason", why]].concat();
    assert!(ok("rotate", &because("kunci bocor")).contains("whsec_"));
    assert!(ok("disable", &because("server pindah")).contains("disabled"));
    let listed = ok("list", &["--merchant=M1"]);
    assert!(listed.starts_with(&format!("M1 B1 {id} disabled - ")) && !listed.contains("whsec_"), "{listed}");
    assert!(ok("enable", &which).contains("enabled"));
    assert!(!endpoint("disable", &["--merchant=M2", &format!("--endpoint={id}")]).0, "it is another merchant's");
    assert_eq!(ok("list", &["--merchant=M2"]), "");
    let notes = house.rows("event_endpoint_notes");
    let reasons: Vec<&Value> = notes.iter().map(|note| &note["reason"]).collect();
    assert_eq!(reasons, [&json!("toko baru"), &json!("kunci bocor"), &json!("server pindah"), &Value::Null]);
}
