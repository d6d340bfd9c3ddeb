//! List changes: what happened to payments since a till last asked.

use super::{Gateway, Scope};
use crate::event::{FeedPiece, FeedPlace};
use crate::ports::StoreError;

impl Gateway {
    /// Up to `limit` changes that the scope covers, behind that place, oldest first, and where to go on. Nothing is ever
    /// added before what was given out, nor up to where to go on.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn list_changes(&self, scope: &Scope, after: FeedPlace, limit: u32) -> Result<FeedPiece, StoreError> {
        self.ports.outbox.changes(&scope.merchant, &scope.branch, after, limit).await
    }
}
