//! Metrics and health at an address of their own.

use reqwest::Method;

use crate::house::{House, config};

const ROUTES: [&str; 3] = ["/healthz", "/readyz", "/metrics"];

#[tokio::test(flavor = "multi_thread")]
async fn operators_ask_at_the_address_that_is_theirs_and_nobody_else_does() {
    let house = House::open_with(&["--operations-listen-addr=127.0.0.1:0"]).await;
    let operators = house.operations.clone();
    for route in ROUTES {
        house.bare(Method::GET, route).check(404, "not_found").await;
        let answer = house.client.get(format!("{operators}{route}")).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{route} at the address of operators");
        assert_eq!(answer.headers()["cache-control"], "no-store", "{route}");
    }
    for route in ["/api/v1/pos/payments", "/docs", "/openapi.json", "/pay/return"] {
        let answer = house.client.get(format!("{operators}{route}")).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{route} at the address of operators");
    }
    house.pay_by_qris("TRX-1", 33_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_address_of_their_own_operators_ask_where_all_do() {
    let house = House::open().await;
    for route in ROUTES {
        house.bare(Method::GET, route).check(200, "").await;
    }
}

#[test]
fn the_address_of_operators_is_not_that_of_all() {
    let refused = config(&["--listen-addr=127.0.0.1:8090", "--operations-listen-addr=127.0.0.1:8090"]).unwrap_err();
    assert!(refused.to_string().contains("OPERATIONS_LISTEN_ADDR is LISTEN_ADDR"), "{refused}");
    config(&["--listen-addr=127.0.0.1:8090", "--operations-listen-addr=127.0.0.1:8091"]).unwrap();
}
