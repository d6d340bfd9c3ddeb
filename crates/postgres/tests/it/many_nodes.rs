//! Each row has one holder, however many nodes take rows.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::PaymentRepository;
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::PostgresStore;
use tokio::runtime::Handle;

use crate::fixtures::{Site, at, far_future, stored};

const DUE_ROWS: usize = 20_001;

/// Copies the one payment that is stored, under other ids.
fn copy_payment(site: &Site, copies: usize) {
    let copy = |table: &str, changed: &[(&str, &str)]| {
        let columns = site.run(&format!(
            "SELECT column_name FROM information_schema.columns WHERE table_name = '{table}' ORDER BY ordinal_position"
        ));
        let values = columns.lines().map(|column| {
            let changed = changed.iter().find(|(name, _)| *name == column);
            changed.map_or_else(|| column.to_owned(), |(_, value)| (*value).to_owned())
        });
        let values = values.collect::<Vec<_>>().join(", ");
        site.run(&format!("INSERT INTO {table} SELECT {values} FROM {table}, generate_series(1, {copies}) n"));
    };
    let other = |column: &str| format!("left({column}, -8) || lpad(to_hex(n), 8, '0')");
    let (id, payment_id, payment_ref) = (other("id"), other("payment_id"), other("payment_ref"));
    let (charge_id, reference) = (other("charge_id"), other("our_reference"));
    copy("payments", &[("id", &id)]);
    copy("payment_details", &[("payment_id", &payment_id)]);
    copy("charges", &[("id", &id), ("payment_id", &payment_id), ("our_reference", &reference)]);
    copy("receipts", &[("payment_ref", &payment_ref), ("charge_id", &charge_id), ("payment_id", &payment_id)]);
}

async fn take_all(site: Arc<Site>, store: PostgresStore) -> Vec<PaymentId> {
    const AT_ONCE: u32 = 500;
    let mut taken = Vec::new();
    loop {
        let lease = site.lease(Duration::from_hours(1));
        let claimed = store.claim_due(far_future(), AT_ONCE, lease).await.unwrap();
        if claimed.is_empty() {
            return taken;
        }
        taken.extend(claimed.into_iter().map(|held| held.payment.id));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_due_row_is_leased_once_by_four_workers_on_two_nodes() {
    let site = Arc::new(Site::new());
    let nodes = [site.open().await, site.open().await];
    stored(&nodes[0], &site.payment(), Due::At(at(0))).await;
    copy_payment(&site, DUE_ROWS - 1);
    let workers = nodes.iter().cycle().take(4).map(|node| {
        let working = Handle::current().spawn(take_all(Arc::clone(&site), node.clone()));
        async move { working.await.unwrap() }
    });
    let taken: Vec<Vec<PaymentId>> = join_all(workers).await;
    let shares: Vec<usize> = taken.iter().map(Vec::len).collect();
    let distinct: BTreeSet<PaymentId> = taken.into_iter().flatten().collect();
    assert_eq!((shares.iter().sum(), distinct.len()), (DUE_ROWS, DUE_ROWS), "{shares:?}");
    assert!(shares.iter().all(|share| *share > 0), "{shares:?}");
}
