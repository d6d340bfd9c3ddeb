//! What may be wrong with the provider that is asked first.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use super::shop::Shop;

/// How long a provider that flaps is up, and then down.
const FLAPS_EVERY: Duration = Duration::from_secs(2);

/// What is wrong with Xendit, in a shop that reaches it by a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trouble {
    /// Nobody listens.
    Refusing,
    /// It does what it is asked, and never says so.
    Hanging,
    /// It is there every other two seconds, and cuts off whoever calls meanwhile.
    Flapping,
    /// It does what it is asked, and answers nonsense.
    Garbage,
    /// It does what it is asked, and three of ten answers are lost.
    Losing,
}

impl Trouble {
    pub(super) const ALL: [Self; 5] = [Self::Refusing, Self::Hanging, Self::Flapping, Self::Garbage, Self::Losing];

    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Refusing => "refusing",
            Self::Hanging => "hanging",
            Self::Flapping => "flapping",
            Self::Garbage => "garbage",
            Self::Losing => "losing",
        }
    }

    pub(super) async fn begin(self, shop: &mut Shop) {
        let rule = |effect: &str, probability: &str| {
            let probability: serde_json::Number = probability.parse().expect("a number");
            json!({"provider": "xendit", "operation": "open", "effect": effect, "probability": probability})
        };
        let as_if_well = |mut rule: serde_json::Value| {
            rule["status"] = json!(200);
            rule
        };
        let rules = match self {
            Self::Refusing => return shop.rig.line().take_down(),
            Self::Hanging => json!([rule("timeout_after", "1")]),
            // Switched on and off while the tills sell.
            Self::Flapping => return,
            Self::Garbage => json!([
                as_if_well(rule("html_error", "0.34")),
                as_if_well(rule("truncated_json", "0.5")),
                as_if_well(rule("wrong_amount", "1")),
            ]),
            Self::Losing => {
                json!(
                    [rule("timeout_after", "0.1"), rule("disconnect_after", "0.1111"), rule("status_after", "0.125"),]
                )
            }
        };
        shop.rig.control.faults(&rules).await;
    }

    /// What has to be done for it as long as the tills sell.
    pub(super) async fn keep_on(self, shop: &Shop, over: &AtomicBool) {
        let down = json!([{"provider": "xendit", "operation": "open", "effect": "reset"}]);
        while self == Self::Flapping && !over.load(Ordering::Relaxed) {
            shop.rig.control.faults(&down).await;
            sleep(FLAPS_EVERY).await;
            shop.rig.control.faults(&json!([])).await;
            sleep(FLAPS_EVERY).await;
        }
    }

    pub(super) async fn heal(self, shop: &mut Shop) {
        match self {
            Self::Refusing => shop.rig.line().put_up().await,
            Self::Hanging | Self::Flapping | Self::Garbage | Self::Losing => shop.rig.control.faults(&json!([])).await,
        }
    }
}
