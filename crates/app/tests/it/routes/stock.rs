//! One of everything that a merchant can have, so that each route has something to be about.

use reqwest::Method;
use serde_json::{Value, json};

use super::document::Route;
use crate::house::{Answer, Call, House, MERCHANT, qris};

/// What a house is to be given so that merchants can have accounts of their own.
pub(super) const ACCOUNT_KEY: &str = "--account-key=AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(super) const DEVICE: &str = "till-of-the-first";

/// What a merchant has that others could name, by the name that paths have for it.
pub(super) struct Stock(Vec<(&'static str, String)>);

impl House {
    pub(super) fn owner(&self, merchant: &str, method: Method, path: &str) -> Call {
        self.bare(method, path).bearer(&self.token(merchant, "L0_OWNER"))
    }

    pub(super) async fn done(&self, path: &str, body: &Value) -> Value {
        let answer = self.owner(MERCHANT, Method::POST, path).json(body).send().await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        answer.data()
    }

    async fn cash_sale(&self, order: &str, amount: u32) -> Value {
        let sale = json!({"offline_reference": "T-20251013-1", "order_code": order, "method": "cash",
            "amount": amount, "currency": "IDR", "created_at_device": "2025-10-13T10:30:00Z"});
        let batch = json!({"device_id": DEVICE, "synced_at": "2025-10-13T11:00:00Z", "payments": [sale]});
        self.done("/api/v1/pos/offline/batch-sync", &batch).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}

impl Stock {
    /// One of everything.
    pub(super) async fn of_a_merchant(house: &House) -> Self {
        let payment = house.pay_by_qris("ORDER-OF-THE-FIRST", 33_000).await;
        house
            .done("/api/v1/transactions", &json!({"transaction_code": "SALE-OF-THE-FIRST", "grand_total": 7000}))
            .await;
        let late = house.pay_by_qris("LATE-OF-THE-FIRST", 33_000).await;
        house.done(&format!("/api/v1/pos/payments/{}/cancel", text(&late["payment_id"])), &json!({})).await;
        house.customer_pays_late("LATE-OF-THE-FIRST").await;
        let exception = house.first_exception().await;
        house.cash_sale("CASH-OF-THE-FIRST", 10_000).await;
        let told = house.cash_sale("CASH-OF-THE-FIRST", 20_000).await;
        let endpoint = house.done("/api/v1/endpoints", &json!({"url": "https://first.example/events"})).await;
        // Last: whoever has an account of their own sells under no other.
        let asked = json!({"provider": "xendit", "credential": "xnd_development_of-the-first",
            "webhook_secret": "webhooks-of-the-first", "provider_merchant_id": "65f0aaaabbbbccccdddd0009"});
        let account = house.done("/api/v1/accounts", &asked).await;
        Self(vec![
            ("reference", text(&payment["payment_id"])),
            ("reference", text(&payment["reference_id"])),
            ("reference", text(&late["payment_id"])),
            ("code", "SALE-OF-THE-FIRST".to_owned()),
            ("code", "CASH-OF-THE-FIRST".to_owned()),
            ("exception", text(&exception["id"])),
            ("conflict", text(&told["conflicts"][0]["conflict_id"])),
            ("device", DEVICE.to_owned()),
            ("endpoint", text(&endpoint["id"])),
            ("account", text(&account["id"])),
        ])
    }

    /// The route's path for each thing that it could be about.
    pub(super) fn paths(&self, route: &Route) -> Vec<String> {
        if !route.names_something() {
            return vec![route.path.clone()];
        }
        let of_provider = |name: &str| (name == "provider").then(|| "xendit".to_owned());
        let fill = |(known, id): &(&str, String)| {
            let with = |name: &str| of_provider(name).unwrap_or_else(|| id.clone());
            route.path.contains(&format!("{{{known}}}")).then(|| route.filled(with))
        };
        let paths: Vec<String> = self.0.iter().filter_map(fill).collect();
        assert!(!paths.is_empty(), "nothing to put into {route:?}");
        paths
    }

    /// What of it is in none of these texts.
    pub(super) fn missing_in(&self, texts: &[String]) -> Vec<&str> {
        let ids = self.0.iter().map(|(_, id)| id.as_str());
        ids.filter(|id| !texts.iter().any(|text| text.contains(*id))).collect()
    }

    /// Whatever of it is told to somebody who did not say it.
    pub(super) fn told_in(&self, answer: &Answer, asked: &str) -> Vec<&str> {
        let body = String::from_utf8_lossy(&answer.bytes);
        let told = |id: &&str| body.contains(*id) && !asked.contains(*id);
        self.0.iter().map(|(_, id)| id.as_str()).chain(["OF-THE-FIRST", "first.example"]).filter(told).collect()
    }
}

/// A body that the route takes.
pub(super) fn body(route: &Route) -> Value {
    let last = route.path.rsplit('/').next().unwrap_or_default();
    match last {
        "payments" => qris("ORDER-OF-THE-OTHER", 20_000),
        "transactions" => json!({"transaction_code": "SALE-OF-THE-OTHER", "grand_total": 7000}),
        "simulate" | "cash" => json!({"amount": 33_000}),
        "resolve" if route.path.contains("conflict") => json!({"resolution": "merge", "reason": "why not"}),
        "resolve" => json!({"resolution": "accept", "reason": "why not"}),
        "rotate" if route.path.contains("account") => {
            json!({"webhook_secret": "of-the-other-from-now-on", "reason": "why not"})
        }
        "endpoints" => json!({"url": "https://other.example/events"}),
        "void" | "disable" | "enable" | "rotate" => json!({"reason": "why not"}),
        _ => json!({}),
    }
}
