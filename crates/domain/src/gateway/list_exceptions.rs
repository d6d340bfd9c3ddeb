//! List exceptions: money that waits for a person.

use super::Gateway;
use crate::exception::MoneyException;
use crate::ports::{ExceptionFilter, StoreError};

impl Gateway {
    /// Money that does not fit, newest first.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub async fn exceptions(&self, filter: &ExceptionFilter, limit: u32) -> Result<Vec<MoneyException>, StoreError> {
        self.ports.exceptions.exceptions(filter, limit).await
    }
}
