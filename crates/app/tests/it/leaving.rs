//! A process that leaves what goes on without a request to others.

use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::house::House;

const SOON: Duration = Duration::from_secs(10);
/// In so long any worker would have come by.
const LOOKS: Duration = Duration::from_millis(1_500);

fn states(house: &House) -> Vec<Value> {
    house.rows("webhook_inbox").into_iter().map(|row| row["state"].clone()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_comes_in_where_no_work_is_done_is_kept_and_settled_where_it_is() {
    let house = House::open_with(&["--workers=off"]).await;
    let payment = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    let deadline = Instant::now() + SOON;
    while states(&house).is_empty() {
        assert!(Instant::now() < deadline, "no webhook was taken in");
        sleep(Duration::from_millis(50)).await;
    }
    sleep(LOOKS).await;
    assert_eq!(states(&house), ["open"]);
    let house = house.reopen().await;
    house.until_status(&payment["payment_id"], "paid").await;
}
