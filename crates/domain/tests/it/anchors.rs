//! The audit trail is anchored once a day, whole, and verifies to its last link.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use futures::executor::block_on;
use mstore_pay_domain::audit::{AuditAnchor, AuditHead, AuditRecord, Digest, MerchantRecord};
use mstore_pay_domain::audit_trail::{AuditTally, AuditTrail};
use mstore_pay_domain::gateway::{AcceptedWebhook, Settler};
use mstore_pay_domain::ids::{MerchantId, PaymentId};
use mstore_pay_domain::ports::{Anchored, AuditAnchors as _, Clock as _, StoreError, Timeline};

use crate::shop::{PRICE, Shop};

const HOUR_SECONDS: u64 = 60 * 60;

impl Shop {
    /// What a look whether the day has its anchor comes to; the number of the last one, if there is a new one.
    fn anchor(&self) -> Option<u64> {
        block_on(self.gateway.anchor_audit()).unwrap().map(|head| head.seq)
    }

    /// How many heads each anchor has.
    fn anchored(&self) -> Vec<usize> {
        let anchors = block_on(self.world.store.anchors(0, 100)).unwrap();
        anchors.iter().map(|sealed| sealed.anchor.heads.len()).collect()
    }

    fn verify(&self, noted: Option<AuditHead>) -> (AuditTally, Vec<String>) {
        let trail = AuditTrail::new(self.world.store.clone(), self.world.store.clone());
        let mut faults = Vec::new();
        let tally = block_on(trail.verify(noted, &mut |fault| faults.push(fault.to_string()))).unwrap();
        (tally, faults)
    }
}

#[test]
fn a_day_is_anchored_once_with_what_moved_since_the_day_before() {
    // It opens at three in the morning, UTC.
    let shop = Shop::open();
    shop.sell("TRX-1");
    shop.sell("TRX-2");
    assert_eq!(shop.anchor(), Some(1));
    assert_eq!(shop.anchor(), None);
    let paid = shop.sell("TRX-3");
    shop.later(20 * HOUR_SECONDS);
    assert_eq!(shop.anchor(), None, "still the same day");
    shop.later(HOUR_SECONDS);
    assert_eq!(shop.anchor(), Some(2));
    shop.pay(&shop.shown(&paid.id), PRICE);
    shop.deliver_all();
    shop.later(24 * HOUR_SECONDS);
    assert_eq!(shop.anchor(), Some(3));
    shop.later(24 * HOUR_SECONDS);
    assert_eq!(shop.anchor(), Some(4), "a day on which nothing moved");
    assert_eq!(shop.anchored(), [2, 1, 1, 0]);
    let (tally, faults) = shop.verify(None);
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!((tally.chains, tally.anchors.seq), (3, 4));
    assert_eq!(shop.verify(Some(tally.anchors)).1, Vec::<String>::new());
}

#[test]
fn a_day_of_many_heads_has_several_anchors() {
    let shop = Shop::open();
    for number in 0..2_001 {
        shop.sell(&format!("TRX-{number}"));
    }
    assert_eq!(shop.anchor(), Some(3));
    assert_eq!(shop.anchored(), [1_000, 1_000, 1]);
    assert_eq!(shop.anchor(), None);
    assert_eq!(shop.verify(None).1, Vec::<String>::new());
}

#[test]
fn an_anchoring_that_stopped_halfway_goes_on_the_same_day() {
    let shop = Shop::open();
    for number in 0..1_001 {
        shop.sell(&format!("TRX-{number}"));
    }
    let store = &shop.world.store;
    let heads = block_on(store.unanchored(None, 1_000)).unwrap();
    let halfway = AuditAnchor::following(AuditHead::default(), shop.world.clock.now(), heads);
    assert_eq!(block_on(store.append_anchor(&halfway)).unwrap(), Anchored::Appended);
    assert_eq!(shop.anchor(), Some(2));
    assert_eq!(shop.anchored(), [1_000, 1]);
    assert_eq!(shop.anchor(), None);
}

/// Whoever reads the records finds that the payment has moved on, the first few times.
struct MovingOn {
    shop: Shop,
    charge: String,
    moves_left: AtomicU32,
}

impl MovingOn {
    /// Money comes, and the payment is told.
    async fn move_on(&self) {
        self.shop.pay(&self.charge, PRICE);
        for raw in self.shop.webhooks() {
            let provider = &self.shop.world.account.provider;
            let accepted = self.shop.gateway.accept_webhook(provider, None, &raw, Settler::Caller).await.unwrap();
            if let AcceptedWebhook::New { leased, .. } = accepted {
                self.shop.gateway.settle_webhook(&leased).await.unwrap();
            }
        }
    }
}

#[async_trait]
impl Timeline for MovingOn {
    async fn records(&self, payment: &PaymentId) -> Result<Vec<AuditRecord>, StoreError> {
        let left = self.moves_left.load(Ordering::SeqCst);
        if left > 0 {
            self.moves_left.store(left - 1, Ordering::SeqCst);
            self.move_on().await;
        }
        self.shop.world.store.records(payment).await
    }

    async fn merchant_records(
        &self,
        merchant: &MerchantId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<MerchantRecord>, StoreError> {
        self.shop.world.store.merchant_records(merchant, after, limit).await
    }

    async fn body(&self, digest: &Digest) -> Result<Option<Vec<u8>>, StoreError> {
        self.shop.world.store.body(digest).await
    }
}

#[test]
fn a_chain_that_grows_while_it_is_verified_is_no_fault() {
    let shop = Shop::open();
    let sold = shop.sell("TRX-1");
    let (store, charge) = (shop.world.store.clone(), shop.shown(&sold.id));
    let moving = Arc::new(MovingOn { shop, charge, moves_left: AtomicU32::new(2) });
    let trail = AuditTrail::new(moving.clone(), store);
    let mut faults = Vec::new();
    let tally = block_on(trail.verify(None, &mut |fault| faults.push(fault.to_string()))).unwrap();
    assert_eq!(faults, Vec::<String>::new());
    assert_eq!((tally.chains, moving.moves_left.load(Ordering::SeqCst)), (1, 0));
}
