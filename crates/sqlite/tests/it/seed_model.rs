//! MStore's payment model, column by column: the page that says where each is kept is held against the schema. The same
//! file is run on both stores.

use std::path::Path;

use mstore_pay_domain::ids::DeviceId;
use mstore_pay_domain::offline::{OfflineReference, ReportedPayment};
use mstore_pay_domain::ports::PaymentRepository;
use mstore_pay_domain::unit_of_work::{Due, OfflineWrite, UnitOfWork};

use crate::fixtures::{Site, at, stored};

/// The columns that MStore's model has.
const COLUMNS: usize = 34;

/// The lines of the page: a column, its type in PostgreSQL, and where it is kept; `None` in a packaged crate, which has
/// no pages.
pub(crate) fn lines() -> Option<Vec<[String; 3]>> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/seed-model.md");
    let page = std::fs::read_to_string(path).ok()?;
    let lines: Vec<[String; 3]> = page.lines().filter(|line| line.starts_with("| `")).map(line).collect();
    assert_eq!(lines.len(), COLUMNS);
    Some(lines)
}

fn line(line: &str) -> [String; 3] {
    let mut cells = line.split('|').skip(1).map(|cell| cell.trim().replace('`', ""));
    [0; 3].map(|_| cells.next().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_view_has_every_column_of_the_page_in_its_order() {
    let site = Site::new();
    let _store = site.opened().await;
    let Some(lines) = lines() else { return };
    let told: Vec<String> = lines.into_iter().map(|[column, ..]| column).collect();
    assert_eq!(site.columns("seed_payments"), told);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_column_is_kept_where_the_page_says_and_read_from_there() {
    let site = Site::new();
    let _store = site.opened().await;
    let Some(lines) = lines() else { return };
    let definition = site.view("seed_payments");
    let is_read = |name: &str| definition.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    for [column, _, kept_in] in &lines {
        for place in kept_in.split(", ").filter(|place| !place.is_empty()) {
            let (table, cell) = place.split_once('.').unwrap();
            assert!(site.columns(table).iter().any(|known| known == cell), "{column}: there is no {place}");
            assert!(is_read(table) && is_read(cell), "{column}: the view reads no {place}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_payment_that_a_till_reported_reads_as_offline() {
    let site = Site::new();
    let store = site.opened().await;
    let [online, reported] =
        [stored(&store, &site.payment(), Due::Never).await, stored(&store, &site.payment(), Due::Never).await];
    let report = ReportedPayment {
        payment: reported.id,
        merchant: reported.merchant.clone(),
        device: DeviceId::parse("TILL-2").unwrap(),
        reference: OfflineReference::parse("TILL-2-20251013-0001").unwrap(),
        receipt_id: None,
        created_at_device: at(0),
        last_sync_at: at(60),
        sync_attempts: 2,
    };
    let work = UnitOfWork { offline: vec![OfflineWrite::Report(report)], ..UnitOfWork::default() };
    store.commit(&work).await.unwrap();
    let read = |id: &str| {
        site.text(&format!(
            "SELECT CASE WHEN is_offline THEN 'offline' ELSE 'online' END || ' ' || coalesce(device_id, '-') || ' '
                 || coalesce(offline_reference, '-') || ' ' || sync_status || ' '
                 || coalesce(CAST(sync_attempts AS TEXT), '-') || ' '
                 || CASE WHEN last_sync_at IS NULL THEN 'never' ELSE 'once' END AS text
             FROM seed_payments WHERE id = '{id}'"
        ))
    };
    assert_eq!(read(&online.id.to_string()), "online TILL-1 - pending - never");
    assert_eq!(read(&reported.id.to_string()), "offline TILL-1 TILL-2-20251013-0001 synced 2 once");
}
