//! Whatever somebody with all rights on the database does to the audit tables, `audit verify` finds.

mod change;
mod merchant;
mod raw;

use std::sync::Arc;
use std::time::{Duration, Instant};

use mstore_pay_app::{Database, Store, open_store};
use mstore_pay_domain::audit::AuditHead;
use mstore_pay_domain::audit_trail::{AuditFault, AuditTrail};
use mstore_pay_domain::time::Timestamp;
use reqwest::Method;
use serde_json::json;

use change::{Change, Dice, Trail};
use raw::Raw;

use crate::house::{House, now};

/// Each undone before the next. Over PostgreSQL, where each costs a process, a tenth unless `FAULT_SCALE` is 1 or more.
const CHANGES: u32 = 1_000;
/// How often it is looked whether all was undone.
const LOOK_EVERY: u32 = 250;
const SEED: u64 = 20_261_126;
const DAY: Duration = Duration::from_hours(24);

/// Sells, and has what was sold paid, cancelled or left; calls orders off.
async fn sell(house: &House, of_day: u32) {
    for number in 0..6_u32 {
        let order = format!("TRX-{of_day}-{number}");
        let payment = house.pay_by_qris(&order, 33_000).await;
        match number % 3 {
            0 => {
                house.customer_pays(&order, number == 0).await;
                house.until_status(&payment["payment_id"], "paid").await;
            }
            1 => {
                let path = format!("/api/v1/pos/payments/{}/cancel", payment["payment_id"].as_str().unwrap());
                house.as_cashier_of("M1", Method::POST, &path).json(&json!({})).send().await;
            }
            _ => house.call_off(&format!("{order}-off")).await,
        }
    }
}

fn is_full_scale() -> bool {
    let scale = std::env::var_os("FAULT_SCALE").and_then(|scale| scale.to_str()?.parse::<f64>().ok());
    scale.is_some_and(|scale| scale >= 1.0)
}

async fn anchor(house: &House, at: Timestamp) {
    let store = open_store(&house.config.database).await.unwrap();
    let trail = AuditTrail::new(store.clone(), store);
    trail.anchor_the_day(at).await.unwrap().expect("an anchor");
}

/// What is wrong, in words; and how far the anchors go.
async fn faults(store: &Arc<dyn Store>, noted: Option<AuditHead>) -> (Vec<String>, AuditHead) {
    // Nothing was pruned: every body must be there.
    let trail = AuditTrail::new(store.clone(), store.clone()).with_bodies_since(Timestamp::EPOCH);
    let mut told = Vec::new();
    let tally = trail.verify(noted, &mut |fault: &AuditFault| told.push(fault.to_string())).await.unwrap();
    assert_eq!(u64::try_from(told.len()).unwrap(), tally.faults);
    (told, tally.anchors)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_one_of_a_thousand_changes_to_the_audit_tables_is_found() {
    let mut house = House::open().await;
    sell(&house, 1).await;
    house.stop().await;
    anchor(&house, now().plus(DAY)).await;
    let mut house = house.open_again().await;
    sell(&house, 2).await;
    house.stop().await;
    for day in 2..4 {
        anchor(&house, now().plus(DAY * day)).await;
    }
    let store = open_store(&house.config.database).await.unwrap();
    let mut raw = Raw::beside(&house.config.database);
    let trail = Trail::read(&store).await;
    let (clean, noted) = faults(&store, None).await;
    assert_eq!((clean, trail.is_worth_it()), (Vec::new(), true), "nobody has touched it");

    let is_cheap = matches!(house.config.database, Database::Sqlite(_));
    let changes = if is_cheap || is_full_scale() { CHANGES } else { CHANGES / 10 };
    let (mut dice, since) = (Dice::of(SEED), Instant::now());
    let (mut missed, mut made) = (Vec::new(), std::collections::BTreeMap::<&str, u32>::new());
    for number in 0..changes {
        let change = Change::any(&trail, &mut dice);
        raw.do_instead(&change.statements(raw.dialect()));
        if faults(&store, Some(noted)).await.0.is_empty() {
            missed.push(format!("{number}: {change:?}"));
        }
        *made.entry(change.kind()).or_default() += 1;
        if number % LOOK_EVERY == 0 {
            raw.do_instead(&[]);
            assert_eq!(faults(&store, Some(noted)).await.0, Vec::<String>::new(), "{number} was undone");
        }
    }
    let found = usize::try_from(changes).unwrap() - missed.len();
    println!("{found} of {changes} changes found (seed {SEED}, {:?}): {made:?}", since.elapsed());
    assert_eq!(missed, Vec::<String>::new());
}
