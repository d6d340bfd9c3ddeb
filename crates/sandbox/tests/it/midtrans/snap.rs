use reqwest::Method;
use serde_json::{Value, json};

use super::{act, bench_with_shop, call, check, pay, refused, status, told};
use crate::support::{Bench, answered, quick};

fn asked(order_id: &str, payments: &[&str]) -> Value {
    json!({
        "transaction_details": {"order_id": order_id, "gross_amount": 33_000},
        "enabled_payments": payments,
    })
}

async fn open(bench: &Bench, body: &Value) -> Value {
    answered(call(bench, Method::POST, "/snap/v1/transactions").json(body), 201).await
}

async fn refused_by_snap(bench: &Bench, path: &str, body: &Value, status: u16, said: &str) {
    let refusal = answered(call(bench, Method::POST, path).json(body), status).await;
    let messages = refusal["error_messages"].to_string();
    assert!(messages.contains(said), "{said:?} in {messages}");
}

/// Clicks a button of the page; where the browser is led then.
async fn click(bench: &Bench, page: &str, button: &str) -> Option<String> {
    let clicked = bench.client.post(format!("{page}/{button}")).send().await.unwrap();
    clicked.headers().get("location").map(|to| format!("{}{}", bench.sandbox.base_url(), to.to_str().unwrap()))
}

async fn text(bench: &Bench, page: &str) -> String {
    bench.client.get(page).send().await.unwrap().text().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn there_is_no_transaction_until_a_method_is_picked_and_then_it_is_like_any_other() {
    let (bench, shop) = bench_with_shop(quick()).await;
    let made = open(&bench, &asked("ORDER-1", &["other_qris", "bank_transfer"])).await;
    let page = made["redirect_url"].as_str().unwrap();
    assert!(page.ends_with(made["token"].as_str().unwrap()));
    refused(&status(&bench, "ORDER-1").await, "404");
    let shown = text(&bench, page).await;
    for button in ["other_qris", "bca_va", "bni_va", "bri_va"] {
        assert!(shown.contains(&format!(r#"id="{button}""#)), "{button} in {shown}");
    }
    let next = click(&bench, page, "other_qris").await.unwrap();
    let asked = status(&bench, "ORDER-1").await;
    check(&asked, "201", "pending");
    assert_eq!(asked["payment_type"], "qris");
    assert!(text(&bench, page).await.contains(r#"id="picked""#));
    let paid = bench.client.post(format!("{next}/pay")).send().await.unwrap();
    assert_eq!(paid.status(), 303);
    check(&status(&bench, "ORDER-1").await, "200", "settlement");
    check(&told(&shop, 2, "settlement").await, "200", "settlement");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_method_of_the_page_can_be_picked() {
    let bench = Bench::new(quick()).await;
    let offers =
        ["credit_card", "gopay", "shopeepay", "ovo", "dana", "other_qris", "bca_va", "bni_va", "bri_va", "echannel"];
    for offer in offers {
        let made = open(&bench, &asked(&format!("ORDER-{offer}"), &[offer])).await;
        let picked = click(&bench, made["redirect_url"].as_str().unwrap(), offer).await;
        assert!(picked.is_some(), "{offer}");
        check(&status(&bench, &format!("ORDER-{offer}")).await, "201", "pending");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_who_was_denied_picks_again_under_the_same_order_id() {
    let bench = Bench::new(quick()).await;
    let made = open(&bench, &asked("ORDER-1", &["gopay", "other_qris"])).await;
    let page = made["redirect_url"].as_str().unwrap();
    let wallet = click(&bench, page, "gopay").await.unwrap();
    let first = status(&bench, "ORDER-1").await;
    assert_eq!(click(&bench, page, "other_qris").await, None, "one at a time");
    bench.client.post(format!("{wallet}/decline")).send().await.unwrap();
    check(&status(&bench, "ORDER-1").await, "202", "deny");
    click(&bench, page, "other_qris").await.unwrap();
    let second = status(&bench, "ORDER-1").await;
    check(&second, "201", "pending");
    assert_ne!(first["transaction_id"], second["transaction_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_is_closed_by_its_token_unless_somebody_picked() {
    let bench = Bench::new(quick()).await;
    let made = open(&bench, &asked("ORDER-1", &["gopay"])).await;
    let cancel = format!("/snap/v1/transactions/{}/cancel", made["token"].as_str().unwrap());
    let canceled = answered(call(&bench, Method::POST, &cancel), 200).await;
    assert!(canceled["canceled_at"].as_str().is_some_and(|at| at.ends_with('Z')));
    refused_by_snap(&bench, &cancel, &Value::Null, 400, "already canceled").await;
    refused_by_snap(&bench, "/snap/v1/transactions/none/cancel", &Value::Null, 404, "not found").await;
    assert_eq!(click(&bench, made["redirect_url"].as_str().unwrap(), "gopay").await, None);

    let made = open(&bench, &asked("ORDER-2", &["gopay"])).await;
    click(&bench, made["redirect_url"].as_str().unwrap(), "gopay").await.unwrap();
    let cancel = format!("/snap/v1/transactions/{}/cancel", made["token"].as_str().unwrap());
    refused_by_snap(&bench, &cancel, &Value::Null, 400, "on progress").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_id_is_free_until_somebody_picked_and_for_ever_gone_once_paid() {
    let bench = Bench::new(quick()).await;
    let body = asked("ORDER-1", &["gopay"]);
    let first = open(&bench, &body).await;
    let second = open(&bench, &body).await;
    assert_eq!(click(&bench, first["redirect_url"].as_str().unwrap(), "gopay").await, None, "the newer page closed it");
    click(&bench, second["redirect_url"].as_str().unwrap(), "gopay").await.unwrap();
    refused_by_snap(&bench, "/snap/v1/transactions", &body, 400, "already been taken").await;
    act(&bench, "ORDER-1", "cancel").await;
    open(&bench, &body).await;
    let third = open(&bench, &body).await;
    click(&bench, third["redirect_url"].as_str().unwrap(), "gopay").await.unwrap();
    pay(&bench, "ORDER-1").await;
    refused_by_snap(&bench, "/snap/v1/transactions", &body, 400, "paid and utilized").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_snaps_own_shape_and_http_status() {
    let bench = Bench::new(quick()).await;
    let path = "/snap/v1/transactions";
    refused_by_snap(&bench, path, &json!({"transaction_details": {"gross_amount": 1}}), 400, "order_id is required")
        .await;
    let mut items = asked("ORDER-1", &["gopay"]);
    items["item_details"] = json!([{"price": 1_000, "quantity": 3}]);
    refused_by_snap(&bench, path, &items, 400, "not equal to the sum").await;
    refused_by_snap(&bench, path, &asked("ORDER-1", &["kredivo"]), 400, "enabled_payments").await;
    let url = format!("{}{path}", bench.sandbox.midtrans_base_url());
    let refusal = answered(bench.client.post(url).json(&items), 401).await;
    assert!(refusal["error_messages"].to_string().contains("unauthorized"));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_plays_the_customer_picks_on_a_page_by_paying() {
    let bench = Bench::new(quick()).await;
    let made = open(&bench, &asked("ORDER-1", &["dana"])).await;
    let pages = answered(bench.client.get(format!("{}/_control/pages", bench.sandbox.base_url())), 200).await;
    assert_eq!(
        (&pages[0]["token"], &pages[0]["open"], &pages[0]["picked"]),
        (&made["token"], &json!(true), &Value::Null)
    );
    pay(&bench, "ORDER-1").await;
    let paid = status(&bench, "ORDER-1").await;
    check(&paid, "200", "settlement");
    assert_eq!(paid["payment_type"], "dana");
    let pages = answered(bench.client.get(format!("{}/_control/pages", bench.sandbox.base_url())), 200).await;
    assert_eq!(pages[0]["picked"], paid["transaction_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn dana_is_on_pages_only() {
    let bench = Bench::new(quick()).await;
    let body = json!({"payment_type": "dana", "transaction_details": {"order_id": "ORDER-1", "gross_amount": 33_000}});
    refused(&answered(call(&bench, Method::POST, "/v2/charge").json(&body), 200).await, "402");
}
