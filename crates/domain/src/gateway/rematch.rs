//! Rematch: deliveries that fitted nothing are looked at again, since something may fit them now.

use std::time::Duration;

use super::Gateway;
use crate::ports::StoreError;

/// For so long after a delivery came it is looked at again; then it is a person's (`webhooks replay`). What has fitted
/// nothing for a week fits nothing, and whoever can have many parked would have all of them settled over and over.
pub const REMATCH_FOR: Duration = Duration::from_hours(7 * 24);
/// Deliveries that are looked at again at once. The others have the next turns.
const REMATCH_AT_ONCE_MAX: u32 = 300;

impl Gateway {
    /// Makes parked deliveries due again that came within [`REMATCH_FOR`], some hundred of them, those that were looked
    /// at longest ago; returns how many. To be called now and then: what still fits nothing is parked again.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    pub async fn rematch(&self) -> Result<u64, StoreError> {
        let came_since = self.ports.clock.now().minus(REMATCH_FOR);
        self.ports.inbox.unpark(came_since, REMATCH_AT_ONCE_MAX).await
    }
}
