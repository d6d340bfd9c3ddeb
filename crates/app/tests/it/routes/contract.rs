//! No answer has a field that the document does not name.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use super::document::{Route, routes};
use super::stock::{ACCOUNT_KEY, DEVICE, Stock, body};
use crate::house::{Answer, Call, House, MERCHANT, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";
const TRANSACTIONS: &str = "/api/v1/transactions";
const SYNC: &str = "/api/v1/pos/offline/batch-sync";
/// A merchant without an account of its own.
const SELLER: &str = "M3";

/// The document, and what was answered so far that it speaks of.
struct Contract<'a> {
    house: &'a House,
    document: Value,
    /// `GET /healthz 200`
    answered: BTreeSet<String>,
    /// Fields and answers that it does not speak of.
    unnamed: BTreeSet<String>,
}

impl<'a> Contract<'a> {
    async fn of(house: &'a House) -> Self {
        let document = house.bare(Method::GET, "/openapi.json").send().await.json();
        Self { house, document, answered: BTreeSet::new(), unnamed: BTreeSet::new() }
    }

    /// The route that a path is of, as the document spells it.
    fn route(&self, path: &str) -> &str {
        let path = path.split('?').next().unwrap_or_default();
        let fits = |route: &&String| {
            route.split('/').count() == path.split('/').count()
                && route.split('/').zip(path.split('/')).all(|(name, part)| name == part || name.starts_with('{'))
        };
        let routes = self.document["paths"].as_object().unwrap().keys();
        // The one with the fewest names to fill: `/pay/return` is no token.
        routes.filter(fits).min_by_key(|route| route.matches('{').count()).expect("a route of the document")
    }

    /// Sends a call, and holds what comes against the document.
    async fn check(&mut self, method: &Method, path: &str, call: Call) -> Answer {
        let answer = call.send().await;
        let (verb, status) = (method.to_string(), answer.status.as_u16().to_string());
        let route = self.route(path).to_owned();
        let what = format!("{verb} {route} {status}");
        let told = &self.document["paths"][&route][verb.to_lowercase()]["responses"][&status];
        let kind = answer.header("content-type").split(';').next().unwrap_or_default().to_owned();
        let unnamed = match &told["content"][&kind]["schema"] {
            _ if told.is_null() => vec!["the whole answer".to_owned()],
            Value::Null if answer.bytes.is_empty() => Vec::new(),
            Value::Null => vec![format!("a body of {kind}")],
            schema if kind.ends_with("json") => self.unnamed_in(&[schema], &answer.json(), ""),
            _ => Vec::new(),
        };
        self.unnamed.extend(unnamed.into_iter().map(|field| format!("{what}: {field}")));
        self.answered.insert(what);
        answer
    }

    /// Calls as the owner of a merchant.
    async fn call(&mut self, merchant: &str, method: Method, path: &str, body: &Value) -> Answer {
        let call = self.house.owner(merchant, method.clone(), path).header("x-device-id", DEVICE);
        let call = if body.is_null() { call } else { call.json(body) };
        self.check(&method, path, call).await
    }

    async fn get(&mut self, path: &str) -> Answer {
        self.call(SELLER, Method::GET, path, &Value::Null).await
    }

    async fn post(&mut self, path: &str, body: &Value) -> Answer {
        self.call(SELLER, Method::POST, path, body).await
    }

    /// What a schema consists of: itself, what it refers to, and each of which it is made or one of which it is.
    fn parts<'b>(&'b self, schema: &'b Value, parts: &mut Vec<&'b Value>) {
        if let Some(name) = schema["$ref"].as_str() {
            let name = name.strip_prefix("#/components/schemas/").unwrap();
            return self.parts(&self.document["components"]["schemas"][name], parts);
        }
        parts.push(schema);
        for several in ["allOf", "oneOf", "anyOf"] {
            schema[several].as_array().into_iter().flatten().for_each(|one| self.parts(one, parts));
        }
    }

    /// Every field of the value that none of the schemas names.
    fn unnamed_in(&self, schemas: &[&Value], value: &Value, at: &str) -> Vec<String> {
        let mut parts = Vec::new();
        for schema in schemas {
            self.parts(schema, &mut parts);
        }
        match value {
            Value::Object(fields) if !is_free(&parts) => {
                fields.iter().flat_map(|(name, value)| self.unnamed_as(&parts, name, value, at)).collect()
            }
            Value::Array(items) if !is_free(&parts) => {
                let of_items: Vec<&Value> = parts.iter().filter_map(|part| part.get("items")).collect();
                items.iter().flat_map(|item| self.unnamed_in(&of_items, item, &format!("{at}[]"))).collect()
            }
            _ => Vec::new(),
        }
    }

    /// The field itself, if none of the parts names it, and else what is within it.
    fn unnamed_as(&self, parts: &[&Value], name: &str, value: &Value, at: &str) -> Vec<String> {
        let named =
            parts.iter().filter_map(|part| part["properties"].get(name).or_else(|| part.get("additionalProperties")));
        let (named, at): (Vec<&Value>, String) = (named.collect(), format!("{at}.{name}"));
        if named.is_empty() { vec![at] } else { self.unnamed_in(&named, value, &at) }
    }
}

/// Whether the document says no more than that something is there, or that it is an object.
fn is_free(parts: &[&Value]) -> bool {
    let says = ["properties", "additionalProperties", "items"];
    !parts.iter().any(|part| says.iter().any(|word| part.get(word).is_some()))
}

/// Sells, and goes wrong in every way that has an answer of its own.
async fn sell(contract: &mut Contract<'_>) {
    let order = |code: &str, total: u32| json!({"transaction_code": code, "grand_total": total});
    contract.post(TRANSACTIONS, &order("TRX-1", 33_000)).await.expect_status(201);
    contract.post(TRANSACTIONS, &order("TRX-1", 34_000)).await.expect_status(409);
    contract.post(PAYMENTS, &qris("TRX-1", 32_000)).await.expect_status(422);
    contract.post(PAYMENTS, &qris("TRX-0", 20_000_000)).await.expect_status(422);
    contract.post(PAYMENTS, &json!({"method": "barter"})).await.expect_status(422);
    let shown = contract.post(PAYMENTS, &qris("TRX-1", 33_000)).await;
    shown.expect_status(200);
    let path = format!("{PAYMENTS}/{}", shown.data()["payment_id"].as_str().unwrap());
    for drawn in ["/qr.svg", "/qr.png"] {
        contract.get(&format!("{path}{drawn}")).await.expect_status(200);
    }
    contract.house.customer_pays("TRX-1", true).await;
    let paid = contract.get(&format!("{path}?wait=10")).await;
    assert_eq!(paid.data()["status"], "paid");
    contract.post(PAYMENTS, &qris("TRX-1", 33_000)).await.expect_status(409);
    contract.post(&format!("{path}/cancel"), &Value::Null).await.expect_status(409);
    contract.get(&path).await.expect_status(200);
    contract.get(&format!("{path}/timeline")).await.expect_status(200);
    contract.post(&format!("{TRANSACTIONS}/TRX-1/cash"), &json!({"amount": 33_000})).await.expect_status(409);
    contract.post(&format!("{TRANSACTIONS}/TRX-1/sync"), &Value::Null).await.expect_status(200);
    for (number, method) in ["dana", "bca_va", "credit_card", "ovo"].into_iter().enumerate() {
        let mut sale = qris(&format!("TRX-OF-{number}"), 33_000);
        sale["method"] = json!(method);
        sale["customer_phone"] = json!("081234567890");
        contract.post(PAYMENTS, &sale).await;
    }
    let simulated = contract.post(PAYMENTS, &qris("TRX-2", 33_000)).await.data();
    let simulate = format!("{PAYMENTS}/{}/simulate", simulated["payment_id"].as_str().unwrap());
    contract.post(&simulate, &json!({"amount": 33_000})).await.expect_status(200);
    contract.post(TRANSACTIONS, &order("TRX-3", 7_000)).await.expect_status(201);
    contract.post(&format!("{TRANSACTIONS}/TRX-3/cash"), &json!({"amount": 7_000})).await.expect_status(200);
}

/// Reports what was done without a line: what fits, what does not, and what is none.
async fn report(contract: &mut Contract<'_>) {
    let cash = |amount: u32| {
        json!({"offline_reference": "U-20251013-1", "order_code": "TRX-9", "method": "cash", "amount": amount,
            "currency": "IDR", "created_at_device": "2025-10-13T10:30:00Z"})
    };
    for amount in [10_000, 20_000] {
        let batch = json!({"device_id": DEVICE, "payments": [cash(amount), {"offline_reference": "U"}]});
        contract.post(SYNC, &batch).await.expect_status(200);
    }
    contract.post(SYNC, &json!({})).await.expect_status(422);
}

/// Whoever needs no token, and whoever has none.
async fn ask_without_a_token(contract: &mut Contract<'_>) {
    for path in ["/readyz?verbose", "/healthz", "/openapi.json", "/docs", "/metrics", "/problems", "/pay/return"] {
        let call = contract.house.bare(Method::GET, path);
        contract.check(&Method::GET, path, call).await.expect_status(200);
    }
    let webhook = "/api/v1/webhook/xendit";
    let call = contract.house.xendit_calls(&json!({"id": "x", "external_id": "y", "status": "PAID", "amount": 1}));
    contract.check(&Method::POST, webhook, call).await.expect_status(200);
    for route in routes(contract.house).await {
        let path = route.filled(|_| "nothing".to_owned());
        contract.check(&route.method(), &path, route.blind(contract.house)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_answer_has_a_field_that_the_document_does_not_name() {
    let house = House::open_with(&[ACCOUNT_KEY, "--merchant-rate-limit=off"]).await;
    let mut contract = Contract::of(&house).await;
    sell(&mut contract).await;
    report(&mut contract).await;
    ask_without_a_token(&mut contract).await;
    let stock = Stock::of_a_merchant(&house).await;
    let account = json!({"provider": "xendit", "credential": "xnd_development_of-the-second",
        "webhook_secret": "webhooks-of-the-second", "methods": ["qris"]});
    let made = contract.call("M4", Method::POST, "/api/v1/accounts", &account).await;
    made.expect_status(201);
    let door = format!("/api/v1/webhook/xendit/{}", made.data()["id"].as_str().unwrap());
    let call = house.bare(Method::POST, &door).header("x-callback-token", "webhooks-of-the-second");
    let told = json!({"id": "x", "external_id": "y", "status": "PAID", "amount": 1});
    contract.check(&Method::POST, &door, call.json(&told)).await.expect_status(200);
    // Those go on until there is nothing more to tell; they are no JSON.
    let all: Vec<_> =
        routes(&house).await.into_iter().filter(|route| !route.path.ends_with("{reference}/events")).collect();
    for route in all.iter().filter(|route| route.is_guarded) {
        for path in stock.paths(route) {
            let asked = if route.verb == "POST" { body(route) } else { Value::Null };
            contract.call(MERCHANT, route.method(), &path, &asked).await;
        }
    }
    assert_eq!(contract.unnamed, BTreeSet::new(), "told, and not in the document");
    // It has been seen of every route what it tells if all goes well; links and streams apart, which are no JSON.
    let answered = |route: &Route| {
        let well = format!("{} {} 2", route.verb, route.path);
        contract.answered.iter().any(|what| what.starts_with(&well))
    };
    let apart = |route: &Route| route.path.starts_with("/pay/{") || route.path == "/problems/{code}";
    let unseen: Vec<_> = all.iter().filter(|route| route.verb != "HEAD" && !apart(route) && !answered(route)).collect();
    assert!(unseen.is_empty(), "nobody saw these go well: {unseen:?}");
}
