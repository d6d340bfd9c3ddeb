//! The adapters in memory keep every promise.

pub(crate) mod rigs;

use mstore_pay_conformance::store_suite;
use rigs::MemoryStoreHarness;

store_suite!(store, MemoryStoreHarness);
store_suite!(store_on_a_runtime, MemoryStoreHarness, #[tokio::test(flavor = "multi_thread")]);
