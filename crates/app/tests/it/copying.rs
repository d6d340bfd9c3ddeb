//! Stores that are copied: to a file while they are at work, and to the store of many nodes.

use std::path::Path;
use std::process::Command;

use mstore_pay_app::{Database as DatabaseUrl, Store, open_store};
use mstore_pay_domain::ids::{MerchantId, OrderCode};
use mstore_pay_domain::payment::Payment;
use mstore_pay_throwaway_postgres::Database;

use crate::house::{House, MERCHANT, run};

async fn payments(url: &str, orders: &[&str]) -> Vec<Payment> {
    let database: DatabaseUrl = url.parse().unwrap();
    let store = open_store(&database).await.unwrap();
    let mut payments = Vec::new();
    for order in orders {
        payments.extend(of_order(&*store, order).await);
    }
    payments
}

async fn of_order(store: &dyn Store, order: &str) -> Vec<Payment> {
    let (merchant, code) = (MerchantId::parse(MERCHANT).unwrap(), OrderCode::parse(order).unwrap());
    store.of_order(&merchant, &code).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_backed_up_while_its_gateway_works_and_nothing_is_written_over() {
    let house = House::open().await;
    house.pay_by_qris("TRX-1", 33_000).await;
    let copy = house.folder().join("copy");
    let backup = ["backup", "--database-url", &house.database_url(), "--to", copy.to_str().unwrap()];
    let (succeeded, said) = run(&backup);
    assert!(succeeded && std::fs::metadata(&copy).unwrap().len() > 1_000, "{said}");
    house.pay_by_qris("TRX-2", 33_000).await;
    let before = std::fs::read(&copy).unwrap();
    let (succeeded, said) = run(&backup);
    assert!(!succeeded && said.contains("could not back up"), "{said}");
    assert_eq!(std::fs::read(&copy).unwrap(), before, "the first copy stays as it was");
}

/// A store made of a backup: the file itself, or a database that PostgreSQL's own program filled from it.
struct Restored {
    url: String,
    _database: Option<Database>,
}

impl Restored {
    fn from(backup: &Path, of: &str) -> Self {
        if of.starts_with("sqlite") {
            return Self { url: format!("sqlite://{}", backup.display()), _database: None };
        }
        let database = Database::empty();
        let restored = Command::new("pg_restore").args(["--dbname", &database.url()]).arg(backup).output().unwrap();
        assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
        Self { url: database.url(), _database: Some(database) }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_is_a_store_again_as_it_was_at_its_moment_and_its_trail_holds() {
    let house = House::open().await;
    let paid = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&paid["payment_id"], "paid").await;
    let copy = house.folder().join("copy");
    let (succeeded, said) = run(&["backup", "--database-url", &house.database_url(), "--to", copy.to_str().unwrap()]);
    assert!(succeeded, "{said}");
    house.pay_by_qris("TRX-2", 33_000).await;
    let restored = Restored::from(&copy, &house.database_url());
    let (holds, said) = run(&["audit", "verify", "--database-url", &restored.url]);
    assert!(holds && said.contains("every one holds"), "{said}");
    let kept = payments(&restored.url, &["TRX-1", "TRX-2"]).await;
    let statuses: Vec<(&str, &str)> =
        kept.iter().map(|payment| (payment.order_code.as_str(), payment.status().word())).collect();
    assert_eq!(statuses, [("TRX-1", "paid")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_of_one_box_becomes_one_of_many_nodes_with_every_payment_and_chain() {
    const ORDERS: [&str; 3] = ["TRX-1", "TRX-2", "TRX-3"];
    let mut house = House::open().await;
    for order in ORDERS {
        house.pay_by_qris(order, 33_000).await;
    }
    let paid = house.pay_by_qris("TRX-1", 33_000).await;
    house.customer_pays("TRX-1", true).await;
    house.until_status(&paid["payment_id"], "paid").await;
    house.stop().await;
    let (from, target) = (house.database_url(), Database::empty());
    let copy = ["store", "copy", "--from", &from, "--to", &target.url()];
    let (succeeded, said) = run(&copy);
    if from.starts_with("postgres") {
        assert!(!succeeded && said.contains("can only copy from sqlite://"), "{said}");
        return;
    }
    assert!(succeeded && said.contains("every one holds"), "{said}");
    let (before, after) = (payments(&from, &ORDERS).await, payments(&target.url(), &ORDERS).await);
    assert_eq!((before.len(), &before), (ORDERS.len(), &after));
    let (succeeded, said) = run(&copy);
    assert!(!succeeded && said.contains("has rows already"), "{said}");

    let house = house.move_to(target).await;
    assert_eq!(house.payment(&paid["payment_id"]).await["status"], "paid");
    house.pay_by_qris("TRX-4", 33_000).await;
}
