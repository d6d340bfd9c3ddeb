//! What becomes of money after it came.

use reqwest::Method;
use serde_json::json;

use super::{bench_with_shop, charge, check, order, pay, signature, status, told};
use crate::support::quick;

#[tokio::test(flavor = "multi_thread")]
async fn a_settlement_may_be_denied_minutes_later_and_is_told_and_answered_so() {
    for (how, code, state) in [("denied", "202", "deny"), ("charged_back", "200", "chargeback")] {
        let (bench, shop) = bench_with_shop(quick()).await;
        charge(&bench, &order("ORDER-1", 33_000)).await;
        let taken = json!({"provider": "midtrans", "reference": "ORDER-1", "how": how});
        assert_eq!(bench.try_control(Method::POST, "/take-back", taken.clone()).await.status(), 409, "nothing came");
        pay(&bench, "ORDER-1").await;
        shop.wait_for(2).await;
        bench.control(Method::POST, "/take-back", taken).await;
        let notice = told(&shop, 3, state).await;
        check(&notice, code, state);
        assert_eq!(notice["signature_key"], signature(&notice));
        check(&status(&bench, "ORDER-1").await, code, state);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_card_paid_can_be_settled_before_its_time() {
    let (bench, shop) = bench_with_shop(quick()).await;
    let token = super::cards::token(&bench, "4811111111111114").await;
    let card = json!({
        "payment_type": "credit_card", "credit_card": {"token_id": token},
        "transaction_details": {"order_id": "ORDER-1", "gross_amount": 33_000},
    });
    check(&charge(&bench, &card).await, "200", "capture");
    bench.control(Method::POST, "/settle", json!({"provider": "midtrans", "reference": "ORDER-1"})).await;
    check(&status(&bench, "ORDER-1").await, "200", "settlement");
    check(&told(&shop, 2, "settlement").await, "200", "settlement");
}
