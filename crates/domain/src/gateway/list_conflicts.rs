//! List conflicts: reports of tills that wait for a person, a page at a time.

use super::paging::{cut, one_more};
use super::{Gateway, Scope};
use crate::ids::ConflictId;
use crate::offline::OfflineConflict;
use crate::ports::{ConflictFilter, ConflictPlace, StoreError};

/// A piece of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConflictPage {
    /// The conflicts, newest first.
    pub conflicts: Vec<OfflineConflict>,
    /// Behind which conflict the next page starts; `None` if there is none.
    pub next: Option<ConflictPlace>,
}

impl Scope {
    /// Whether a token of this scope may see the conflict.
    #[must_use]
    pub fn covers_conflict(&self, conflict: &OfflineConflict) -> bool {
        self.merchant == conflict.merchant && (self.branch.is_none() || self.branch == conflict.branch)
    }
}

impl Gateway {
    /// Up to `limit` conflicts that the filter admits, newest first.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn list_conflicts(
        &self,
        filter: &ConflictFilter,
        after: Option<ConflictPlace>,
        limit: u32,
    ) -> Result<ConflictPage, StoreError> {
        let mut conflicts = self.ports.offline.conflicts(filter, after, one_more(limit)).await?;
        let next = cut(&mut conflicts, limit, ConflictPlace::of);
        Ok(ConflictPage { conflicts, next })
    }

    /// The conflict of that id, if a token of that scope may see it.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot be read.
    pub async fn read_conflict(&self, scope: &Scope, id: &ConflictId) -> Result<Option<OfflineConflict>, StoreError> {
        let conflict = self.ports.offline.conflict(&scope.merchant, id).await?;
        Ok(conflict.filter(|conflict| scope.covers_conflict(conflict)))
    }
}
