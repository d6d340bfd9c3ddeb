//! `/api/v1/pos/offline`: what tills did while their line was down.

pub(super) mod device;
mod item;
pub(super) mod list;
mod request;
pub(super) mod resolve;
pub(super) mod sync;

pub(super) use device::device;
pub(super) use list::list;
pub(super) use resolve::resolve;
pub(super) use sync::sync;

#[cfg(any(test, fuzzing))]
pub(crate) use request::fuzzing::sync_batch;

use mstore_pay_domain::offline::OfflineConflict;

/// Where a conflict is resolved: a path, so that it holds behind any name of ours.
fn resolution_url(conflict: &OfflineConflict) -> String {
    format!("/api/v1/pos/offline/conflicts/{}/resolve", conflict.id)
}
