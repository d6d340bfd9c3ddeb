//! List exceptions: money that waits for a person, a page at a time.

use std::cmp::Reverse;

use super::Gateway;
use super::paging::{cut, one_more};
use crate::exception::MoneyException;
use crate::ports::{ExceptionFilter, ExceptionPlace, StoreError};

/// A piece of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExceptionPage {
    /// The exceptions, newest first.
    pub exceptions: Vec<MoneyException>,
    /// Behind which exception the next page starts; `None` if there is none.
    pub next: Option<ExceptionPlace>,
}

impl Gateway {
    /// Up to `limit` of the exceptions that any of the filters admits, newest first. No two filters may
    /// admit the same one.
    ///
    /// # Errors
    /// [`StoreError`] where they cannot be read.
    pub async fn list_exceptions(
        &self,
        filters: &[ExceptionFilter],
        after: Option<ExceptionPlace>,
        limit: u32,
    ) -> Result<ExceptionPage, StoreError> {
        let mut exceptions = Vec::new();
        for filter in filters {
            exceptions.extend(self.ports.exceptions.exceptions(filter, after, one_more(limit)).await?);
        }
        exceptions.sort_by_key(|exception| Reverse(ExceptionPlace::of(exception)));
        let next = cut(&mut exceptions, limit, ExceptionPlace::of);
        Ok(ExceptionPage { exceptions, next })
    }
}
