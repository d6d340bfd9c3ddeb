//! Who is looking at what, within this process.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;

use super::lock;
use crate::ids::PaymentId;
use crate::ports::Watches;
use crate::time::Timestamp;

/// Payments that somebody looks at. What is over is forgotten when it is next asked about any.
#[derive(Debug, Default)]
pub struct MemoryWatches {
    until: Mutex<BTreeMap<PaymentId, Timestamp>>,
}

#[async_trait]
impl Watches for MemoryWatches {
    async fn watch(&self, payment: &PaymentId, until: Timestamp) {
        let mut watches = lock(&self.until);
        let known = watches.entry(*payment).or_insert(until);
        *known = until.max(*known);
    }

    async fn is_watched(&self, payment: &PaymentId, now: Timestamp) -> bool {
        let mut watches = lock(&self.until);
        watches.retain(|_, until| *until > now);
        watches.contains_key(payment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::executor::block_on;
    use std::time::Duration;
    use uuid::Uuid;

    #[test]
    fn a_watch_lasts_until_the_latest_time_that_was_named() {
        let (watches, payment) = (MemoryWatches::default(), PaymentId::new(Uuid::from_u128(1)));
        let after = |seconds| Timestamp::EPOCH.plus(Duration::from_secs(seconds));
        block_on(async {
            watches.watch(&payment, after(20)).await;
            watches.watch(&payment, after(10)).await;
            assert!(watches.is_watched(&payment, after(19)).await);
            assert!(!watches.is_watched(&payment, after(20)).await);
            assert!(!watches.is_watched(&PaymentId::new(Uuid::from_u128(2)), after(0)).await);
        });
    }
}
