//! Wake-ups over all nodes, beside those that ring for the workers of this one.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::ports::Wakeups;
use mstore_pay_postgres::SharedWakeups;

/// What is committed here rings here and on all nodes; whoever waits hears of either.
pub(super) struct Everywhere {
    pub(super) here: Arc<dyn Wakeups>,
    pub(super) shared: Arc<SharedWakeups>,
}

#[async_trait]
impl Wakeups for Everywhere {
    fn wake(&self, payment: &PaymentId) {
        self.here.wake(payment);
        self.shared.wake(payment);
    }

    fn wake_here(&self, payment: &PaymentId) {
        self.shared.wake_here(payment);
    }

    async fn changed(&self, payment: &PaymentId, within: Duration) {
        self.shared.changed(payment, within).await;
    }
}
