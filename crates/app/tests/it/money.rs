//! Money that does not fit is told of; why a payment stands where it stands is told, too.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::json;

use crate::house::{House, SOON};

/// From a cancel to money that is late: the provider's clock, which tells milliseconds, and the database's agree on which
/// came first.
const APART: Duration = Duration::from_millis(50);

impl House {
    /// The customer pays, without a word of it, what was called off before.
    pub(crate) async fn customer_pays_late(&self, order: &str) {
        tokio::time::sleep(APART).await;
        self.customer_pays(order, true).await;
    }

    /// The newest exception, once there is one.
    pub(crate) async fn first_exception(&self) -> serde_json::Value {
        let deadline = Instant::now() + SOON;
        loop {
            let data = self.get("/api/v1/pos/exceptions").send().await.data();
            if let Some(first) = data["items"].as_array().and_then(|items| items.first()) {
                return first.clone();
            }
            assert!(Instant::now() < deadline, "no exception was raised");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn money_after_a_cancel_is_taken_in_and_flagged() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("/api/v1/pos/payments/{}/cancel", payment["payment_id"].as_str().unwrap());
    house.post(&path).send().await.expect_status(200);
    house.customer_pays_late("TRX-1").await;
    house.until_status(&payment["payment_id"], "paid").await;
    let exception = house.first_exception().await;
    assert_eq!((&exception["kind"], &exception["state"]), (&json!("late_paid"), &json!("open")), "{exception}");
    assert!(exception["next_step"].as_str().is_some_and(|text| !text.is_empty()), "{exception}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_says_what_became_of_money_that_does_not_fit_and_nobody_else_does() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("/api/v1/pos/payments/{}", payment["payment_id"].as_str().unwrap());
    house.post(&format!("{path}/cancel")).send().await.expect_status(200);
    house.customer_pays_late("TRX-1").await;
    let exception = house.first_exception().await;
    let resolve = format!("/api/v1/pos/exceptions/{}/resolve", exception["id"].as_str().unwrap());
    let word = json!({"resolution": "accept", "reason": "the goods were handed over"});
    let owner = house.token("M1", "L0_OWNER");
    let as_owner = |path: &str| house.bare(Method::POST, path).bearer(&owner);
    house.post(&resolve).json(&word).check(403, "forbidden").await;
    as_owner(&resolve).json(&json!({"resolution": "Accept!", "reason": "x"})).check(422, "invalid_field").await;
    as_owner(&resolve).json(&json!({"resolution": "accept", "reason": " "})).check(422, "invalid_field").await;
    let others = house.bare(Method::POST, &resolve).bearer(&house.token("M2", "L0_OWNER"));
    others.json(&word).check(404, "not_found").await;
    as_owner("/api/v1/pos/exceptions/7/resolve").json(&word).check(404, "not_found").await;
    for _ in 0..2 {
        let resolved = as_owner(&resolve).json(&word).send().await;
        resolved.expect_status(200);
        assert_eq!(resolved.data()["state"], "resolved");
    }
    let other_word = json!({"resolution": "refund", "reason": "the goods were gone"});
    as_owner(&resolve).json(&other_word).check(409, "invalid_state").await;
    let timeline = house.get(&format!("{path}/timeline")).send().await.data();
    let items = timeline["items"].as_array().unwrap().clone();
    let of_owner: Vec<_> = items.into_iter().filter(|item| item["kind"] == "exception_resolved").collect();
    assert_eq!(of_owner.len(), 1, "{timeline}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_timeline_tells_the_whole_story() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("/api/v1/pos/payments/{}/timeline", payment["payment_id"].as_str().unwrap());
    let pending = house.get(&path).header("accept-language", "en").send().await.data();
    assert_eq!(pending["sentence"], "Waiting for the customer to pay.");
    let next = pending["items"].as_array().unwrap().last().unwrap();
    assert_eq!(next["kind"], "next_check", "{pending}");
    assert!(next["at"].as_str() <= payment["expires_at"].as_str(), "{next} {payment}");
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    let paid = house.get(&path).header("accept-language", "en").send().await.data();
    assert_eq!(paid["sentence"], "The money has arrived.");
    let kinds: Vec<&str> =
        paid["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    for kind in ["payment_created", "charge_intended", "charge_opened", "receipt_recorded"] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    assert!(!kinds.contains(&"next_check"), "nobody waits for anything: {kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn exceptions_are_listed_page_by_page() {
    const EXCEPTIONS: &str = "/api/v1/pos/exceptions";
    let house = House::open().await;
    let mut want = Vec::new();
    for order in ["TRX-1", "TRX-2", "TRX-3"] {
        let payment = house.pay_by_qris(order, 33_000).await;
        let path = format!("/api/v1/pos/payments/{}/cancel", payment["payment_id"].as_str().unwrap());
        house.post(&path).send().await.expect_status(200);
        house.customer_pays_late(order).await;
        house.until_status(&payment["payment_id"], "paid").await;
        want.insert(0, json!(order));
    }
    let (mut orders, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let page = house.get(&format!("{EXCEPTIONS}?{query}")).send().await.data();
        let items = page["items"].as_array().unwrap();
        assert!(items.len() <= 2, "{page}");
        orders.extend(items.iter().map(|item| item["order_code"].clone()));
        let Some(next) = page["next_cursor"].as_str() else { break };
        query = format!("limit=2&cursor={next}");
    }
    assert_eq!(orders, want);
    for query in ["limit=0", "limit=101", "cursor=x"] {
        house.get(&format!("{EXCEPTIONS}?{query}")).check(422, "invalid_field").await;
    }
}
