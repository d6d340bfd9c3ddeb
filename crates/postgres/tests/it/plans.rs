//! Statements go by an index from the first row on, however little the server knows of a table yet.

use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::idempotency::StoredAnswer;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Accepted, Outbox, PaymentName, PaymentRepository, WebhookInbox};
use mstore_pay_domain::unit_of_work::{Due, IdempotencyWrite, InboxFate, InboxMark, LiveOrderWrite, UnitOfWork};
use mstore_pay_postgres::{Options, PostgresStore};

use crate::fixtures::{Site, delivery, message_about, stored, unit};
use crate::together::{commit_all, payment_of, sale, slot};

const LONG: Duration = Duration::from_hours(1);
const SALES: usize = 20;
/// Until what a session did is counted for all, at the latest, in tenths of a second.
const TENTHS_MAX: usize = 300;

/// How often a table was read from end to end, and by index.
fn scans(site: &Site, table: &str) -> (u64, u64) {
    let counted = format!("SELECT seq_scan || ' ' || idx_scan FROM pg_stat_user_tables WHERE relname = '{table}'");
    let counted = site.text(&counted);
    let (whole, by_index) = counted.split_once(' ').unwrap();
    (whole.parse().unwrap(), by_index.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_and_told_on_a_fresh_database_is_found_by_index() {
    let site = Site::new();
    let store = site.open().await;
    let tables = ["payments", "charges", "outbox"];
    let before: Vec<_> = tables.iter().map(|table| scans(&site, table)).collect();
    for _ in 0..SALES {
        let payment = stored(&store, &site.payment(), Due::Never).await;
        let mut work = unit(&payment, Due::Never);
        work.outbox.push(message_about(&payment, &site.ids));
        store.commit(&work).await.unwrap();
        store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap();
        let claimed = Outbox::claim(&store, 1, site.lease(LONG)).await.unwrap();
        join_all(claimed.iter().map(|leased| store.sent(&leased.message.id, leased.token))).await;
    }
    // A session tells what it did when it ends.
    drop(store);
    check_scans(&site, &tables, &before, u64::try_from(SALES).unwrap()).await;
}

/// Waits until each table was read by index so often more, and checks that none was read from end to end.
async fn check_scans(site: &Site, tables: &[&str], before: &[(u64, u64)], reads: u64) {
    for (table, (whole, by_index)) in tables.iter().zip(before) {
        for _ in 0..TENTHS_MAX {
            if scans(site, table).1 >= by_index + reads {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (whole_after, by_index_after) = scans(site, table);
        assert!(by_index_after > *by_index, "{table} was not read");
        assert_eq!(whole_after, *whole, "{table} was read from end to end");
    }
}

/// What ends a sale: its answer, its place that is free again, its key that is forgotten, and a webhook that is done with.
async fn end_of_sale(site: &Site, store: &PostgresStore, payment: &Payment) -> [UnitOfWork; 2] {
    let Accepted::New(held) = store.accept(&delivery(&site.ids), site.lease(LONG)).await.unwrap() else {
        panic!("a new delivery");
    };
    let slot = slot(payment, payment.order_code.as_str());
    let mut answered = UnitOfWork::default();
    let answer = StoredAnswer { status: 201, body: b"{}".to_vec() };
    answered.idempotency.push(IdempotencyWrite::Answer { slot: slot.clone(), payment: payment.id, answer });
    answered.inbox.push(InboxMark { delivery: held.delivery.id, token: held.token, fate: InboxFate::Done });
    let mut left = UnitOfWork::default();
    left.idempotency.push(IdempotencyWrite::Release { slot, payment: payment.id });
    let (merchant, order_code) = (payment.merchant.clone(), payment.order_code.clone());
    left.live_orders.push(LiveOrderWrite::Release { merchant, order_code, payment: payment.id });
    [answered, left]
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ended_on_a_fresh_database_is_found_by_index_alone_and_together() {
    const AT_ONCE_MAX: usize = 4;
    let site = Site::new();
    let store = site.open().await;
    let tables = ["idempotency_keys", "live_orders", "webhook_inbox"];
    let before: Vec<_> = tables.iter().map(|table| scans(&site, table)).collect();
    for round in 0..SALES {
        let orders = (0..=round % AT_ONCE_MAX).map(|n| format!("TRX-{round}-{n}"));
        let payments: Vec<Payment> = orders.map(|order| payment_of(&site, &order)).collect();
        let sales: Vec<UnitOfWork> = payments.iter().map(|new| sale(&site, new, Due::Never)).collect();
        let ends = join_all(payments.iter().map(|sold| end_of_sale(&site, &store, sold))).await;
        let (answers, left): (Vec<_>, Vec<_>) = ends.into_iter().map(|[answered, left]| (answered, left)).unzip();
        for units in [sales, answers, left] {
            assert!(commit_all(&store, &units).await.iter().all(Result::is_ok));
        }
    }
    // A session tells what it did when it ends.
    drop(store);
    check_scans(&site, &tables, &before, u64::try_from(SALES).unwrap()).await;
    assert_eq!(site.text("SELECT count(*) FROM idempotency_keys").trim(), "0");
    assert_eq!(site.text("SELECT count(*) FROM live_orders").trim(), "0");
    assert_eq!(site.text("SELECT DISTINCT state FROM webhook_inbox").trim(), "done");
}

/// Rows of a table that were fetched by index.
fn fetched(site: &Site, table: &str) -> u64 {
    let counted = format!("SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = '{table}'");
    site.text(&counted).trim().parse().unwrap()
}

/// The same of several, once no more than so many sessions are left: one tells what it did when it ends.
async fn fetched_in_all(site: &Site, tables: &[&str], left: u32) -> Vec<u64> {
    let there = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while site.text(there).trim().parse::<u32>().unwrap() > left {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tables.iter().map(|table| fetched(site, table)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_was_planned_before_anything_was_sold_reads_no_more_than_it_asks_for() {
    const LOOKS: u64 = 20;
    let site = Site::new();
    let tables = ["payments", "payment_details", "charges"];
    // One session, so that one plan.
    let till = site.open_with(Options { connections: 1, ..Options::default() }).await;
    let payment = site.payment();
    let name = PaymentName::Id(payment.id);
    assert_eq!(till.payment_in_order(&payment.merchant, &name).await.unwrap(), None);
    let seller = site.open().await;
    for _ in 0..SALES * 10 {
        seller.commit(&unit(&site.payment(), Due::Never)).await.unwrap();
    }
    seller.commit(&unit(&payment, Due::Never)).await.unwrap();
    drop(seller);
    let before = fetched_in_all(&site, &tables, 1).await;
    for _ in 0..LOOKS {
        till.payment_in_order(&payment.merchant, &name).await.unwrap().unwrap();
    }
    drop(till);
    let after = fetched_in_all(&site, &tables, 0).await;
    for ((table, before), after) in tables.iter().zip(before).zip(after) {
        assert!(after - before <= LOOKS * 10, "{table}: {} rows for {LOOKS} looks", after - before);
    }
}
