use std::time::Instant;

use mstore_pay_throwaway_postgres::Cluster;

use crate::cases::shop::{PATIENCE, RECOVERED_WITHIN, Shop, millis};
use crate::rig::{Pay, Plan, StoreKind};
use crate::scale::{at_once, cases};
use crate::till::{Sale, Till};

const PAYMENTS: u64 = 10_000;
const TILLS: usize = 12;
/// One of so many is paid.
const PAID_ONE_OF: u64 = 10;
const NODES: usize = 2;

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_one_box_is_copied_verified_and_served_by_two_nodes() {
    let mut shop = Shop::open_as(Plan::over(StoreKind::Sqlite)).await;
    let n = cases(PAYMENTS);
    let sell = |number: u64| {
        let shop = &shop;
        async move {
            let shown = shop.show(&Sale::of(format!("COPY-{number}"), 33_000)).await;
            if number.is_multiple_of(PAID_ONE_OF) {
                let object = shop.rig.control.scan(&shown.reference, &shown.qr).await;
                shop.rig.control.pay(&object, &Pay::default()).await;
                shop.till.await_status(&shown.payment_id, "paid", RECOVERED_WITHIN).await;
            }
            shown.payment_id
        }
    };
    let sold = at_once(n, TILLS, sell).await;
    shop.rig.kill_gateway();

    let cluster = Cluster::start(&[]);
    cluster.run("postgres", "CREATE DATABASE pay").expect("a database");
    let (from, to) = (shop.rig.database_url(), cluster.url("pay"));
    let began = Instant::now();
    let (copied, said) = shop.rig.run(&["store", "copy", "--from", &from, "--to", &to]);
    let copying = began.elapsed();
    assert!(copied, "{said}");
    let (holds, said) = shop.rig.run(&["audit", "verify", "--database-url", &to]);
    assert!(holds, "{said}");
    shop.rig.move_to_nodes(NODES, to).await;

    shop.till = Till::new(&shop.rig, "M1", "L0_CASHIER", PATIENCE, &shop.log);
    let found = at_once(n, TILLS, |index| {
        let (till, payment) = (&shop.till, &sold[usize::try_from(index).expect("an index")]);
        async move { till.get(payment).await.status() }
    })
    .await;
    let served = found.iter().filter(|status| **status == 200).count();
    for number in 0..NODES {
        shop.show(&Sale::of(format!("COPY-AFTER-{number}"), 33_000)).await;
    }
    shop.judge("COPY").await;
    println!("F00 copied n={n} copied_in={}ms verified=1 nodes={NODES} served={served}", millis(copying));
    assert_eq!(u64::try_from(served), Ok(n), "every payment is told of by the nodes");
}
