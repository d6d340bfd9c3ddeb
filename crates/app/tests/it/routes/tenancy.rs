//! No route tells one merchant of another, or lets one change what another has.

use reqwest::Method;
use serde_json::Value;

use super::document::routes;
use super::stock::{ACCOUNT_KEY, DEVICE, Stock, body};
use crate::house::{House, MERCHANT};

const OTHER: &str = "M2";

/// What the merchant itself is told of all it has.
async fn seen(house: &House, stock: &Stock) -> Vec<(String, u16, Value)> {
    let mut seen = Vec::new();
    for route in routes(house).await.iter().filter(|route| route.verb == "GET" && route.is_guarded) {
        // These go on for ever, or are drawn, or tell of looks as well.
        if ["events", "qr.svg", "qr.png", "timeline"].iter().any(|end| route.path.ends_with(end)) {
            continue;
        }
        for path in stock.paths(route) {
            let answer = house.owner(MERCHANT, Method::GET, &path).header("x-device-id", DEVICE).send().await;
            seen.push((path, answer.status.as_u16(), answer.data()));
        }
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_tells_a_merchant_of_another_or_changes_what_another_has() {
    let house = House::open_with(&[ACCOUNT_KEY, "--merchant-rate-limit=off"]).await;
    let stock = Stock::of_a_merchant(&house).await;
    let before = seen(&house, &stock).await;
    assert!(before.iter().all(|(_, status, _)| *status == 200), "{before:?}");
    let shown: Vec<String> = before.iter().map(|(_, _, data)| data.to_string()).collect();
    assert_eq!(stock.missing_in(&shown), Vec::<&str>::new(), "not seen by the merchant itself: {shown:?}");
    let mut tried = Vec::new();
    for route in routes(&house).await.iter().filter(|route| route.is_guarded) {
        for path in stock.paths(route) {
            let asked = body(route).to_string();
            let call = house.owner(OTHER, route.method(), &path).header("x-device-id", DEVICE);
            let call = if route.verb == "POST" { call.json(&body(route)) } else { call };
            let answer = call.send().await;
            let told = stock.told_in(&answer, &format!("{path} {asked}"));
            assert!(told.is_empty(), "{route:?} told {told:?}: {answer:?}");
            let is_there = answer.status.as_u16() != 404;
            assert_eq!(is_there, !route.names_something(), "{path} {route:?}: {answer:?}");
            tried.push(path);
        }
    }
    assert_eq!(stock.missing_in(&tried), Vec::<&str>::new(), "not tried by the other: {tried:?}");
    assert_eq!(seen(&house, &stock).await, before, "another merchant changed something");
}
