use mstore_pay_sandbox::{RateLimit, SandboxConfig};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Bench, eventually, quick, scaled};

fn three_a_minute() -> RateLimit {
    "3".parse().expect("a limit")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_fourth_call_in_a_minute_is_refused_and_counts_for_its_endpoint_only() {
    let bench = Bench::new(SandboxConfig { rate_limit: three_a_minute(), ..quick() }).await;
    for left in ["2", "1", "0"] {
        let answer = bench.xendit(Method::GET, "/transactions").send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.headers().contains_key("request-id"));
        assert_eq!(answer.headers()["rate-limit-limit"], "3");
        assert_eq!(answer.headers()["rate-limit-remaining"], left);
        let reset = answer.headers()["rate-limit-reset"].to_str().unwrap().to_owned();
        let (seconds, hundredths) = reset.split_once('.').expect("decimal seconds");
        assert!(hundredths.len() == 2 && seconds.parse::<u32>().is_ok_and(|s| s <= 60), "{reset}");
    }
    let refused = bench.xendit(Method::GET, "/transactions").send().await.unwrap();
    assert_eq!(refused.status(), 429);
    assert!(refused.headers().contains_key("rate-limit-reset"));
    assert_eq!(refused.json::<Value>().await.unwrap()["error_code"], "RATE_LIMIT_EXCEEDED");
    bench.create("REF-1", 33_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_moves_on_with_the_providers_clock() {
    // A minute in a tenth of a second.
    let bench = Bench::new(SandboxConfig { rate_limit: three_a_minute(), ..scaled(600) }).await;
    let ask = || async {
        let answer = bench.xendit(Method::GET, "/transactions").send().await;
        answer.expect("an answer").status().as_u16()
    };
    for _ in 0..20 {
        if ask().await == 429 {
            break;
        }
    }
    eventually("room in the window", || async { (ask().await == 200).then_some(()) }).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_change_while_it_runs() {
    let bench = Bench::new(quick()).await;
    let ask = || bench.xendit(Method::GET, "/transactions").send();
    assert!(!ask().await.unwrap().headers().contains_key("rate-limit-limit"));
    let body = json!({"provider": "xendit", "endpoint": "GET /transactions", "per_minute": 1});
    bench.control(Method::PUT, "/limits", body).await;
    assert_eq!(ask().await.unwrap().status(), 200);
    assert_eq!(ask().await.unwrap().status(), 429);
    let body = json!([{"provider": "xendit", "endpoint": "GET /transactions", "per_minute": "off"}]);
    bench.control(Method::PUT, "/limits", body).await;
    assert_eq!(ask().await.unwrap().status(), 200);
    let wrong = json!({"provider": "xendit", "per_minute": 0});
    assert_eq!(bench.try_control(Method::PUT, "/limits", wrong).await.status(), 400);
}
