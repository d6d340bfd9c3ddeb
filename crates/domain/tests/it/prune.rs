//! What has been kept for long enough goes, and nothing that anybody could still need.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit_trail::AuditTrail;
use mstore_pay_domain::charge::Funds;
use mstore_pay_domain::gateway::{Policies, Pruned, RetentionPolicy};
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Clock as _, Prunable, Retention as _, Timeline as _, WebhookInbox as _};

use crate::shop::{PRICE, Shop};

const DAY_SECONDS: u64 = 24 * 60 * 60;

impl Shop {
    /// A shop that keeps bodies for so many days.
    fn keeping_bodies_for(days: u64) -> Self {
        let bodies = Some(Duration::from_secs(days * DAY_SECONDS));
        Self::with(Policies {
            retention: RetentionPolicy { bodies, ..RetentionPolicy::default() },
            ..Policies::default()
        })
    }

    /// Prunes until there is no more; how many of that kind went.
    fn prune(&self, kind: Prunable) -> u64 {
        let mut gone = 0;
        loop {
            let Pruned { rows, more } = block_on(self.gateway.prune()).unwrap();
            gone += rows.into_iter().filter(|(what, _)| *what == kind).map(|(_, rows)| rows).sum::<u64>();
            if !more {
                return gone;
            }
        }
    }
}

#[test]
fn a_recorded_day_that_is_replayed_three_days_later_has_no_effect() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let recorded = shop.webhooks();
    assert!(recorded.iter().all(|raw| shop.deliver(raw).is_some()));
    shop.work();
    shop.later(3 * DAY_SECONDS);
    assert_eq!(shop.prune(Prunable::DoneDeliveries), 0);
    let before = shop.payment(&payment.id);
    let settled: Vec<_> = recorded.iter().filter_map(|raw| shop.deliver(raw)).collect();
    assert!(settled.is_empty(), "{settled:?}");
    assert_eq!(shop.payment(&payment.id), before);
}

#[test]
fn a_webhook_that_comes_again_after_its_time_changes_nothing_either() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let recorded = shop.webhooks();
    for raw in &recorded {
        shop.deliver(raw);
    }
    shop.work();
    shop.later(31 * DAY_SECONDS);
    assert_eq!(shop.prune(Prunable::DoneDeliveries), u64::try_from(recorded.len()).unwrap());
    assert!(recorded.iter().all(|raw| shop.deliver(raw).is_some()), "new again");
    let paid = shop.payment(&payment.id);
    assert_eq!((paid.status(), shop.exceptions()), (PaymentStatus::Paid, Vec::new()));
    let receipts = paid.charges.iter().filter_map(|charge| charge.state.funds()).flat_map(Funds::receipts);
    assert_eq!(receipts.count(), 1);
}

#[test]
fn the_audit_trail_holds_without_its_bodies_and_counts_them() {
    let shop = Shop::keeping_bodies_for(90);
    let old = shop.sell("TRX-1");
    shop.pay(&shop.shown(&old.id), PRICE);
    shop.deliver_all();
    shop.later(60 * DAY_SECONDS);
    shop.sell("TRX-2");
    let trail = AuditTrail::new(shop.world.store.clone(), shop.world.store.clone());
    let verify = || block_on(trail.verify(None, &mut |fault| panic!("{fault}"))).unwrap();
    let whole = verify();
    assert!(whole.bodies > 0 && whole.pruned == 0, "{whole:?}");
    assert_eq!(shop.prune(Prunable::Bodies), 0);
    shop.later(31 * DAY_SECONDS);
    assert!(shop.prune(Prunable::Bodies) > 0);
    let pruned = verify();
    assert!(pruned.bodies > 0 && pruned.pruned > 0, "{pruned:?}");
    assert_eq!((pruned.bodies + pruned.pruned, pruned.records), (whole.bodies, whole.records));
}

#[test]
fn a_body_that_somebody_deleted_before_its_time_is_missed() {
    let shop = Shop::keeping_bodies_for(90);
    let bodies = Some(Duration::from_secs(90 * DAY_SECONDS));
    let kept = RetentionPolicy { bodies, ..RetentionPolicy::default() };
    let payment = shop.sell("TRX-1");
    let records = block_on(shop.world.store.records(&payment.id)).unwrap();
    let on_record: usize = records.iter().map(|record| record.bodies.len()).sum();
    let faults = || {
        let trail = AuditTrail::new(shop.world.store.clone(), shop.world.store.clone());
        let (mut faults, since) = (Vec::new(), kept.bodies_since(shop.world.clock.now()));
        block_on(trail.with_bodies_since(since).verify(None, &mut |fault| faults.push(fault.to_string()))).unwrap();
        faults
    };
    shop.later(60 * DAY_SECONDS);
    assert_eq!(faults(), Vec::<String>::new());
    let by_hand = shop.world.store.prune(Prunable::Bodies, shop.world.clock.now(), 1_000);
    assert!(block_on(by_hand).unwrap() > 0);
    let missed = faults();
    assert_eq!(missed.len(), on_record, "{missed:?}");
    assert!(missed.iter().all(|fault| fault.contains("is gone before its time")), "{missed:?}");
    shop.later(31 * DAY_SECONDS);
    assert_eq!(faults(), Vec::<String>::new(), "by now it might have been pruned");
}

#[test]
fn what_waits_for_a_person_is_kept() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let charge = shop.books()[0].charge_ref.to_string();
    let body = format!("event=paid\ncharge={charge}\norder=TRX-1\namount=1\npayment=pay-x");
    let odd = mstore_pay_domain::memory::ScriptedWebhooks::signed(&shop.world.account, body);
    shop.deliver(&odd);
    shop.later(400 * DAY_SECONDS);
    shop.prune(Prunable::DoneDeliveries);
    assert_eq!(block_on(shop.world.store.counts()).unwrap().parked, 1);
    assert_eq!(shop.exceptions(), ["underpaid"]);
    shop.record(&payment.id);
}
