//! Commands that only look, from another process, while the gateway sells.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Instant;

use crate::house::{House, SOON, qris, run};

const TILLS: u32 = 3;
/// Looks at least, and what is sold meanwhile at least.
const LOOKS: usize = 3;
const SOLD_MEANWHILE: u32 = 6;

/// Sells and takes money until it is told to stop; how many payments were opened.
async fn sell(house: Arc<House>, till: u32, closing: Arc<AtomicBool>, sold: Arc<AtomicU32>) {
    for number in 0_u32.. {
        if closing.load(Ordering::SeqCst) {
            return;
        }
        let order = format!("TRX-{till}-{number}");
        house.post("/api/v1/pos/payments").json(&qris(&order, 33_000)).send().await.expect_status(200);
        sold.fetch_add(1, Ordering::SeqCst);
        house.customer_pays(&order, number.is_multiple_of(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_audit_trail_is_verified_and_exceptions_are_listed_while_the_gateway_sells() {
    let house = Arc::new(House::open_with(&["--create-rate-limit=off", "--xendit-rate-limit=off"]).await);
    let (closing, sold) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
    let runtime = tokio::runtime::Handle::current();
    let tills: Vec<_> = (0..TILLS)
        .map(|till| runtime.spawn(sell(Arc::clone(&house), till, Arc::clone(&closing), Arc::clone(&sold))))
        .collect();
    let url = house.database_url();
    let (before, deadline, mut looks) = (sold.load(Ordering::SeqCst), Instant::now() + 3 * SOON, 0);
    while looks < LOOKS || sold.load(Ordering::SeqCst) < before + SOLD_MEANWHILE {
        assert!(Instant::now() < deadline, "{looks} looks, {before} sold before, {sold:?} now");
        looks += 1;
        let url = url.clone();
        let verify = move || run(&["audit", "verify", "--database-url", &url]);
        let (holds, said) = runtime.spawn_blocking(verify).await.unwrap();
        assert!(holds && said.contains("every one holds") && said.contains("bodies are as they were"), "{said}");
    }
    let list = move || run(&["exceptions", "list", "--database-url", &url, "--merchant", "M1"]);
    let (listed, said) = runtime.spawn_blocking(list).await.unwrap();
    assert!(listed, "{said}");
    closing.store(true, Ordering::SeqCst);
    for till in tills {
        till.await.unwrap();
    }
}

#[test]
fn looking_at_a_store_that_is_not_there_makes_none() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("none.db");
    let url = format!("sqlite://{}", file.display());
    for command in [["audit", "verify"], ["exceptions", "list"]] {
        let (succeeded, said) = run(&[&command[..], &["--database-url", &url]].concat());
        assert!(!succeeded && said.contains("could not open") && said.contains("none.db"), "{said}");
        assert!(!file.exists());
    }
}
