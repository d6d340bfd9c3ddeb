//! How much waits.

use async_trait::async_trait;

use super::MemoryStore;
use super::tables::Tables;
use crate::exception::ExceptionState;
use crate::payment::PaymentStatus;
use crate::ports::{Census, CensusCounts, PENDING_AGES, StoreError};
use crate::time::Timestamp;

impl Tables {
    fn census(&self, now: Timestamp) -> CensusCounts {
        let pending = |since: Timestamp| {
            let rows = self.payments.rows().values().map(|row| &row.payment);
            let waiting = rows.filter(|payment| payment.status() == PaymentStatus::Pending);
            number(waiting.filter(|payment| payment.created_at <= since).count())
        };
        let mut counts = CensusCounts {
            pending: PENDING_AGES.map(|age| pending(now.minus(age))),
            messages: number(self.outbox.len()),
            oldest_message: self.outbox.rows().values().next().map(|row| row.message.at),
            ..CensusCounts::default()
        };
        for exception in self.exceptions.rows().values().filter(|known| known.state == ExceptionState::Open) {
            let count = counts.exceptions.entry(exception.misfit.kind().to_owned()).or_default();
            *count = count.saturating_add(1);
        }
        counts
    }
}

fn number(rows: usize) -> u64 {
    u64::try_from(rows).unwrap_or(u64::MAX)
}

#[async_trait]
impl Census for MemoryStore {
    async fn census(&self, now: Timestamp) -> Result<CensusCounts, StoreError> {
        Ok(self.read(|tables| tables.census(now)))
    }
}
