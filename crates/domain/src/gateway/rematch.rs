//! Rematch: deliveries that fitted nothing are looked at again, since something may fit them now.

use super::Gateway;
use crate::ports::StoreError;

impl Gateway {
    /// Makes every parked delivery due again; returns how many. To be called now and then: what still
    /// fits nothing is parked again.
    ///
    /// # Errors
    /// [`StoreError`] where that cannot be written.
    pub async fn rematch(&self) -> Result<u64, StoreError> {
        self.ports.inbox.unpark().await
    }
}
