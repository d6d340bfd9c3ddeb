//! The bench: one gateway, and fresh payments for every case.

use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::canary::Canary;
use crate::case::{Case, Values};
use crate::rig::{Pay, Plan, Rig, StoreKind};
use crate::wire::Reply;
use crate::{Provider, effects, hygiene, jwt, rig, wire};

const PAYMENTS: &str = "/api/v1/pos/payments";
/// What every fixture costs.
pub(crate) const AMOUNT: i64 = 33_000;

pub(crate) struct Bench {
    pub(crate) rig: Rig,
    pub(crate) canary: Canary,
    http: reqwest::Client,
    /// What does not change from case to case.
    constants: Values,
    token_a: String,
    token_b: String,
    count: u32,
}

/// A payment of a fixture.
#[derive(Debug, Clone)]
pub(crate) struct Fixture {
    pub(crate) payment_id: String,
    pub(crate) reference: String,
    pub(crate) order_code: String,
}

impl Bench {
    /// A gateway on that store that opens charges there.
    pub(crate) async fn set_up(store: StoreKind, provider: Provider) -> Self {
        // Money is found by webhooks and by asking, never by the list: so that the webhook under test is what did it.
        let plan = Plan::over(store).listing_after(3_600_000);
        let plan = match provider {
            Provider::Xendit => plan,
            Provider::XenditV2 => plan.with("XENDIT_API", "v2"),
            Provider::Midtrans => plan.selling_at(&[rig::Provider::Midtrans]),
        };
        let rig = Rig::start(plan).await;
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(15)).build().expect("a client");
        let token_a = rig.token("M1", "L0_CASHIER");
        let token_b = rig.token("M2", "L0_CASHIER");
        let mut constants = jwt::broken(&token_a, &rig.secrets.jwt);
        let digest = Sha256::digest(rig.secrets.webhook_token.as_bytes());
        let hex = HEXLOWER.encode(&digest);
        for (name, value) in [
            ("TOKEN", token_a.clone()),
            ("TOKEN_VIEWER", rig.token("M1", "L0_VIEWER")),
            ("MERCHANT_B", "M2".to_owned()),
            ("MIDTRANS_SERVER_KEY", rig.secrets.midtrans_key.clone()),
            ("WEBHOOK_TOKEN", rig.secrets.webhook_token.clone()),
            ("WEBHOOK_TOKEN_PREVIOUS", rig.secrets.webhook_token_previous.clone()),
            ("WEBHOOK_TOKEN_SHA256", hex),
        ] {
            constants.insert(name.to_owned(), value);
        }
        let canary = Canary::listen().await;
        let mut bench = Self { rig, canary, http, constants, token_a, token_b, count: 0 };
        if provider == Provider::Midtrans {
            // It tells of every charge that is opened, and would come in between a case and what the inbox had before.
            let silent = json!({"provider": "midtrans", "operation": "webhook", "effect": "drop"});
            bench.rig.control.faults(&json!([silent])).await;
            return bench;
        }
        let paid = bench.payment("TRX-PAID", &bench.token_a.clone(), None).await;
        bench.rig.control.pay(&paid.reference, &Pay::default()).await;
        let told = bench.await_paid(&paid).await;
        assert_eq!(told["status"], "paid", "the paid fixture: {told}");
        bench.constants.insert("REF_PAID".to_owned(), paid.reference);
        bench
    }

    /// Tries one case and says what is wrong with it.
    pub(crate) async fn try_case(&mut self, case: &Case) -> Vec<String> {
        self.count += 1;
        let mut values = self.constants.clone();
        values.insert("UNIQ".to_owned(), format!("{:06}", self.count));
        let a = self.fixture_a(case, &mut values).await;
        self.fixture_b(case, &mut values).await;
        let before = effects::Before::of(self, case, a.as_ref()).await;
        let mut faults = Vec::new();
        if a.is_some() {
            effects::put_money_first(self, case, a.as_ref()).await;
        }
        let mut setup = Vec::new();
        for step in &case.setup {
            let reply = wire::send(&self.host(), step, &values).await;
            if !step.expect_status.contains(&reply.status) {
                faults.push(format!("setup {}", reply.status));
            }
            setup.push(reply);
        }
        effects::put_late_money(self, case, a.as_ref()).await;
        let reply: Reply = wire::send(&self.host(), &case.step, &values).await;
        let secrets = self.rig.secrets.clone();
        faults.extend(hygiene::faults(case, &reply, &values, &secrets.canaries()));
        for effect in &case.effects {
            let seen = effects::Seen { case, values: &values, a: a.as_ref(), setup: &setup, reply: &reply };
            if let Err(why) = effects::holds(self, effect, &seen, &before).await {
                faults.push(format!("{effect}: {why}"));
            }
        }
        if !self.is_alive().await {
            self.rig.start_gateway().await;
            faults.push("the gateway died".to_owned());
        }
        faults
    }

    async fn fixture_a(&mut self, case: &Case, values: &mut Values) -> Option<Fixture> {
        if !["{{REF_A}}", "{{EXT_A}}", "payment_A", "{{MID_ORDER_A}}", "{{MID_TXID_A}}", "payment_MA"]
            .iter()
            .any(|name| case.line.contains(name))
        {
            return None;
        }
        let a = self.payment(&format!("TRX-A-{}", self.count), &self.token_a.clone(), None).await;
        values.insert("REF_A".to_owned(), a.reference.clone());
        values.insert("EXT_A".to_owned(), a.order_code.clone());
        values.insert("MID_TXID_A".to_owned(), a.reference.clone());
        values.insert("MID_ORDER_A".to_owned(), self.at_the_provider(&a).await);
        Some(a)
    }

    async fn fixture_b(&mut self, case: &Case, values: &mut Values) {
        if !case.line.contains("_B}}") && !case.line.contains("payment_B") {
            return;
        }
        let key = format!("key-of-b-{}", self.count);
        let b: Fixture = self.payment(&format!("TRX-B-{}", self.count), &self.token_b.clone(), Some(&key)).await;
        let at_the_provider = self.at_the_provider(&b).await;
        values.insert("MID_ORDER_B".to_owned(), at_the_provider);
        for (name, value) in [("REF_B", b.reference), ("EXT_B", b.order_code), ("PAY_B", b.payment_id), ("IDEM_B", key)]
        {
            values.insert(name.to_owned(), value);
        }
    }

    async fn payment(&self, order_code: &str, token: &str, key: Option<&str>) -> Fixture {
        let body = json!({"order_code": order_code, "method": "qris", "amount": AMOUNT, "currency": "IDR"});
        let mut request = self.http.post(self.url(PAYMENTS)).bearer_auth(token).json(&body);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let data = read(request).await.1["data"].take();
        let text = |name: &str| data[name].as_str().unwrap_or_else(|| panic!("no {name} in {data}")).to_owned();
        Fixture { payment_id: text("payment_id"), reference: text("reference_id"), order_code: order_code.to_owned() }
    }

    /// The customer pays it, and nobody is told.
    pub(crate) async fn pay_silently(&self, fixture: &Fixture) {
        let silent = Pay { silent: true, ..Pay::default() };
        self.rig.control.pay(&fixture.reference, &silent).await;
    }

    /// Our reference of its charge: at Midtrans, the order id.
    async fn at_the_provider(&self, fixture: &Fixture) -> String {
        let charges = self.rig.control.charges().await;
        charges.into_iter().find(|charge| charge.id == fixture.reference).expect("it was opened").reference
    }

    /// Asks for a payment as merchant A, whatever comes of it; the status of the answer.
    pub(crate) async fn create_as_a(&self, body: &Value) -> u16 {
        read(self.http.post(self.url(PAYMENTS)).bearer_auth(&self.token_a).json(body)).await.0
    }

    /// The payment as merchant A is told of it; the status of the answer, and its `data`.
    pub(crate) async fn get_as_a(&self, reference: &str) -> (u16, Value) {
        let (status, mut body) =
            read(self.http.get(self.url(&format!("{PAYMENTS}/{reference}"))).bearer_auth(&self.token_a)).await;
        (status, body["data"].take())
    }

    pub(crate) async fn get_as_b(&self, reference: &str) -> (u16, Value) {
        let (status, mut body) =
            read(self.http.get(self.url(&format!("{PAYMENTS}/{reference}"))).bearer_auth(&self.token_b)).await;
        (status, body["data"].take())
    }

    /// What merchant A is told there: the answer's `data`.
    pub(crate) async fn read_as_a(&self, path: &str) -> Value {
        read(self.http.get(self.url(path)).bearer_auth(&self.token_a)).await.1["data"].take()
    }

    /// Merchant A's exceptions about that payment.
    pub(crate) async fn exceptions_of(&self, payment_id: &str) -> Vec<Value> {
        let (_, body) =
            read(self.http.get(self.url("/api/v1/pos/exceptions?limit=100")).bearer_auth(&self.token_a)).await;
        let data = &body["data"];
        let all = data["items"].as_array().or_else(|| data.as_array()).cloned();
        let all = all.unwrap_or_else(|| panic!("exceptions: {body}"));
        all.into_iter().filter(|exception| exception["payment_id"] == payment_id).collect()
    }

    pub(crate) async fn await_paid(&self, fixture: &Fixture) -> Value {
        let mut told = Value::Null;
        for _ in 0..50 {
            told = self.get_as_a(&fixture.payment_id).await.1;
            if told["status"] == "paid" {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        told
    }

    /// What holds for the whole run: no payment is paid without money, and no card number was kept.
    pub(crate) async fn look_back(&mut self) -> Vec<String> {
        effects::look_back(self).await
    }

    pub(crate) fn host(&self) -> String {
        self.url("").trim_start_matches("http://").to_owned()
    }

    pub(crate) async fn is_alive(&self) -> bool {
        self.http.get(self.url("/healthz")).send().await.is_ok_and(|answer| answer.status().is_success())
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.rig.gateway_url.read().expect("a lock nobody panics under"))
    }
}

async fn read(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.expect("the gateway answers");
    let status = answer.status().as_u16();
    (status, answer.json().await.unwrap_or_default())
}
