//! List changes: what happened to payments since a till last asked.

use super::{Gateway, Scope};
use crate::event::{Change, FeedPlace};
use crate::ports::StoreError;

impl Gateway {
    /// Up to `limit` changes that the scope covers, behind that place, oldest first. Nothing is ever
    /// inserted before what was given out, so the place of the last is where to go on.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn list_changes(&self, scope: &Scope, after: FeedPlace, limit: u32) -> Result<Vec<Change>, StoreError> {
        self.ports.outbox.changes(&scope.merchant, &scope.branch, after, limit).await
    }
}
