use mstore_pay_sandbox::{SandboxConfig, XenditAccount};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::shop::Shop;
use crate::support::{Bench, create_body, quick};

const SUB: &str = "65f0aaaabbbbccccdddd0001";

async fn platform() -> Bench {
    Bench::new(SandboxConfig { xendit_accounts: vec![XenditAccount::main(), XenditAccount::sub(SUB)], ..quick() }).await
}

async fn create_for(bench: &Bench, business: &str, reference: &str) -> Value {
    let response = bench
        .xendit(Method::POST, "/v3/payment_requests")
        .header("for-user-id", business)
        .json(&create_body(reference, 33_000))
        .send()
        .await
        .expect("an answer");
    assert_eq!(response.status(), 201);
    response.json().await.expect("a JSON body")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_accounts_objects_are_seen_under_its_name_only() {
    let bench = platform().await;
    let made = create_for(&bench, SUB, "REF-1").await;
    assert_eq!(made["business_id"], SUB);
    let paid = bench.pay("REF-1").await;
    for path in [
        format!("/v3/payment_requests/{}", made["payment_request_id"].as_str().unwrap()),
        format!("/v3/payments/{}", paid["payment_id"].as_str().unwrap()),
    ] {
        let wrong = bench.xendit(Method::GET, &path).send().await.unwrap();
        assert_eq!(wrong.status(), 404, "the main account does not see {path}");
        let right = bench.xendit(Method::GET, &path).header("for-user-id", SUB).send().await.unwrap();
        assert_eq!(right.status(), 200);
    }
    assert_eq!(bench.get("/transactions").await["data"], json!([]));
    let own = bench.xendit(Method::GET, "/transactions").header("for-user-id", SUB).send().await.unwrap();
    assert_eq!(own.json::<Value>().await.unwrap()["data"][0]["business_id"], SUB);
    assert_eq!(bench.charge("REF-1").await["account"], SUB);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sub_account_has_its_own_key_token_and_target() {
    let bench = platform().await;
    let sub = XenditAccount::sub(SUB);
    let (main_shop, sub_shop) = (Shop::open(), Shop::open());
    bench.target(&main_shop.url).await;
    let body = json!({"provider": "xendit", "account": SUB, "url": sub_shop.url});
    bench.control(Method::PUT, "/webhook-target", body).await;

    let url = format!("{}/v3/payment_requests", bench.sandbox.xendit_base_url());
    let made = bench
        .client
        .post(url)
        .basic_auth(&sub.key, Some(""))
        .header("api-version", "2024-11-11")
        .json(&create_body("REF-1", 33_000))
        .send()
        .await
        .unwrap();
    assert_eq!(made.status(), 201);
    bench.pay("REF-1").await;
    let webhook = sub_shop.wait_for(1).await[0].clone();
    assert_eq!(webhook.token, sub.callback_token);
    assert_eq!(webhook.body["business_id"], SUB);
    assert!(main_shop.received().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_are_refused() {
    let bench = platform().await;
    let check = async |key: &str, business: &str, status: u16| {
        let url = format!("{}/transactions", bench.sandbox.xendit_base_url());
        let request = bench.client.get(url).basic_auth(key, Some("")).header("for-user-id", business);
        assert_eq!(request.send().await.unwrap().status(), status, "{key} for {business}");
    };
    let (main, sub) = (XenditAccount::main(), XenditAccount::sub(SUB));
    check(&main.key, SUB, 200).await;
    check(&main.key, &main.business_id, 200).await;
    check(&sub.key, SUB, 200).await;
    check(&main.key, "nobody", 403).await;
    check(&sub.key, &main.business_id, 403).await;
    let body = json!({"provider": "xendit", "account": "nobody", "url": "http://127.0.0.1:1/"});
    assert_eq!(bench.try_control(Method::PUT, "/webhook-target", body).await.status(), 404);
}
