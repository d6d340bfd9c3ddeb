//! What every case starts from.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use crate::checker::{self, Judged, Licence};
use crate::rig::{Plan, Provider, Rig, StoreKind};
use crate::till::{ClientLog, Sale, Shown, Till};

/// How long a till of these cases waits for an answer: longer than the gateway lets a create take.
pub(super) const PATIENCE: Duration = Duration::from_secs(12);
/// How long after a start everything that was under way is to be on its way again: whoever died holds nothing any more,
/// in a store of its own or in a shared one.
pub(super) const RECOVERED_WITHIN: Duration = Duration::from_secs(10);
/// How long a sale is tried.
pub(super) const SALE_WITHIN: Duration = Duration::from_secs(40);

/// Gateways, a sandbox, and the tills of one merchant.
pub(super) struct Shop {
    pub(super) rig: Rig,
    pub(super) log: ClientLog,
    pub(super) till: Till,
}

impl Shop {
    /// A shop with one gateway over the store of this run.
    pub(super) async fn open() -> Self {
        Self::open_as(Plan::over(StoreKind::of_run())).await
    }

    /// A shop with one gateway that sells at these providers, first first.
    pub(super) async fn open_at(providers: &[Provider]) -> Self {
        Self::open_as(Plan::over(StoreKind::of_run()).selling_at(providers)).await
    }

    /// A shop whose provider lists arrived money only so many milliseconds later.
    pub(super) async fn open_listing_after(sweep_lag_ms: u64) -> Self {
        Self::open_as(Plan::over(StoreKind::of_run()).listing_after(sweep_lag_ms)).await
    }

    pub(super) async fn open_as(plan: Plan) -> Self {
        let rig = Rig::start(plan).await;
        let log = ClientLog::default();
        let till = Till::new(&rig, "M1", "L0_CASHIER", PATIENCE, &log);
        Self { rig, log, till }
    }

    /// A sale that must end with a QR code.
    pub(super) async fn show(&self, sale: &Sale) -> Shown {
        let shown = self.till.sell(sale, SALE_WITHIN).await;
        shown.unwrap_or_else(|heard| panic!("{} got no QR code: {heard}", sale.order_code))
    }

    /// Waits until each payment has an open exception of one of these kinds; gives those that have none in time.
    pub(super) async fn unflagged(&self, payments: &[String], kinds: &[&str], within: Duration) -> Vec<String> {
        let deadline = Instant::now() + within;
        let mut unflagged = payments.to_vec();
        loop {
            let exceptions = self.till.exceptions().await;
            unflagged.retain(|payment| {
                !exceptions.iter().any(|exception| {
                    exception["payment_id"] == payment.as_str()
                        && kinds.iter().any(|kind| exception["kind"] == *kind)
                        && exception["state"] == "open"
                })
            });
            if unflagged.is_empty() || Instant::now() >= deadline {
                return unflagged;
            }
            sleep(Duration::from_millis(250)).await;
        }
    }

    /// Whether the provider has an object of that order.
    pub(super) async fn has_object(&self, order_code: &str) -> bool {
        let charges = self.rig.control.charges().await;
        charges.iter().any(|charge| charge.order_code.as_deref() == Some(order_code))
    }

    /// Has a rule in force at the provider that is asked first.
    pub(super) fn rule(&self, operation: &str, effect: &str) -> Value {
        json!({"provider": self.rig.provider().word(), "operation": operation, "effect": effect})
    }

    /// How the line for openings of a method stands, as operators are told: `closed`, `half_open`, `open`; empty if it
    /// was never used.
    pub(super) async fn breaker(&self, provider: Provider, method: &str) -> String {
        let ready = self.till.read("/readyz?verbose").await.data();
        let lines = ready["providers"].as_array().cloned().unwrap_or_default();
        let line = lines.into_iter().find(|line| {
            line["provider"] == provider.word() && line["operation"] == "open" && line["method"] == method
        });
        line.and_then(|line| line["breaker"].as_str().map(str::to_owned)).unwrap_or_default()
    }

    pub(super) async fn judge(mut self, case: &str) -> Judged {
        checker::judge(case, &mut self.rig, &self.log, &[self.till], Licence::default()).await
    }
}

pub(super) fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
