//! Stopping: what is under way ends, then the store is closed.

use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::house::{House, qris};

/// Stops the house after a pause; how long that took.
async fn stopped_after(house: &mut House, pause: Duration) -> Duration {
    tokio::time::sleep(pause).await;
    let since = Instant::now();
    house.stop().await;
    since.elapsed()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_create_under_way_is_answered_and_idle_connections_are_not_waited_for() {
    let mut house = House::open_with(&["--failpoints=before_call=sleep(1000)*1"]).await;
    house.get("/healthz").send().await.expect_status(200);
    let creating = house.post("/api/v1/pos/payments").json(&qris("TRX-1", 33_000)).send();
    let (created, stopped_within) = tokio::join!(creating, stopped_after(&mut house, Duration::from_millis(300)));
    created.expect_status(200);
    assert!(stopped_within < Duration::from_secs(8), "{stopped_within:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_hangs_up_cancels_nothing() {
    let house = House::open_with(&["--failpoints=before_call=sleep(500)*1"]).await;
    let mut till = TcpStream::connect(house.base.trim_start_matches("http://")).await.unwrap();
    let (body, token) = (qris("TRX-1", 33_000).to_string(), house.token("M1", "L0_CASHIER"));
    let request = format!(
        "POST /api/v1/pos/payments HTTP/1.1\r\nhost: h\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    till.write_all(request.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(150)).await;
    // A reset, not a goodbye: the server drops what it was doing for this connection.
    till.set_zero_linger().unwrap();
    drop(till);
    let again = house.pay_by_qris("TRX-1", 33_000).await;
    let charges = house.charges_of("TRX-1").await;
    assert_eq!(charges.len(), 1, "{charges:?}");
    assert_eq!(charges[0]["id"], again["reference_id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_wait_are_let_go() {
    let mut house = House::open().await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    let path = format!("/api/v1/pos/payments/{}?wait=30", payment["payment_id"].as_str().unwrap());
    let waiting = house.get(&path).send();
    let (waited, stopped_within) = tokio::join!(waiting, stopped_after(&mut house, Duration::from_millis(200)));
    assert_eq!(waited.data()["status"], "pending");
    assert!(stopped_within < Duration::from_secs(5), "{stopped_within:?}");
}
