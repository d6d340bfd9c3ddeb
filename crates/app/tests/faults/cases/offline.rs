//! What the cases about tills without a line share.

use mstore_pay_domain::cash::CashTender;
use mstore_pay_domain::ids::{DeviceId, MerchantId, OrderCode};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::offline::{OfflineConflict, OfflineEntry};
use mstore_pay_domain::ports::ConflictFilter;
use serde_json::{Value, json};

use super::shop::Shop;
use crate::till::{Exchange, Till};

pub(super) const SYNC: &str = "/api/v1/pos/offline/batch-sync";
pub(super) const TRANSACTIONS: &str = "/api/v1/transactions";
const CONFLICTS_MAX: u32 = 100_000;
const AT: &str = "2026-11-26T08:00:00Z";

/// The name that a till gives to something it did.
pub(super) fn reference(device: &str, number: u64) -> String {
    format!("{device}-20261126-{number:05}")
}

/// A payment as a till reports it.
pub(super) fn paid(reference: &str, order: &str, method: &str, amount: i64) -> Value {
    json!({"offline_reference": reference, "order_code": order, "method": method, "amount": amount,
        "currency": "IDR", "created_at_device": AT})
}

/// An order that a till called off, as it reports that.
pub(super) fn called_off(reference: &str, order: &str) -> Value {
    json!({"offline_reference": reference, "transaction_code": order, "created_at_device": AT})
}

/// Cash for so many orders of a till, one after the other.
pub(super) fn cash_of(device: &str, case: &str, count: u64) -> Vec<Value> {
    let item = |n| paid(&reference(device, n), &format!("{case}-{n}"), "cash", 10_000 + i64::try_from(n).expect("few"));
    (0..count).map(item).collect()
}

/// Reports payments, once.
pub(super) async fn report(till: &Till, device: &str, payments: &[Value]) -> Exchange {
    report_as("payments", till, device, payments).await
}

/// Reports what the batch calls by that name, once.
pub(super) async fn report_as(list: &str, till: &Till, device: &str, items: &[Value]) -> Exchange {
    let mut body = json!({"device_id": device, "synced_at": chrono::Utc::now()});
    body[list] = json!(items);
    till.post(SYNC, &body).await
}

/// What is kept of tills' reports.
pub(super) struct Kept {
    pub(super) entries: Vec<OfflineEntry>,
    pub(super) tenders: Vec<CashTender>,
    pub(super) conflicts: Vec<OfflineConflict>,
}

impl Kept {
    /// What the store holds of these tills, and of the cash for these orders.
    pub(super) async fn of(shop: &Shop, devices: &[&str], orders: impl Iterator<Item = String>) -> Self {
        let store = shop.rig.store_to_read().await;
        let merchant = MerchantId::parse(shop.till.merchant.as_str()).expect("a merchant");
        let (mut entries, mut tenders) = (Vec::new(), Vec::new());
        for device in devices {
            let device = DeviceId::parse(*device).expect("a till");
            entries.extend(store.entries(&merchant, &device).await.expect("entries"));
        }
        for order in orders {
            let code = OrderCode::parse(order).expect("an order code");
            tenders.extend(store.tenders(&merchant, &code).await.expect("cash of an order"));
        }
        let all = ConflictFilter { merchant, branch: None, device: None, order_code: None, open: None };
        let conflicts = store.conflicts(&all, None, CONFLICTS_MAX).await.expect("conflicts");
        Self { entries, tenders, conflicts }
    }

    /// The cash, in rupiah.
    pub(super) fn rupiah(&self) -> i64 {
        Money::sum(self.tenders.iter().map(|tender| &tender.amount)).minor_units() / 100
    }
}

/// How many results of a batch are a success.
pub(super) fn successes(exchange: &Exchange) -> u64 {
    exchange.data()["success_count"].as_u64().unwrap_or_else(|| panic!("no batch was answered: {:?}", exchange.outcome))
}

/// The sum of what was reported, in rupiah.
pub(super) fn sum(items: &[Value]) -> i64 {
    items.iter().map(|item| item["amount"].as_i64().expect("an amount")).sum()
}
