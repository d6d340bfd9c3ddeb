//! What only a database does that others share: it has no connection to spare, or does not come to an end with what it
//! was asked.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::run;
use serde_json::Value;

use crate::house::{House, SOON, qris};

const PAYMENTS: &str = "/api/v1/pos/payments";
const ORDERS: [&str; 2] = ["TRX-1", "TRX-2"];
/// The one connection is waited for, then what is asked over it: each within its bounds.
const TOLD_WITHIN: Duration = Duration::from_secs(20);
/// The locks of whoever has the table of payments to itself.
const HOLDERS: &str = "FROM pg_locks WHERE granted AND mode = 'AccessExclusiveLock' AND locktype = 'relation' \
                       AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) \
                       AND relation = 'payments'::regclass";

/// Another session that has the table of payments to itself until it is told to let go.
struct Holder {
    url: String,
    session: JoinHandle<Result<String, String>>,
}

impl Holder {
    async fn of_payments(url: String) -> Self {
        let theirs = url.clone();
        let session = thread::spawn(move || run(&theirs, "BEGIN; LOCK TABLE payments; SELECT pg_sleep(60); COMMIT"));
        let deadline = Instant::now() + SOON;
        while run(&url, &format!("SELECT count(*) {HOLDERS}")).unwrap() == "0" {
            assert!(Instant::now() < deadline, "the table is not held");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Self { url, session }
    }

    fn let_go(self) {
        run(&self.url, &format!("SELECT pg_terminate_backend(pid) {HOLDERS}")).unwrap();
        let ended = self.session.join().unwrap();
        assert!(ended.is_err(), "it let go before it was told to");
    }
}

/// What the provider was asked to open.
async fn openings(house: &House) -> Vec<Value> {
    let calls = house.client.get(format!("{}/_control/requests", house.sandbox)).send().await.unwrap();
    let calls: Vec<Value> = calls.json().await.unwrap();
    calls.into_iter().filter(|call| call.get("method").is_some_and(|method| method == "POST")).collect()
}

/// Asks until it is answered otherwise than to come back; that must be well.
async fn create(house: &House, order: &str) {
    let deadline = Instant::now() + SOON;
    loop {
        let answer = house.post(PAYMENTS).json(&qris(order, 33_000)).send().await;
        if answer.status.as_u16() != 503 || Instant::now() >= deadline {
            return answer.expect_status(200);
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_connection_is_free_and_none_comes_to_an_end_a_create_is_put_off_before_a_provider_is_called() {
    let house = House::open_with(&["--database-connections=1"]).await;
    let holder = Holder::of_payments(house.database_url()).await;
    let asked = Instant::now();
    let put_off = |order: &str| house.post(PAYMENTS).json(&qris(order, 33_000)).check(503, "store_unavailable");
    let (first, second) = tokio::join!(put_off(ORDERS[0]), put_off(ORDERS[1]));
    let took = asked.elapsed();
    assert!(took < TOLD_WITHIN, "told only after {took:?}");
    for answer in [first, second] {
        let pause = answer.header("retry-after").parse::<u64>();
        assert!(pause.is_ok_and(|seconds| seconds > 0), "{answer:?}");
    }
    assert_eq!(openings(&house).await, Vec::<Value>::new());

    holder.let_go();
    for order in ORDERS {
        create(&house, order).await;
        let charges = house.charges_of(order).await;
        assert_eq!(charges.len(), 1, "{charges:?}");
    }
    assert_eq!(openings(&house).await.len(), ORDERS.len());
}
