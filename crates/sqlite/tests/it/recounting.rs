//! What a gateway of a version before took in from tills without counting it is counted by one of this.

use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::ids::{DeviceId, MerchantId, OrderCode};
use mstore_pay_domain::offline::{DeviceProgress, OfflineEntry, OfflineKind, OfflineReference};
use mstore_pay_domain::ports::{OfflineStore as _, PaymentRepository as _};
use mstore_pay_domain::unit_of_work::{OfflineWrite, UnitOfWork};

use crate::fixtures::{Site, TestStore, at};

fn till(name: &str) -> DeviceId {
    DeviceId::parse(name).unwrap()
}

fn merchant() -> MerchantId {
    MerchantId::parse("M1").unwrap()
}

async fn report(store: &TestStore, device: &str, number: u64) {
    let entry = OfflineEntry {
        merchant: merchant(),
        device: till(device),
        reference: OfflineReference::parse(&format!("{device}-20251013-{number}")).unwrap(),
        kind: OfflineKind::Payment,
        fingerprint: Digest::of(b"content"),
        body_json: "{}".to_owned(),
        created_at_device: at(0),
        received_at: at(1),
        branch: None,
        order_code: OrderCode::parse("TRX-1").unwrap(),
        server_id: "pay".to_owned(),
    };
    let work = UnitOfWork { offline: vec![OfflineWrite::Record(entry)], ..UnitOfWork::default() };
    store.commit(&work).await.unwrap();
}

async fn progress(store: &TestStore, device: &str) -> DeviceProgress {
    store.progress(&merchant(), &till(device), 10).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_that_nobody_counted_are_counted_and_no_others_twice() {
    let site = Site::new();
    let store = site.opened().await;
    for number in [1, 2, 3, 5] {
        report(&store, "T1", number).await;
        report(&store, "T2", number).await;
    }
    let whole = progress(&store, "T1").await;
    assert_eq!((whole.reported, whole.numbers.len()), (4, 2));
    assert_eq!(store.recount().await.unwrap(), 0, "all is counted");
    // As if a gateway that counts nothing had taken in the second and the third.
    site.forge(&[
        "DELETE FROM offline_numbers WHERE device_id = 'T1'".to_owned(),
        "INSERT INTO offline_numbers (merchant_id, device_id, day, first, last) VALUES
            ('M1', 'T1', '20251013', 1, 1), ('M1', 'T1', '20251013', 5, 5)"
            .to_owned(),
        "UPDATE offline_devices SET reported = 2 WHERE device_id = 'T1'".to_owned(),
    ]);
    assert_eq!(progress(&store, "T1").await.gaps(10).len(), 1, "they are missed");
    assert_eq!(store.recount().await.unwrap(), 1);
    assert_eq!(progress(&store, "T1").await, whole);
    report(&store, "T1", 4).await;
    let after = progress(&store, "T1").await;
    assert_eq!((after.reported, after.numbers.len(), after.gaps(10).len()), (5, 1, 0));
    assert_eq!(progress(&store, "T2").await.reported, 4);
}
