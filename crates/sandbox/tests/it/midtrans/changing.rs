use super::{act, bench_with_shop, charge, check, order, pay, refused, signature, status, told};
use crate::support::quick;

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_is_coded_otherwise_in_a_status_and_in_a_notice() {
    let (bench, shop) = bench_with_shop(quick()).await;
    charge(&bench, &order("ORDER-1", 33_000)).await;
    check(&act(&bench, "ORDER-1", "cancel").await, "200", "cancel");
    let asked = status(&bench, "ORDER-1").await;
    check(&asked, "200", "cancel");
    let told = told(&shop, 2, "cancel").await;
    check(&told, "202", "cancel");
    assert_eq!(told["signature_key"], signature(&told));
    assert_ne!(told["signature_key"], asked["signature_key"]);
    refused(&act(&bench, "ORDER-1", "cancel").await, "412");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expiry_succeeds_with_407_under_http_200() {
    let (bench, shop) = bench_with_shop(quick()).await;
    charge(&bench, &order("ORDER-1", 33_000)).await;
    check(&act(&bench, "ORDER-1", "expire").await, "407", "expire");
    check(&status(&bench, "ORDER-1").await, "407", "expire");
    check(&told(&shop, 2, "expire").await, "202", "expire");
    refused(&act(&bench, "ORDER-1", "expire").await, "412");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_paid_is_not_withdrawn() {
    let (bench, _shop) = bench_with_shop(quick()).await;
    charge(&bench, &order("ORDER-1", 33_000)).await;
    pay(&bench, "ORDER-1").await;
    for action in ["cancel", "expire", "approve", "deny"] {
        refused(&act(&bench, "ORDER-1", action).await, "412");
    }
    check(&status(&bench, "ORDER-1").await, "200", "settlement");
}

#[tokio::test(flavor = "multi_thread")]
async fn money_that_comes_after_the_end_settles_the_transaction() {
    let (bench, shop) = bench_with_shop(quick()).await;
    charge(&bench, &order("ORDER-1", 33_000)).await;
    act(&bench, "ORDER-1", "cancel").await;
    pay(&bench, "ORDER-1").await;
    check(&status(&bench, "ORDER-1").await, "200", "settlement");
    check(&told(&shop, 3, "settlement").await, "200", "settlement");
}
