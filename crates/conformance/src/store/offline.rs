//! What a till did while its line was down is recorded as it was first reported.

use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::ids::DeviceId;
use mstore_pay_domain::ports::{OfflineEntry, OfflineKind, OfflineRecorded, OfflineReference};

use super::fixtures::{at, merchant, other_merchant};
use super::{StoreHarness, Stores};

fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).expect("a device")
}

fn entry(device_name: &str, sequence: &str, kind: OfflineKind) -> OfflineEntry {
    OfflineEntry {
        merchant: merchant(),
        device: device(device_name),
        reference: OfflineReference::parse(&format!("{device_name}-20251013-{sequence}")).expect("a reference"),
        kind,
        fingerprint: Digest::of(sequence.as_bytes()),
        created_at_device: at(1),
        received_at: at(100),
    }
}

async fn record(stores: &Stores, entry: &OfflineEntry) -> OfflineRecorded {
    stores.offline.record(entry).await.expect("the store records")
}

/// An entry is recorded once; case, kind and merchant tell entries apart.
pub async fn offline_entry_is_recorded_once(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let first = entry("till", "0001", OfflineKind::Payment);
    assert_eq!(record(&stores, &first).await, OfflineRecorded::New);
    let again = OfflineEntry { received_at: at(200), ..first.clone() };
    assert_eq!(record(&stores, &again).await, OfflineRecorded::Same);
    for kind in [OfflineKind::Transaction, OfflineKind::Void] {
        assert_eq!(record(&stores, &entry("till", "0001", kind)).await, OfflineRecorded::New, "{kind:?}");
    }
    assert_eq!(record(&stores, &entry("TILL", "0001", OfflineKind::Payment)).await, OfflineRecorded::New);
    let others = OfflineEntry { merchant: other_merchant(), ..first };
    assert_eq!(record(&stores, &others).await, OfflineRecorded::New);
}

/// Something else under a known reference is told apart, and what is stored stays as it was.
pub async fn changed_offline_entry_leaves_the_stored_one(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let first = entry("till", "0001", OfflineKind::Payment);
    record(&stores, &first).await;
    let changed = OfflineEntry { fingerprint: Digest::of(b"more money"), received_at: at(200), ..first.clone() };
    for _ in 0..2 {
        assert_eq!(record(&stores, &changed).await, OfflineRecorded::Differs { stored: first.clone() });
    }
    assert_eq!(record(&stores, &first).await, OfflineRecorded::Same);
    let listed = stores.offline.entries(&merchant(), &device("till")).await.expect("the store reads");
    assert_eq!(listed, [first]);
}

/// A till's entries come in the order in which they were reported, and only its own.
pub async fn offline_entries_are_listed_in_order_of_report(h: &dyn StoreHarness) {
    let rig = h.fresh().await;
    let stores = rig.stores();
    let mut written = Vec::new();
    for (number, sequence) in ["0009", "0001", "abc", "0010"].into_iter().enumerate() {
        let received_at = at(u64::try_from(number).unwrap_or_default());
        let entry = OfflineEntry { received_at, ..entry("till", sequence, OfflineKind::Transaction) };
        record(&stores, &entry).await;
        written.push(entry);
        record(&stores, &self::entry("till-2", sequence, OfflineKind::Transaction)).await;
    }
    let listed = stores.offline.entries(&merchant(), &device("till")).await.expect("the store reads");
    assert_eq!(listed, written);
    let none = stores.offline.entries(&other_merchant(), &device("till")).await.expect("the store reads");
    assert_eq!(none, []);
}
