//! Post: a paid order is in the books.

use thiserror::Error;

use super::{DecideError, Gateway, Scope};
use crate::audit::Actor;
use crate::dossier::Dossier;
use crate::ids::OrderCode;
use crate::order::{Order, OrderStatus};
use crate::ports::StoreError;

/// Why an order was not posted.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PostError {
    /// No order of that code is registered, or it is another branch's.
    #[error("no such order")]
    NotFound,
    /// It is not paid.
    #[error("order is not paid")]
    NotPaid,
    /// Others kept writing.
    #[error("others kept changing the order")]
    Contended,
    /// The store failed.
    #[error("could not read or write the order")]
    Store(#[from] StoreError),
}

impl From<DecideError> for PostError {
    fn from(error: DecideError) -> Self {
        match error {
            DecideError::Contended => Self::Contended,
            DecideError::Store(store) => Self::Store(store),
            DecideError::Commit(commit) => Self::Store(StoreError::query(commit)),
        }
    }
}

impl Gateway {
    /// Marks a paid order as posted to the books. The same again gives the same.
    ///
    /// # Errors
    /// [`PostError::NotPaid`] of an order that is not paid.
    pub async fn post_order(&self, scope: &Scope, code: &OrderCode, actor: &Actor) -> Result<Order, PostError> {
        self.read_order(scope, code).await?.ok_or(PostError::NotFound)?;
        self.decide(&scope.merchant, code, actor, Dossier::post).await?;
        let order = self.read_order(scope, code).await?.ok_or(PostError::NotFound)?;
        if order.state.status() == OrderStatus::Synced { Ok(order) } else { Err(PostError::NotPaid) }
    }
}
