//! Prune: delete what has been kept for long enough, in small batches.

use std::time::Duration;

use super::Gateway;
use crate::ports::{Prunable, StoreError};
use crate::time::Timestamp;

/// Rows of each kind that go at once: few enough that nobody waits for them.
const ROWS_AT_ONCE: u32 = 200;

/// How far a clock by which it is pruned and one by which that is looked into may be apart.
const CLOCKS_APART_MAX: Duration = Duration::from_hours(1);

/// How long things are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// Redacted bodies, after the last audit record that speaks of them; `None`: for ever.
    pub bodies: Option<Duration>,
    /// How customers are reached and what they are called, after their payment began. Longer than it is watched: a week.
    pub customers: Duration,
    /// Deliveries that were dealt with, messages that went out, and idempotency keys after their time. Longer than
    /// anybody sends a webhook again: Xendit does for a day and Midtrans for six hours, whoever replays recorded ones
    /// does it days later, and money is looked for during a week.
    pub settled: Duration,
}

impl RetentionPolicy {
    /// From when on every redacted body of the audit trail must be there.
    #[must_use]
    pub fn bodies_since(&self, now: Timestamp) -> Timestamp {
        self.bodies.map_or(Timestamp::EPOCH, |kept| now.minus(kept).plus(CLOCKS_APART_MAX))
    }
}

impl Default for RetentionPolicy {
    fn default() -> Self {
        Self {
            bodies: Some(Duration::from_hours(365 * 24)),
            customers: Duration::from_hours(90 * 24),
            settled: Duration::from_hours(30 * 24),
        }
    }
}

/// What one batch came to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many went, by what they were.
    pub rows: Vec<(Prunable, u64)>,
    /// Whether there may be more.
    pub more: bool,
}

impl Gateway {
    /// Deletes a batch of each thing that has been kept for long enough.
    ///
    /// # Errors
    /// [`StoreError`]: what was not deleted yet is the next time.
    pub async fn prune(&self) -> Result<Pruned, StoreError> {
        let (now, kept) = (self.ports.clock.now(), self.policies.retention);
        let mut pruned = Pruned::default();
        for what in Prunable::ALL {
            let age = match what {
                Prunable::Bodies => kept.bodies,
                Prunable::Customers => Some(kept.customers),
                Prunable::IdempotencyKeys
                | Prunable::MissedEvents
                | Prunable::SentMessages
                | Prunable::DoneDeliveries => Some(kept.settled),
            };
            let Some(age) = age else { continue };
            let rows = self.ports.retention.prune(what, now.minus(age), ROWS_AT_ONCE).await?;
            pruned.more |= rows >= u64::from(ROWS_AT_ONCE);
            pruned.rows.push((what, rows));
        }
        Ok(pruned)
    }
}
