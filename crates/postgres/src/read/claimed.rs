//! What was claimed, but for what cannot be read.

use mstore_pay_domain::ports::StoreError;

/// What was claimed and can be read. A rotten row keeps its lease and is told of, once each time it
/// comes up: it must not keep the others from being worked on.
pub(crate) fn claimed<T>(rows: impl IntoIterator<Item = (String, Result<T, StoreError>)>) -> Vec<T> {
    let readable = |(id, row): (String, Result<T, StoreError>)| match row {
        Ok(row) => Some(row),
        Err(error) => {
            tracing::error!(%id, ?error, "passed over {id}: {error}");
            None
        }
    };
    rows.into_iter().filter_map(readable).collect()
}
