//! Tills whose line was down, cash, and orders that are called off.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{Call, House, MERCHANT};

const TRANSACTIONS: &str = "/api/v1/transactions";
const SYNC: &str = "/api/v1/pos/offline/batch-sync";
const CONFLICTS: &str = "/api/v1/pos/offline/conflicts";

impl House {
    fn as_owner(&self, method: Method, path: &str) -> Call {
        self.bare(method, path).bearer(&self.token(MERCHANT, "L0_OWNER"))
    }

    async fn register(&self, order: &str) {
        let body = json!({"transaction_code": order, "grand_total": 33000});
        self.post(TRANSACTIONS).json(&body).send().await.expect_status(201);
    }

    async fn sync(&self, device: &str, lists: Value) -> Value {
        let mut body = json!({"device_id": device, "synced_at": "2025-10-13T11:00:00Z"});
        body.as_object_mut().unwrap().extend(lists.as_object().unwrap().clone());
        let answer = self.post(SYNC).json(&body).send().await;
        answer.expect_status(200);
        answer.data()
    }

    async fn order(&self, code: &str) -> Value {
        self.get(&format!("{TRANSACTIONS}/{code}")).send().await.data()
    }
}

fn payment(reference: &str, order: &str, method: &str, amount: u32) -> Value {
    json!({"offline_reference": reference, "order_code": order, "method": method, "amount": amount,
        "currency": "IDR", "created_at_device": "2025-10-13T10:30:00Z"})
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_pays_an_order_once_and_closes_its_qr_code() {
    let house = House::open().await;
    house.register("TRX-1").await;
    let qr = house.pay_by_qris("TRX-1", 33_000).await;
    let cash = json!({"amount": 33000, "device_id": "till"});
    for _ in 0..2 {
        let answer = house.post(&format!("{TRANSACTIONS}/TRX-1/cash")).json(&cash).send().await;
        answer.expect_status(200);
        assert_eq!((&answer.data()["status"], &answer.data()["paid_by"]), (&json!("paid"), &json!("cash")));
    }
    let closed = house.payment(&qr["payment_id"]).await;
    assert_eq!((&closed["status"], &closed["status_reason"]), (&json!("canceled"), &json!("paid_in_cash")));
    assert_eq!(house.rows("cash_tenders").len(), 1);
    house.customer_pays("TRX-1", true).await;
    house.until_status(&qr["payment_id"], "paid").await;
    let exceptions = house.get("/api/v1/pos/exceptions").send().await.data();
    assert_eq!(exceptions["items"][0]["kind"], "paid_twice", "{exceptions}");
    house.post(&format!("{TRANSACTIONS}/TRX-1/sync")).send().await.expect_status(200);
    assert_eq!(house.order("TRX-1").await["status"], "synced");
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_is_refused_where_it_does_not_fit() {
    let house = House::open().await;
    let cash =
        |order: &str, amount: u32| house.post(&format!("{TRANSACTIONS}/{order}/cash")).json(&json!({"amount": amount}));
    cash("TRX-9", 33_000).check(404, "order_not_found").await;
    house.register("TRX-1").await;
    cash("TRX-1", 32_000).check(422, "amount_mismatch").await;
    house.post(&format!("{TRANSACTIONS}/TRX-1/sync")).check(409, "invalid_state").await;
    let qr = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", false).await;
    let refused = cash("TRX-1", 33_000).check(409, "order_already_paid").await;
    assert_eq!(refused.json()["payment"]["payment_id"], qr["payment_id"]);
    assert!(house.rows("cash_tenders").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_owner_calls_an_order_off_and_money_for_it_is_an_exception() {
    let house = House::open().await;
    house.register("TRX-1").await;
    let qr = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("{TRANSACTIONS}/TRX-1/void");
    house.post(&path).check(403, "forbidden").await;
    let void = json!({"reason": "the customer went away"});
    for body in [Some(&void), None] {
        let call = house.as_owner(Method::POST, &path);
        let answer = match body {
            Some(body) => call.json(body).send().await,
            None => call.send().await,
        };
        answer.expect_status(200);
        assert_eq!(answer.data()["status"], "voided");
    }
    house.customer_pays("TRX-1", true).await;
    house.until_status(&qr["payment_id"], "paid").await;
    let exceptions = house.get("/api/v1/pos/exceptions").send().await.data();
    let kinds: Vec<&str> =
        exceptions["items"].as_array().unwrap().iter().filter_map(|item| item["kind"].as_str()).collect();
    assert!(kinds.contains(&"paid_after_void"), "{exceptions}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_of_all_kinds_is_taken_in_thing_by_thing() {
    let house = House::open().await;
    let at = "2025-10-13T10:30:00Z";
    let lists = json!({
        "transactions": [
            {"offline_reference": "T-20251013-1", "created_at_device": at, "grand_total": 33000,
                "transaction_code": "TRX-1", "status": "paid", "payment_status": "paid", "payment_method": "CASH"},
            {"offline_reference": "T-20251013-2", "created_at_device": at, "grand_total": 33000,
                "transaction_code": "TRX-2"}],
        "payments": [
            payment("T-20251013-2", "TRX-2", "cash", 33_000),
            payment("T-20251013-3", "TRX-3", "qris", 33_000),
            payment("T-20251013-x-y", "TRX-4", "qris", 33_000),
            Value::Null],
        "voids": [
            {"offline_reference": "T-20251013-5", "created_at_device": at, "transaction_code": "TRX-2",
                "reason": "wrong size"},
            {"offline_reference": "T-20251013-6", "created_at_device": at, "transaction_code": "TRX-77"}],
    });
    let first = house.sync("till", lists.clone()).await;
    let told: Vec<(bool, Value)> = first["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| (result["success"] == true, result["error"].clone()))
        .collect();
    let wanted = [
        (true, Value::Null),
        (true, Value::Null),
        (true, Value::Null),
        (true, Value::Null),
        (false, json!("invalid_field")),
        (false, json!("invalid_field")),
        (true, Value::Null),
        (false, json!("order_not_found")),
    ];
    assert_eq!(told, wanted, "{first}");
    assert_eq!((&first["success_count"], &first["failed_count"]), (&json!(5), &json!(3)));
    assert_eq!(house.order("TRX-1").await["status"], "paid");
    assert_eq!(house.order("TRX-2").await["status"], "voided");
    let unproven = house.payment(&first["results"][3]["server_id"]).await;
    assert_eq!((&unproven["status"], &unproven["status_reason"]), (&json!("pending"), &json!("unproven")));
    let again = house.sync("till", lists).await;
    assert_eq!(again["results"], first["results"]);
    assert_eq!((house.rows("cash_tenders").len(), house.rows("payments").len()), (2, 1));
    let device = house.get("/api/v1/pos/offline/devices/till").send().await.data();
    assert_eq!((&device["last_sequence"], &device["reported"]), (&json!(5), &json!(5)), "{device}");
    assert!(device["clock_skew_ms"].as_i64().unwrap() < 0, "{device}");
    assert_eq!(device["gaps"], json!([{"date": "20251013", "from": 4, "to": 4}]), "{device}");
    let theirs = house.as_cashier_of("M2", Method::GET, "/api/v1/pos/offline/devices/till");
    theirs.check(404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_thing_is_a_conflict_that_a_person_resolves_with_who_and_why() {
    let house = House::open().await;
    house.sync("till", json!({"payments": [payment("T-20251013-1", "TRX-1", "cash", 33_000)]})).await;
    // The till was set back, and gave the number to another sale.
    let other = json!({"payments": [payment("T-20251013-1", "TRX-2", "cash", 20_000)]});
    let told = house.sync("till", other.clone()).await;
    let conflict = told["conflicts"][0].clone();
    assert_eq!(
        (&conflict["conflict_type"], &conflict["suggested_fix"]),
        (&json!("data_mismatch"), &json!("merge")),
        "{told}"
    );
    let url = conflict["resolution_url"].as_str().unwrap().to_owned();
    let merge = json!({"resolution": "merge", "reason": "both were sold"});
    house.post(&url).json(&merge).check(403, "forbidden").await;
    house.post(&url).header("x-device-id", "till-2").json(&merge).check(403, "forbidden").await;
    house.as_cashier_of("M2", Method::POST, &url).json(&merge).check(404, "not_found").await;
    house
        .post(&url)
        .header("x-device-id", "till")
        .json(&json!({"resolution": "merge"}))
        .check(422, "invalid_field")
        .await;
    for _ in 0..2 {
        let answer = house.post(&url).header("x-device-id", "till").json(&merge).send().await;
        answer.expect_status(200);
        assert_eq!((&answer.data()["state"], &answer.data()["resolved_by"]), (&json!("resolved"), &json!("7")));
        assert_eq!(answer.data()["reason"], "both were sold");
    }
    let otherwise = json!({"resolution": "keep_server", "reason": "no"});
    house.as_owner(Method::POST, &url).json(&otherwise).check(409, "invalid_state").await;
    assert_eq!(house.order("TRX-2").await["paid_by"], "cash");
    assert_eq!(house.sync("till", other).await["results"][0]["success"], true);
    let listed = house.get(&format!("{CONFLICTS}?state=resolved&device_id=till")).send().await.data();
    assert_eq!(listed["items"][0]["local_data"]["amount"], 20_000, "{listed}");
    assert_eq!(listed["items"][0]["server_data"]["amount"], 33_000, "{listed}");
    let open = house.get(&format!("{CONFLICTS}?state=open")).send().await.data();
    assert_eq!(open["items"], json!([]));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owner_says_which_payment_a_till_means() {
    let house = House::open().await;
    let paid = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&paid["payment_id"], "paid").await;
    let mut item = payment("T-20251013-1", "TRX-1", "QRIS", 33_000);
    item["receipt_id"] = json!("of nobody");
    let told = house.sync("till", json!({"payments": [item.clone()]})).await;
    let conflict = &told["conflicts"][0];
    assert_eq!(conflict["conflict_type"], "data_mismatch", "{told}");
    let url = conflict["resolution_url"].as_str().unwrap();
    let resolve = |payment: &Value| {
        let body = json!({"resolution": "merge", "reason": "seen on the phone", "payment_id": payment});
        house.as_owner(Method::POST, url).json(&body)
    };
    resolve(&json!("pay_of_nobody")).check(422, "invalid_field").await;
    let answer = resolve(&paid["payment_id"]).send().await;
    answer.expect_status(200);
    assert_eq!(answer.data()["applied_id"], paid["payment_id"], "{}", answer.data());
    let again = house.sync("till", json!({"payments": [item.clone()]})).await;
    assert_eq!((&again["success_count"], &again["results"][0]["server_id"]), (&json!(1), &paid["payment_id"]));
    // One money, two reports.
    item["offline_reference"] = json!("T-20251013-2");
    item.as_object_mut().unwrap().remove("receipt_id");
    let told = house.sync("till", json!({"payments": [item]})).await;
    assert_eq!(told["conflicts"][0]["conflict_type"], "duplicate", "{told}");
    assert_eq!(house.rows("payments").len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn cash_of_a_wrong_amount_and_another_branchs_order_are_conflicts_and_the_first_stays_flagged() {
    let house = House::open().await;
    house.register("TRX-1").await;
    let cash = payment("T-20251013-1", "TRX-1", "CASH", 32_000);
    let told = house.sync("till", json!({"payments": [cash]})).await;
    assert_eq!(told["conflicts"][0]["conflict_type"], "constraint_violation", "{told}");
    let url = told["conflicts"][0]["resolution_url"].as_str().unwrap();
    let body = json!({"resolution": "merge", "reason": "the rest is owed"});
    house.as_owner(Method::POST, url).json(&body).send().await.expect_status(200);
    let exceptions = house.get("/api/v1/pos/exceptions").send().await.data();
    let exception = &exceptions["items"][0];
    assert_eq!((&exception["kind"], &exception["amount"]), (&json!("underpaid"), &json!(32_000)), "{exceptions}");
    assert_eq!(house.order("TRX-1").await["status"], "paid");
    for branch in ["B1", "B2"] {
        let token = house.token_of(MERCHANT, Some(branch), "L0_CASHIER");
        let sale = json!({"offline_reference": format!("{branch}-20251013-1"), "created_at_device":
            "2025-10-13T10:30:00Z", "transaction_code": "TRX-2", "grand_total": 33000});
        let body = json!({"device_id": branch, "transactions": [sale]});
        let told = house.bare(Method::POST, SYNC).bearer(&token).json(&body).send().await.data();
        if branch == "B1" {
            assert_eq!(told["success_count"], 1, "{told}");
        } else {
            assert_eq!(told["conflicts"][0]["conflict_type"], "constraint_violation", "{told}");
            assert_eq!(told["results"][0]["server_id"], Value::Null, "{told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_batch_is_refused_whole() {
    let house = House::open().await;
    let refused = |body: Value| house.post(SYNC).json(&body).check(422, "invalid_field");
    refused(json!({"device_id": "till"})).await;
    refused(json!({"payments": []})).await;
    refused(json!({"device_id": "till", "synced_at": "x", "payments": []})).await;
    refused(json!({"device_id": "till", "payments": {}})).await;
    let body = json!({"device_id": "till", "payments": []});
    house.post(SYNC).header("x-device-id", "till-2").json(&body).check(422, "invalid_field").await;
    let many: Vec<Value> = (0..501).map(|n| payment(&format!("T-20251013-{n}"), "TRX-1", "cash", 1)).collect();
    house.post(SYNC).json(&json!({"device_id": "till", "payments": many})).check(413, "payload_too_large").await;
    let viewer = house.bare(Method::POST, SYNC).bearer(&house.token(MERCHANT, "L0_VIEWER"));
    viewer.json(&body).check(403, "forbidden").await;
    assert_eq!(house.sync("till", json!({"payments": []})).await["total_items"], 0);
}
