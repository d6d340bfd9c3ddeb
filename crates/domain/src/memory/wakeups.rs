//! Waiting for changes by looking again.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;

use crate::ids::PaymentId;
use crate::ports::{Clock, Wakeups};

/// From one look to the next.
const POLL: Duration = Duration::from_millis(250);

/// Nobody is woken: whoever waits looks again every quarter of a second.
pub struct PollingWakeups {
    clock: Arc<dyn Clock>,
}

impl PollingWakeups {
    /// Pauses by that clock.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self { clock }
    }
}

#[async_trait]
impl Wakeups for PollingWakeups {
    fn wake(&self, _payment: &PaymentId) {}

    fn wake_here(&self, _payment: &PaymentId) {}

    async fn changed(&self, _payment: &PaymentId, within: Duration) {
        self.clock.sleep(within.min(POLL)).await;
    }
}
