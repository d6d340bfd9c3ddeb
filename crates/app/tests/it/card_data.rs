//! No card number is kept, whatever field of whatever body it comes in.

use reqwest::Method;
use serde_json::{Value, json};

use crate::house::{House, MERCHANT, qris};

const NUMBER: &str = "4111111111111111";
const TRANSACTIONS: &str = "/api/v1/transactions";
const SYNC: &str = "/api/v1/pos/offline/batch-sync";
/// Where there are words of tills and of persons.
const TABLES: [&str; 11] = [
    "payments",
    "payment_details",
    "payment_event_bodies",
    "payment_bodies",
    "transactions",
    "offline_entries",
    "offline_conflicts",
    "idempotency_keys",
    "merchant_events",
    "provider_account_notes",
    "event_endpoint_notes",
];

/// Fields of which nobody said anything, with a card's number or the code of its back somewhere in them.
fn hiding_places() -> [(&'static str, Value); 6] {
    [
        ("remark", json!(format!("dibayar {NUMBER}"))),
        ("edc", json!({"slip": [{"line": "4111 1111 1111 1111"}]})),
        ("edc_number", json!(4_111_111_111_111_111_u64)),
        ("edc_slips", json!({NUMBER: 33_000})),
        ("edc_card", json!({"cvv": "123", "last4": "1111"})),
        ("note", json!(NUMBER)),
    ]
}

fn with(mut body: Value, (field, value): &(&'static str, Value)) -> Value {
    body[field] = value.clone();
    body
}

fn order(code: &str) -> Value {
    json!({"transaction_code": code, "grand_total": 33000, "items": [{"sku": "A", "qty": 2, "price": 16500}]})
}

/// What a till did without a line: of each kind one.
fn lists(number: usize) -> [(&'static str, Value); 3] {
    let of = |kind: &str, mut item: Value| {
        item["offline_reference"] = json!(format!("T-20251013-{kind}{number}"));
        item["created_at_device"] = json!("2025-10-13T10:30:00Z");
        item
    };
    let payment = json!({"order_code": "TRX-1", "method": "cash", "amount": 33000, "currency": "IDR"});
    [
        ("transactions", of("S", json!({"grand_total": 33000}))),
        ("payments", of("P", payment)),
        ("voids", of("V", json!({"transaction_code": "TRX-1"}))),
    ]
}

#[track_caller]
fn check_nothing_kept(house: &House) {
    for table in TABLES {
        let rows: Vec<String> = house.rows(table).iter().map(Value::to_string).collect();
        let digits = |row: &String| row.replace([' ', '-'], "").contains(NUMBER) || row.contains("cvv");
        assert_eq!(rows.into_iter().find(digits), None, "{table}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_number_in_any_field_of_an_order_is_refused() {
    let house = House::open().await;
    for place in hiding_places() {
        let refused = house.post(TRANSACTIONS).json(&with(order("TRX-1"), &place));
        let refused = refused.check(422, "card_data_not_accepted").await.json();
        assert_eq!(refused["errors"][0]["pointer"], format!("/{}", place.0), "{refused}");
    }
    let named_so = with(order("TRX-1"), &("remark", Value::Null)).to_string().replace("remark", NUMBER);
    let refused = house.post(TRANSACTIONS).body("application/json", named_so);
    let refused = refused.check(422, "card_data_not_accepted").await;
    assert!(!refused.json().to_string().contains(NUMBER), "a refusal repeats what it refuses: {refused:?}");
    house.post(TRANSACTIONS).json(&order("TRX-1")).send().await.expect_status(201);
    check_nothing_kept(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_number_in_any_field_of_a_batch_keeps_out_the_thing_it_is_in_and_no_other() {
    let house = House::open().await;
    house.post(TRANSACTIONS).json(&order("TRX-1")).send().await.expect_status(201);
    for (number, place) in hiding_places().iter().enumerate() {
        for (list, item) in lists(number) {
            let reference = format!("T-20251013-{}{number}", list.to_uppercase());
            let fine = json!({"offline_reference": reference, "created_at_device": "2025-10-13T10:30:00Z",
                "grand_total": 1000, "kasir": "Ani"});
            let mut batch = json!({"device_id": "till", "transactions": [fine]});
            match batch[list].as_array_mut() {
                Some(sales) => sales.push(with(item, place)),
                None => batch[list] = json!([with(item, place)]),
            }
            let answer = house.post(SYNC).json(&batch).send().await;
            answer.expect_status(200);
            let (fine, refused) = (&answer.data()["results"][0], &answer.data()["results"][1]);
            assert_eq!((&fine["success"], &refused["success"]), (&json!(true), &json!(false)), "{list} {place:?}");
            assert_eq!(refused["error"], "card_data_not_accepted", "{list} {place:?}: {refused}");
            assert_eq!(refused["errors"][0]["pointer"], format!("/{}", place.0), "{list}: {refused}");
        }
    }
    check_nothing_kept(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_create_does_not_know_is_kept_nowhere() {
    let house = House::open().await;
    for (number, place) in hiding_places().iter().enumerate().filter(|(_, place)| place.0 != "note") {
        let sale = with(qris(&format!("TRX-{number}"), 33_000), place);
        house
            .post("/api/v1/pos/payments")
            .header("idempotency-key", place.0)
            .json(&sale)
            .send()
            .await
            .expect_status(200);
    }
    check_nothing_kept(&house);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_with_a_card_number_is_none() {
    let house = House::open().await;
    house.post(TRANSACTIONS).json(&order("TRX-1")).send().await.expect_status(201);
    let nobodys = "0198c5e5000070008000000000000001";
    for path in [
        format!("{TRANSACTIONS}/TRX-1/void"),
        format!("/api/v1/pos/exceptions/exc_{nobodys}/resolve"),
        format!("/api/v1/pos/offline/conflicts/cfl_{nobodys}/resolve"),
        "/api/v1/accounts".to_owned(),
        "/api/v1/accounts/xendit/acc_1/disable".to_owned(),
        "/api/v1/endpoints".to_owned(),
        format!("/api/v1/endpoints/ep_{nobodys}/enable"),
        format!("/api/v1/endpoints/ep_{nobodys}/rotate"),
    ] {
        let call = house.bare(Method::POST, &path).bearer(&house.token(MERCHANT, "L0_OWNER"));
        let body = json!({"reason": format!("card {NUMBER}"), "resolution": "keep_server"});
        call.json(&body).check(422, "card_data_not_accepted").await;
    }
    check_nothing_kept(&house);
}
