use std::time::Duration;

use tokio::time::{sleep, timeout};

use crate::faults::{Effect, Operation};
use crate::ledger::Charge;
use crate::money::{Attempt, Telling};
use crate::sandbox::{Sandbox, subject_of};

/// How long a create call waits for the webhook that was ordered to come before its answer.
const EARLY_WEBHOOK_SECONDS_MAX: u64 = 10;

impl Sandbox {
    /// Where a rule orders the webhook before the answer: the customer pays at once, the webhook is answered, and only
    /// then, after the rule's own delay, the caller hears of its charge.
    pub(crate) async fn tell_early(&self, charge: &Charge) {
        let fired = self.fault(subject_of(charge, Operation::Webhook), |effect| effect == Effect::BeforeResponse);
        let Some(fired) = fired else {
            return;
        };
        let now = self.clock.now();
        let attempt = Attempt { telling: Telling::ByCaller, ..Attempt::plain() };
        let (attempted, _mark) = self.with_books(|pen| self.attempt(pen, charge, attempt, now));
        if let Ok((_payment, Some(notification_id))) = attempted {
            let answered = self.webhooks.send_now(notification_id, true, now);
            // Whether it was answered in time or not, the caller gets its answer.
            timeout(Duration::from_secs(EARLY_WEBHOOK_SECONDS_MAX), answered).await.ok();
        }
        sleep(Duration::from_millis(fired.delay_ms.unwrap_or(0))).await;
    }
}
