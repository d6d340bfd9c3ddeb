//! The feed of changes, and following one payment.

use std::time::{Duration, Instant};

use futures::StreamExt;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::house::{House, MERCHANT, SOON, qris};

const EVENTS: &str = "/api/v1/pos/events";

impl House {
    async fn feed(&self, token: &str, query: &str) -> Value {
        let answer = self.bare(Method::GET, &format!("{EVENTS}?{query}")).bearer(token).send().await;
        answer.expect_status(200);
        answer.data()
    }

    /// Follows a payment from behind the revision that was heard of last.
    async fn follow(&self, payment: &Value, last_event_id: Option<&str>) -> Response {
        let url = format!("{}/api/v1/pos/payments/{}/events", self.base, payment["payment_id"].as_str().unwrap());
        let request = self.client.get(url).bearer_auth(self.token(MERCHANT, "L0_VIEWER"));
        let request = last_event_id.into_iter().fold(request, |request, id| request.header("last-event-id", id));
        request.send().await.unwrap()
    }
}

/// The rest of a stream that ends.
async fn rest(response: Response) -> String {
    String::from_utf8(response.bytes().await.unwrap().to_vec()).unwrap()
}

/// What the events are about: order code and event.
fn told(feed: &Value) -> Vec<(&str, &str)> {
    let items = feed["items"].as_array().unwrap().iter();
    items.map(|item| (item["order_code"].as_str().unwrap(), item["event"].as_str().unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_feed_tells_every_change_once_and_goes_on_where_it_ended() {
    let house = House::open().await;
    let token = house.token(MERCHANT, "L0_VIEWER");
    let nothing = house.feed(&token, "").await;
    assert_eq!(nothing, json!({"items": [], "next_after": "0"}));
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&payment["payment_id"], "paid").await;
    let (mut items, mut after) = (Vec::new(), "0".to_owned());
    loop {
        let feed = house.feed(&token, &format!("after={after}&limit=1")).await;
        let page = feed["items"].as_array().unwrap().clone();
        assert!(page.len() <= 1, "{feed}");
        assert_eq!(page.is_empty(), feed["next_after"] == after.as_str(), "{feed}");
        if page.is_empty() {
            break;
        }
        after = feed["next_after"].as_str().unwrap().to_owned();
        items.extend(page);
    }
    let whole = house.feed(&token, "limit=100").await;
    assert_eq!(whole["items"], json!(items));
    let paid = items.iter().find(|item| item["event"] == "status_changed" && item["status"] == "paid").unwrap();
    assert_eq!((&paid["payment_id"], &paid["order_code"]), (&payment["payment_id"], &json!("TRX-1")), "{paid}");
    assert!(told(&whole).contains(&("TRX-1", "order_paid")), "{whole}");
    // A restart takes nothing from it.
    let house = house.reopen().await;
    let again = house.feed(&house.token(MERCHANT, "L0_VIEWER"), "limit=100").await;
    assert_eq!(again["items"], whole["items"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_is_of_ones_own_merchant_and_branch() {
    let house = House::open().await;
    let token = |merchant, branch| house.token_of(merchant, branch, "L0_CASHIER");
    let (b1, b2, whole, other) =
        (token("M1", Some("B1")), token("M1", Some("B2")), token("M1", None), token("M2", None));
    for (token, order) in [(&b1, "TRX-1"), (&b2, "TRX-2"), (&other, "TRX-3")] {
        let sold = house.bare(Method::POST, "/api/v1/pos/payments").bearer(token).json(&qris(order, 33_000));
        let id = sold.send().await.data()["payment_id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/pos/payments/{id}/cancel");
        house.bare(Method::POST, &path).bearer(token).send().await.expect_status(200);
    }
    let orders = |feed: &Value| {
        let mut orders: Vec<String> = told(feed).iter().map(|(order, _)| (*order).to_owned()).collect();
        orders.dedup();
        orders
    };
    assert_eq!(orders(&house.feed(&b1, "").await), ["TRX-1"]);
    assert_eq!(orders(&house.feed(&b2, "").await), ["TRX-2"]);
    assert_eq!(orders(&house.feed(&whole, "").await), ["TRX-1", "TRX-2"]);
    assert_eq!(orders(&house.feed(&other, "").await), ["TRX-3"]);
    // A branch that sells nothing does not pass by what others were told each time that it asks.
    let quiet = house.feed(&token("M1", Some("B3")), "").await;
    assert_eq!(quiet["items"], json!([]));
    assert_ne!(quiet["next_after"], "0");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feed_that_is_waited_on_answers_as_soon_as_there_is_news() {
    let house = House::open().await;
    let token = house.token(MERCHANT, "L0_VIEWER");
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let start = house.feed(&token, "limit=100").await["next_after"].as_str().unwrap().to_owned();
    let query = format!("after={start}&wait=30");
    let cancelling = async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        let path = format!("/api/v1/pos/payments/{}/cancel", payment["payment_id"].as_str().unwrap());
        house.post(&path).send().await.expect_status(200);
        Instant::now()
    };
    let (feed, cancelled) = tokio::join!(house.feed(&token, &query), cancelling);
    assert!(told(&feed).contains(&("TRX-1", "status_changed")), "{feed}");
    assert!(cancelled.elapsed() < Duration::from_secs(5), "{:?}", cancelled.elapsed());
    let began = Instant::now();
    let end = feed["next_after"].as_str().unwrap();
    let quiet = house.feed(&token, &format!("after={end}&limit=100&wait=1")).await;
    assert!(!told(&quiet).is_empty() || began.elapsed() >= Duration::from_secs(1), "{quiet}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_feed_takes_is_refused() {
    let house = House::open().await;
    for query in ["after=x", "after=-1", "after=", "after=01", "limit=0", "limit=101", "wait=0", "wait=31"] {
        house.get(&format!("{EVENTS}?{query}")).check(422, "invalid_field").await;
    }
    house.bare(Method::GET, EVENTS).check(401, "unauthorized").await;
    house.bare(Method::GET, EVENTS).bearer(&house.token(MERCHANT, "SYSTEM_OPERATOR")).check(403, "forbidden").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_that_comes_back_is_told_only_what_is_new_to_it() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let mut stream = house.follow(&payment, None).await.bytes_stream();
    let first = String::from_utf8(stream.next().await.unwrap().unwrap().to_vec()).unwrap();
    let seen = first.lines().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    drop(stream);
    let back = house.follow(&payment, Some(&seen)).await;
    house.customer_pays("TRX-1", true).await;
    let news = rest(back).await;
    assert!(!news.contains(r#""status":"pending""#) && news.contains(r#""status":"paid""#), "{news}");
    let last = news.lines().rev().find_map(|line| line.strip_prefix("id: ")).unwrap().to_owned();
    assert_ne!(last, seen);
    // A browser that missed the end is told it, one that has it is told to stay away.
    assert!(rest(house.follow(&payment, Some(&seen)).await).await.contains(r#""status":"paid""#));
    let deadline = Instant::now() + SOON;
    loop {
        let path = format!("/api/v1/pos/payments/{}", payment["payment_id"].as_str().unwrap());
        let tag = house.get(&path).send().await.header("etag").trim_matches('"').to_owned();
        if house.follow(&payment, Some(&tag)).await.status() == StatusCode::NO_CONTENT {
            break;
        }
        assert!(Instant::now() < deadline, "nothing ends the connecting");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_follower_hears_every_fifteen_seconds_that_the_line_stands() {
    let house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let mut stream = house.follow(&payment, None).await.bytes_stream();
    stream.next().await.unwrap().unwrap();
    let began = Instant::now();
    let beat = tokio::time::timeout(Duration::from_secs(20), stream.next()).await.expect("a heartbeat in time");
    assert_eq!(beat.unwrap().unwrap().as_ref(), b": still here\n\n");
    assert!(began.elapsed() > Duration::from_secs(14), "{:?}", began.elapsed());
}
