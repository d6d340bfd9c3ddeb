//! What every answer carries, and what does not answer at all.

use reqwest::Method;

use super::document::routes;
use crate::house::{Answer, House};

/// What no answer says: what we are made of, and whom else it may be read by.
const UNSAID: [&str; 5] =
    ["server", "x-powered-by", "via", "access-control-allow-origin", "access-control-allow-credentials"];
/// Where others keep what is not for everybody.
const ELSEWHERE: [&str; 26] = [
    "/",
    "/admin",
    "/api",
    "/api/v1",
    "/api/v1/pos",
    "/api/v1/admin",
    "/api/v1/webhook",
    "/api/v1/token",
    "/api/v1/audit",
    "/api/v1/pos/payments/x/refunds",
    "/api/v2/pos/payments",
    "/api/v1/..%2f..%2fetc%2fpasswd",
    "/_control/charges",
    "/_control/pay",
    "/xendit/payment_requests",
    "/midtrans/v2/charge",
    "/actuator/env",
    "/debug/pprof/",
    "/server-status",
    "/.env",
    "/.git/config",
    "/config",
    "/data/mstore-pay.db",
    "/swagger-ui/",
    "/graphql",
    "/metrics/",
];

#[track_caller]
fn check_headers(what: &str, answer: &Answer) {
    assert_eq!(answer.header("x-content-type-options"), "nosniff", "{what}: {answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store", "{what}: {answer:?}");
    assert!(!answer.header("x-request-id").is_empty(), "{what}: {answer:?}");
    for name in UNSAID {
        assert_eq!(answer.header(name), "", "{what}: {answer:?}");
    }
    if answer.header("content-type").starts_with("text/html") {
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"), "{what}: {answer:?}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{what}: {answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_every_route_may_be_kept_by_nobody_and_says_nothing_of_us() {
    let house = House::open_with(&["--merchant-rate-limit=off"]).await;
    for route in routes(&house).await {
        for call in [route.blind(&house), route.blind(&house).bearer(&house.token("M1", "L0_OWNER"))] {
            check_headers(&format!("{route:?}"), &call.send().await);
        }
        let other = house.bare(Method::PATCH, &route.filled(|_| "nothing".to_owned())).send().await;
        check_headers(&format!("PATCH {}", route.path), &other);
        assert_eq!(other.status.as_u16(), 405, "{route:?}");
    }
    for path in ["/pay/return", "/problems/not_found"] {
        check_headers(path, &house.bare(Method::GET, path).send().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_answers_but_what_is_documented() {
    let house = House::open_with(&["--merchant-rate-limit=off"]).await;
    let documented: Vec<String> = routes(&house).await.into_iter().map(|route| route.path).collect();
    let owner = house.token("M1", "L0_OWNER");
    for path in ELSEWHERE {
        assert!(!documented.iter().any(|known| known == path), "{path} is documented");
        for method in [Method::GET, Method::POST, Method::PUT, Method::DELETE, Method::OPTIONS] {
            let answer = house.bare(method.clone(), path).bearer(&owner).send().await;
            assert_eq!(answer.status.as_u16(), 404, "{method} {path}: {answer:?}");
        }
    }
    for route in documented {
        let path = route.replace(['{', '}'], "");
        for odd in [format!("{path}/"), format!("/{path}"), path.to_uppercase()] {
            let answer = house.bare(Method::GET, &odd).bearer(&owner).send().await;
            assert!([404, 405].contains(&answer.status.as_u16()), "{odd}: {answer:?}");
        }
    }
}
