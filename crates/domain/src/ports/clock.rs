//! Time and ids.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;

use crate::time::Timestamp;

/// What time it is, and waiting.
#[cfg_attr(feature = "mocks", mockall::automock)]
#[async_trait]
pub trait Clock: Send + Sync {
    /// Now, by the calendar that payments live by. MUST NOT run backwards by more than the host's clock does.
    fn now(&self) -> Timestamp;

    /// What has passed since a moment of the clock's choice, as those feel it who wait for an answer: limits on calls
    /// are measured with it. MUST NOT run backwards, and MUST NOT run faster where the calendar is made to.
    fn monotonic(&self) -> Duration;

    /// Returns after `pause`, as [`monotonic`](Self::monotonic) counts. MUST be safe to drop while it waits.
    async fn sleep(&self, pause: Duration);
}

/// Ids that nobody can guess.
#[cfg_attr(feature = "mocks", mockall::automock)]
pub trait IdGenerator: Send + Sync {
    /// A `UUIDv7` whose last 62 bits are random. MUST NOT repeat.
    fn uuid(&self) -> Uuid;
}
