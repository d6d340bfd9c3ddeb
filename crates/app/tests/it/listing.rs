//! Listing payments: by what they are, page by page, within one's own branch.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";

impl House {
    /// The order codes that a listing gives to that token, and where it goes on.
    async fn listed(&self, token: &str, query: &str) -> (Vec<String>, Value) {
        let answer = self.bare(Method::GET, &format!("{PAYMENTS}?{query}")).bearer(token).send().await;
        answer.expect_status(200);
        let data = answer.data();
        let items = data["items"].as_array().unwrap();
        let codes = items.iter().map(|item| item["order_code"].as_str().unwrap().to_owned()).collect();
        (codes, data["next_cursor"].clone())
    }

    #[track_caller]
    fn check<'a>(&'a self, token: &'a str, query: &'a str, want: &'a [&str]) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            let (codes, next) = self.listed(token, query).await;
            assert_eq!(codes, want, "{caller}: {query}");
            assert!(next.is_null(), "{caller}: {query}: {next}");
        }
    }

    async fn sell(&self, token: &str, order: &str) -> Value {
        let answer = self.bare(Method::POST, PAYMENTS).bearer(token).json(&qris(order, 33_000)).send().await;
        answer.expect_status(200);
        answer.data()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn payments_are_listed_newest_first_and_by_what_they_are() {
    let house = House::open().await;
    let token = house.token("M1", "L0_CASHIER");
    let first = house.sell(&token, "TRX-1").await;
    house.sell(&token, "TRX-2").await;
    house.customer_pays("TRX-1", true).await;
    let paid = house.until_status(&first["payment_id"], "paid").await;
    house.check(&token, "", &["TRX-2", "TRX-1"]).await;
    house.check(&token, "status=paid", &["TRX-1"]).await;
    house.check(&token, "status=pending", &["TRX-2"]).await;
    house.check(&token, "order_code=TRX-2", &["TRX-2"]).await;
    house.check(&token, "method=qris&provider=xendit", &["TRX-2", "TRX-1"]).await;
    house.check(&token, "method=dana", &[]).await;
    house.check(&token, "provider=midtrans", &[]).await;
    house.check(&token, "from=2999-01-01T00:00:00Z", &[]).await;
    house.check(&token, "to=2025-10-13T17:35:00%2B07:00", &[]).await;
    let receipt = paid["payer"]["receipt_id"].as_str().expect("the sandbox numbers receipts");
    house.check(&token, &format!("receipt_id={receipt}"), &["TRX-1"]).await;
    house.check(&token, "receipt_id=0", &[]).await;
    let answer = house.get(&format!("{PAYMENTS}?status=paid")).send().await.data();
    let item = &answer["items"][0];
    for field in ["payment_id", "reference_id", "status", "amount", "paid_at", "payment_method", "channel_code"] {
        assert_eq!(item[field], paid[field], "{field}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_follow_each_other_without_a_gap_and_without_a_repeat() {
    let house = House::open().await;
    let token = house.token("M1", "L0_CASHIER");
    for number in 1..=5 {
        house.sell(&token, &format!("TRX-{number}")).await;
    }
    let (mut codes, mut query) = (Vec::new(), "limit=2".to_owned());
    loop {
        let (page, next) = house.listed(&token, &query).await;
        codes.extend(page);
        // What is new meanwhile does not move the pages behind it.
        house.sell(&token, &format!("TRX-later-{}", codes.len())).await;
        let Some(next) = next.as_str() else { break };
        query = format!("limit=2&cursor={next}");
    }
    assert_eq!(codes, ["TRX-5", "TRX-4", "TRX-3", "TRX-2", "TRX-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listing_shows_ones_own_merchant_and_branch_only() {
    let house = House::open().await;
    let token = |merchant, branch| house.token_of(merchant, branch, "L0_CASHIER");
    let (b1, b2, whole, other) =
        (token("M1", Some("B1")), token("M1", Some("B2")), token("M1", None), token("M2", Some("B1")));
    house.sell(&b1, "TRX-1").await;
    house.sell(&b2, "TRX-2").await;
    house.sell(&other, "TRX-1").await;
    house.check(&b1, "", &["TRX-1"]).await;
    house.check(&b2, "", &["TRX-2"]).await;
    house.check(&whole, "", &["TRX-2", "TRX-1"]).await;
    house.check(&whole, "branch_id=B1", &["TRX-1"]).await;
    house.check(&b1, "branch_id=B1", &["TRX-1"]).await;
    house.check(&b1, "branch_id=B2", &[]).await;
    house.check(&b1, "order_code=TRX-2", &[]).await;
    house.check(&other, "", &["TRX-1"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_listing_takes_is_refused_all_at_once() {
    let house = House::open().await;
    for query in [
        "limit=0",
        "limit=101",
        "limit=1&limit=2",
        "cursor=x",
        "cursor=",
        "status=success",
        "method=cash",
        "order_code=a%20b",
        "from=yesterday",
        "to=2025-10-13",
        "receipt_id=",
        "receipt_id=%00",
    ] {
        house.get(&format!("{PAYMENTS}?{query}")).check(422, "invalid_field").await;
    }
    let both = house.get(&format!("{PAYMENTS}?limit=0&status=x")).check(422, "invalid_field").await;
    let pointers: Vec<Value> = both.json()["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
    assert_eq!(pointers, [json!("?status"), json!("?limit")]);
    house.bare(Method::GET, PAYMENTS).check(401, "unauthorized").await;
    let answer = house.as_cashier_of("M1", Method::DELETE, PAYMENTS).check(405, "method_not_allowed").await;
    assert_eq!(answer.header("allow"), "GET, HEAD, POST");
    house.get(&format!("{PAYMENTS}?unheard=of")).send().await.expect_status(200);
}
