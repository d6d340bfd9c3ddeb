//! Each role may do on every route what it is for.

use super::document::routes;
use crate::house::{House, MERCHANT};

/// What each route asks for, `HEAD` as `GET`.
const RIGHTS: [(&str, &str, &str); 38] = [
    ("GET", "/api/v1/accounts", "accounts"),
    ("POST", "/api/v1/accounts", "accounts"),
    ("GET", "/api/v1/accounts/{provider}/{account}", "accounts"),
    ("POST", "/api/v1/accounts/{provider}/{account}/disable", "accounts"),
    ("POST", "/api/v1/accounts/{provider}/{account}/enable", "accounts"),
    ("POST", "/api/v1/accounts/{provider}/{account}/rotate", "accounts"),
    ("GET", "/api/v1/endpoints", "accounts"),
    ("POST", "/api/v1/endpoints", "accounts"),
    ("GET", "/api/v1/endpoints/{endpoint}", "accounts"),
    ("POST", "/api/v1/endpoints/{endpoint}/disable", "accounts"),
    ("POST", "/api/v1/endpoints/{endpoint}/enable", "accounts"),
    ("POST", "/api/v1/endpoints/{endpoint}/rotate", "accounts"),
    ("GET", "/api/v1/pos/events", "read"),
    ("GET", "/api/v1/pos/exceptions", "exceptions"),
    ("POST", "/api/v1/pos/exceptions/{exception}/resolve", "own"),
    ("GET", "/api/v1/pos/methods", "read"),
    ("POST", "/api/v1/pos/offline/batch-sync", "sell"),
    ("GET", "/api/v1/pos/offline/conflicts", "read"),
    ("POST", "/api/v1/pos/offline/conflicts/{conflict}/resolve", "sell"),
    ("GET", "/api/v1/pos/offline/devices/{device}", "read"),
    ("GET", "/api/v1/pos/payments", "read"),
    ("POST", "/api/v1/pos/payments", "sell"),
    ("GET", "/api/v1/pos/payments/{reference}", "read"),
    ("POST", "/api/v1/pos/payments/{reference}/cancel", "sell"),
    ("GET", "/api/v1/pos/payments/{reference}/events", "read"),
    ("GET", "/api/v1/pos/payments/{reference}/qr.png", "read"),
    ("GET", "/api/v1/pos/payments/{reference}/qr.svg", "read"),
    ("POST", "/api/v1/pos/payments/{reference}/simulate", "sell"),
    ("GET", "/api/v1/pos/payments/{reference}/timeline", "read"),
    ("POST", "/api/v1/transactions", "sell"),
    ("GET", "/api/v1/transactions/{code}", "read"),
    ("POST", "/api/v1/transactions/{code}/cash", "sell"),
    ("POST", "/api/v1/transactions/{code}/sync", "sell"),
    ("POST", "/api/v1/transactions/{code}/void", "own"),
    // Proven by the provider's signature instead.
    ("POST", "/api/v1/webhook/{provider}", ""),
    ("POST", "/api/v1/webhook/{provider}/{account}", ""),
    // For everybody who has the link.
    ("GET", "/pay/{token}", ""),
    ("GET", "/pay/{token}/events", ""),
];

/// Who carries which right.
const CARRIED: [(&str, &[&str]); 5] = [
    ("L0_VIEWER", &["read", "exceptions"]),
    ("L0_CASHIER", &["read", "exceptions", "sell"]),
    ("L0_OWNER", &["read", "exceptions", "sell", "own", "accounts"]),
    ("SYSTEM_OPERATOR", &["exceptions"]),
    ("L0_STRANGER", &[]),
];

fn right(verb: &str, path: &str) -> Option<&'static str> {
    let verb = if verb == "HEAD" { "GET" } else { verb };
    let row = RIGHTS.iter().find(|(known, at, _)| *known == verb && *at == path);
    row.map(|(_, _, right)| *right).filter(|right| !right.is_empty())
}

#[tokio::test(flavor = "multi_thread")]
async fn each_role_may_do_what_it_is_for_on_every_route_and_nothing_else() {
    let house = House::open_with(&["--merchant-rate-limit=off"]).await;
    let all = routes(&house).await;
    for (verb, path, _) in RIGHTS {
        assert!(all.iter().any(|route| route.verb == verb && route.path == path), "{verb} {path} is not tried");
    }
    for route in all {
        let right = right(&route.verb, &route.path);
        assert_eq!(right.is_some(), route.is_guarded, "nobody said who may do {route:?}");
        let Some(right) = right else { continue };
        for (role, carried) in CARRIED {
            let answer = route.blind(&house).bearer(&house.token(MERCHANT, role)).send().await;
            let let_in = answer.status.as_u16() != 403;
            assert_eq!(let_in, carried.contains(&right), "{role} {route:?}: {answer:?}");
            assert!(answer.status.as_u16() != 401 && !answer.status.is_server_error(), "{role} {route:?}: {answer:?}");
        }
        let answer = route.blind(&house).send().await;
        assert_eq!((answer.status.as_u16(), answer.header("www-authenticate")), (401, "Bearer"), "{route:?}");
    }
}
