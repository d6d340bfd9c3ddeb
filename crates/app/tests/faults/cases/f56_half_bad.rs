use serde_json::{Value, json};

use super::offline::{Kept, SYNC, paid, reference};
use super::shop::Shop;

const AT: &str = "2026-11-26T08:00:00Z";

/// One of each kind of bad thing, and what is said of it.
fn bad() -> Vec<(&'static str, Value, &'static str)> {
    let payment = |change: fn(&mut Value)| {
        let mut item = paid(&reference("BAD", 1), "F56-bad", "cash", 10_000);
        change(&mut item);
        item
    };
    vec![
        ("payments", Value::Null, "invalid_field"),
        ("payments", json!([]), "invalid_field"),
        ("payments", json!("x"), "invalid_field"),
        ("payments", payment(|item| item["offline_reference"] = Value::Null), "invalid_field"),
        ("payments", payment(|item| item["offline_reference"] = json!("")), "invalid_field"),
        ("payments", payment(|item| item["offline_reference"] = json!("../../x")), "invalid_field"),
        (
            "payments",
            payment(|item| item["offline_reference"] = json!("BAD-20261126-00000000000000001")),
            "invalid_field",
        ),
        ("payments", payment(|item| item["amount"] = json!(-1)), "invalid_field"),
        ("payments", payment(|item| item["amount"] = json!("10000")), "invalid_field"),
        ("payments", payment(|item| item["amount"] = json!(10_000.5)), "amount_not_whole"),
        ("payments", payment(|item| item["currency"] = json!("USD")), "currency_unsupported"),
        ("payments", payment(|item| item["method"] = json!("nope")), "method_unsupported"),
        ("payments", payment(|item| item["created_at_device"] = json!("yesterday")), "invalid_field"),
        ("payments", payment(|item| item["order_code"] = json!("a b")), "invalid_order_code"),
        ("payments", payment(|item| item["note"] = json!("4111 1111 1111 1111")), "card_data_not_accepted"),
        (
            "transactions",
            json!({"offline_reference": reference("BAD", 2), "created_at_device": AT,
            "grand_total": 10_000, "status": "paid"}),
            "invalid_field",
        ),
        (
            "voids",
            json!({"offline_reference": reference("BAD", 3), "created_at_device": AT,
            "transaction_code": "F56-unknown"}),
            "order_not_found",
        ),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn f56_of_a_batch_that_is_half_bad_the_good_half_is_kept_and_the_bad_is_told_thing_by_thing() {
    let shop = Shop::open().await;
    let bad = bad();
    let n = bad.len();
    let (mut lists, mut wanted) = (json!({"transactions": [], "payments": [], "voids": []}), Vec::new());
    let mut good = 0;
    for list in ["transactions", "payments", "voids"] {
        let items = lists[list].as_array_mut().expect("a list");
        for (_, item, error) in bad.iter().filter(|(of, _, _)| *of == list) {
            let order = format!("F56-{good}");
            let name = reference("DEV1", good);
            items.push(item.clone());
            wanted.push(Some(*error));
            items.push(match list {
                "transactions" => json!({"offline_reference": name, "created_at_device": AT, "grand_total": 10_000,
                    "transaction_code": order}),
                "payments" => paid(&name, &order, "cash", 10_000),
                // What was just sold is called off again.
                _ => json!({"offline_reference": name, "created_at_device": AT, "transaction_code": "F56-0"}),
            });
            wanted.push(None);
            good += 1;
        }
    }
    let mut body = json!({"device_id": "DEV1", "synced_at": AT});
    body.as_object_mut().expect("an object").extend(lists.as_object().expect("lists").clone());
    let answer = shop.till.post(SYNC, &body).await;
    let told = answer.data();
    let results = told["results"].as_array().unwrap_or_else(|| panic!("{:?}", answer.outcome));
    let told: Vec<Option<&str>> = results.iter().map(|result| result["error"].as_str()).collect();
    let wrong = told.iter().zip(&wanted).filter(|(told, wanted)| told != wanted).count();
    assert_eq!(told, wanted);
    let kept = Kept::of(&shop, &["DEV1"], (0..good).map(|n| format!("F56-{n}"))).await;
    let rows = kept.entries.len();
    shop.judge("F56").await;
    println!("F56 kinds={n} good={n} wrong_results={wrong} rows={rows}");
    assert_eq!((n, rows, results.len()), (17, n, 2 * n));
}
