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

/// One call for the sub-account, or for the main one.
async fn call(bench: &Bench, method: Method, path: &str, business: Option<&str>, body: Value) -> (u16, Value) {
    let mut request = bench.unversioned(method, path);
    if let Some(business) = business {
        request = request.header("for-user-id", business);
    }
    if !body.is_null() {
        request = request.json(&body);
    }
    let response = request.send().await.expect("an answer");
    (response.status().as_u16(), response.json().await.expect("a JSON body"))
}

#[tokio::test(flavor = "multi_thread")]
async fn codes_requests_methods_and_refunds_belong_to_their_account_too() {
    let bench = platform().await;
    let code = json!({"external_id": "CODE", "type": "DYNAMIC", "callback_url": "https://shop.test", "amount": 5_000});
    let card = json!({"type": "CARD", "reusability": "ONE_TIME_USE", "card": {"channel_properties": {}}});
    let request = json!({"reference_id": "CARD", "currency": "IDR", "amount": 50_000, "payment_method": card});
    assert_eq!(call(&bench, Method::POST, "/qr_codes", Some(SUB), code).await.0, 200);
    let (_, made) = call(&bench, Method::POST, "/payment_requests", Some(SUB), request).await;
    assert_eq!(made["business_id"], SUB);
    bench.pay("CARD").await;
    let asked = json!({"payment_request_id": made["id"], "reason": "OTHERS"});
    assert_eq!(call(&bench, Method::POST, "/refunds", None, asked.clone()).await.0, 404);
    let (status, refund) = call(&bench, Method::POST, "/refunds", Some(SUB), asked).await;
    assert_eq!((status, &refund["amount"]), (200, &json!(50_000)));
    for path in [
        "/qr_codes/CODE".to_owned(),
        format!("/payment_requests/{}", made["id"].as_str().unwrap()),
        format!("/v2/payment_methods/{}", made["payment_method"]["id"].as_str().unwrap()),
        format!("/refunds/{}", refund["id"].as_str().unwrap()),
    ] {
        assert_eq!(
            call(&bench, Method::GET, &path, None, Value::Null).await.0,
            404,
            "the main account asks for {path}"
        );
        assert_eq!(call(&bench, Method::GET, &path, Some(SUB), Value::Null).await.0, 200, "{path}");
    }
    for list in ["/payment_requests", "/v2/payment_methods", "/refunds"] {
        assert_eq!(call(&bench, Method::GET, list, None, Value::Null).await.1["data"], json!([]), "{list}");
    }
}
