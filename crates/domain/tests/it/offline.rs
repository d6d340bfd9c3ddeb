//! What tills did while their line was down.

use futures::executor::block_on;
use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::gateway::{ConflictReach, ResolveConflict, ResolveConflictError, Scope, SyncBatch, SyncedItem};
use mstore_pay_domain::ids::{BranchId, DeviceId, MerchantId, OrderCode, UserId};
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::method::Method;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::offline::{
    ConflictKind, ConflictState, OfflineConflict, OfflineItem, OfflinePayment, OfflineReference, OfflineSale,
    OfflineTender, OfflineVoid, Reported, Resolution, SaleState,
};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Clock as _, OfflineStore as _, Operation, OrderRepository as _};
use mstore_pay_domain::reason::Reason;

use crate::shop::{PRICE, Shop};

pub(crate) fn device(name: &str) -> DeviceId {
    DeviceId::parse(name).unwrap()
}

pub(crate) fn branch(name: &str) -> Scope {
    Scope { branch: BranchId::parse(name).ok(), ..Shop::scope() }
}

impl Shop {
    pub(crate) fn item(&self, reference: &str, reported: Reported) -> OfflineItem {
        let body_json = format!("{reported:?}").replace('"', "'");
        OfflineItem {
            reference: OfflineReference::parse(reference).unwrap(),
            created_at_device: self.world.clock.now(),
            fingerprint: Digest::of(body_json.as_bytes()),
            body_json,
            reported,
        }
    }

    pub(crate) fn cash(&self, reference: &str, order: &str, amount: u32) -> OfflineItem {
        self.payment_item(reference, order, amount, OfflineTender::Cash)
    }

    pub(crate) fn qris(&self, reference: &str, order: &str) -> OfflineItem {
        let tender = OfflineTender::Unproven { method: Method::Qris, named: None, receipt_id: None };
        self.payment_item(reference, order, PRICE, tender)
    }

    pub(crate) fn payment_item(&self, reference: &str, order: &str, amount: u32, tender: OfflineTender) -> OfflineItem {
        let order_code = OrderCode::parse(order).unwrap();
        let payment = OfflinePayment { order_code, amount: Money::from(amount), tender };
        self.item(reference, Reported::Payment(payment))
    }

    pub(crate) fn sale(&self, reference: &str, order: &str, state: SaleState) -> OfflineItem {
        let sale = OfflineSale {
            code: OrderCode::parse(order).unwrap(),
            branch: None,
            grand_total: Money::from(PRICE),
            payment_method: None,
            state,
        };
        self.item(reference, Reported::Sale(sale))
    }

    pub(crate) fn void_item(&self, reference: &str, order: &str) -> OfflineItem {
        let order_code = OrderCode::parse(order).unwrap();
        self.item(reference, Reported::Void(OfflineVoid { order_code, reason: None }))
    }

    pub(crate) fn sync(&self, till: &str, items: &[OfflineItem]) -> Vec<SyncedItem> {
        self.sync_as(Self::scope(), till, items)
    }

    pub(crate) fn sync_as(&self, scope: Scope, till: &str, items: &[OfflineItem]) -> Vec<SyncedItem> {
        let batch = SyncBatch {
            scope,
            user: UserId::parse("7").unwrap(),
            device: device(till),
            synced_at: Some(self.world.clock.now()),
            items: items.to_vec(),
        };
        block_on(self.gateway.sync_batch(&batch)).unwrap()
    }

    pub(crate) fn sync_one(&self, till: &str, item: &OfflineItem) -> SyncedItem {
        self.sync(till, std::slice::from_ref(item)).remove(0)
    }

    #[track_caller]
    pub(crate) fn conflict(&self, till: &str, item: &OfflineItem) -> OfflineConflict {
        match self.sync_one(till, item) {
            SyncedItem::Conflict(conflict) => *conflict,
            other => panic!("expected a conflict, got {other:?}"),
        }
    }

    pub(crate) fn resolve(
        &self,
        conflict: &OfflineConflict,
        item: &OfflineItem,
        resolution: Resolution,
    ) -> Result<OfflineConflict, ResolveConflictError> {
        self.resolve_as(ConflictReach::AnyTill, conflict, item, resolution)
    }

    pub(crate) fn resolve_as(
        &self,
        reach: ConflictReach,
        conflict: &OfflineConflict,
        item: &OfflineItem,
        resolution: Resolution,
    ) -> Result<OfflineConflict, ResolveConflictError> {
        self.resolve_in(Self::scope(), reach, conflict, item, resolution)
    }

    pub(crate) fn resolve_in(
        &self,
        scope: Scope,
        reach: ConflictReach,
        conflict: &OfflineConflict,
        item: &OfflineItem,
        resolution: Resolution,
    ) -> Result<OfflineConflict, ResolveConflictError> {
        let resolve = ResolveConflict {
            scope,
            user: UserId::parse("owner").unwrap(),
            reach,
            conflict: conflict.id,
            resolution,
            reason: Reason::parse("asked the cashier").unwrap(),
            payment: None,
            item: item.clone(),
        };
        block_on(self.gateway.resolve_conflict(&resolve))
    }

    pub(crate) fn order_status(&self, order: &str) -> Option<OrderStatus> {
        let code = OrderCode::parse(order).unwrap();
        let order = block_on(self.world.store.order(&Self::scope().merchant, &code)).unwrap();
        order.map(|order| order.state.status())
    }

    pub(crate) fn cash_of(&self, order: &str) -> usize {
        let code = OrderCode::parse(order).unwrap();
        block_on(self.world.store.tenders(&Self::scope().merchant, &code)).unwrap().len()
    }
}

#[track_caller]
pub(crate) fn stored(synced: &SyncedItem) -> &str {
    match synced {
        SyncedItem::Stored { server_id, .. } => server_id,
        other => panic!("expected it stored, got {other:?}"),
    }
}

#[test]
fn a_batch_sent_again_gets_the_same_answers_and_changes_nothing() {
    let shop = Shop::open();
    let items = [
        shop.void_item("T-20251013-4", "TRX-4"),
        shop.cash("T-20251013-1", "TRX-1", PRICE),
        shop.qris("T-20251013-2", "TRX-2"),
        shop.sale("T-20251013-3", "TRX-3", SaleState::PaidInCash),
        shop.sale("T-20251013-4", "TRX-4", SaleState::Open),
    ];
    let first = shop.sync("till", &items);
    shop.later(60);
    assert_eq!(shop.sync("till", &items), first);
    let statuses = ["TRX-1", "TRX-2", "TRX-3", "TRX-4"].map(|order| shop.order_status(order));
    let want = [Some(OrderStatus::Paid), None, Some(OrderStatus::Paid), Some(OrderStatus::Voided)];
    assert_eq!(statuses, want);
    assert_eq!((shop.cash_of("TRX-1"), shop.cash_of("TRX-3"), shop.stored("TRX-2").len()), (1, 1, 1));
    let report = block_on(shop.world.store.reported(&shop.stored("TRX-2")[0].id)).unwrap().unwrap();
    assert_eq!(report.sync_attempts, 2);
}

#[test]
fn a_qr_payment_is_the_tills_word_until_the_provider_says_otherwise() {
    let shop = Shop::open();
    let id = stored(&shop.sync_one("till", &shop.qris("T-20251013-1", "TRX-1"))).parse().unwrap();
    shop.pass(30);
    shop.later(7 * 24 * 3_600);
    shop.work();
    assert_eq!(shop.status(&id), PaymentStatus::Pending);
    assert!(shop.payment(&id).is_unproven());
    // Another may be shown beside it: the customer may not have paid at all.
    let shown = shop.sell("TRX-1");
    shop.pay(&shop.shown(&shown.id), PRICE);
    shop.deliver_all();
    assert_eq!((shop.status(&shown.id), shop.status(&id)), (PaymentStatus::Paid, PaymentStatus::Canceled));
}

#[test]
fn a_qr_payment_that_was_made_before_the_line_went_down_is_that_payment() {
    let shop = Shop::open();
    let shown = shop.sell("TRX-1");
    let synced = shop.sync_one("till", &shop.qris("T-20251013-1", "TRX-1"));
    assert_eq!(stored(&synced), shown.id.to_string());
    assert_eq!(shop.status(&shown.id), PaymentStatus::Pending);
    shop.pay(&shop.shown(&shown.id), PRICE);
    shop.deliver_all();
    assert_eq!((shop.status(&shown.id), shop.stored("TRX-1").len()), (PaymentStatus::Paid, 1));
    assert!(shop.record(&shown.id).contains(&"offline_reported".to_owned()));
}

#[test]
fn a_changed_report_is_a_conflict_and_what_is_known_stays() {
    let shop = Shop::open();
    let first = stored(&shop.sync_one("till", &shop.cash("T-20251013-1", "TRX-1", PRICE))).to_owned();
    let changed = shop.cash("T-20251013-1", "TRX-1", PRICE + 1);
    let conflict = shop.conflict("till", &changed);
    assert_eq!((conflict.conflict, conflict.suggested), (ConflictKind::DataMismatch, Resolution::KeepServer));
    assert_eq!(conflict.server_id, Some(first));
    assert_eq!(shop.conflict("till", &changed), conflict, "the same conflict again");
    assert_eq!(shop.cash_of("TRX-1"), 1);
}

#[test]
fn two_tills_under_one_reference_are_one_sale_and_a_conflict() {
    let shop = Shop::open();
    let item = shop.cash("T-20251013-1", "TRX-1", PRICE);
    shop.sync_one("till", &item);
    assert_eq!(shop.conflict("till-2", &item).conflict, ConflictKind::Duplicate);
    let other_sale = shop.cash("T-20251013-1", "TRX-2", PRICE);
    let conflict = shop.conflict("till-2", &other_sale);
    assert_eq!((conflict.conflict, conflict.suggested), (ConflictKind::DataMismatch, Resolution::Merge));
    assert_eq!((shop.cash_of("TRX-1"), shop.cash_of("TRX-2")), (1, 0));
    let resolved = shop.resolve(&conflict, &other_sale, Resolution::Merge).unwrap();
    assert!(matches!(resolved.state, ConflictState::Resolved { applied: Some(_), .. }), "{resolved:?}");
    assert_eq!(shop.resolve(&conflict, &other_sale, Resolution::Merge).unwrap(), resolved);
    let otherwise = shop.resolve(&conflict, &other_sale, Resolution::KeepServer);
    assert!(matches!(otherwise, Err(ResolveConflictError::ResolvedOtherwise { .. })));
    assert_eq!((shop.cash_of("TRX-2"), shop.order_status("TRX-2")), (1, Some(OrderStatus::Paid)));
    let resolved_by = ("user:owner".to_owned(), "conflict_resolved".to_owned(), Some("asked the cashier".to_owned()));
    assert_eq!(shop.merchant_record(), [resolved_by], "once, with who and why");
    assert_eq!(shop.conflict("till-2", &other_sale), resolved, "the till is told what became of it");
}

#[test]
fn a_report_takes_the_place_of_what_is_known_only_where_no_money_stands_behind_it() {
    let shop = Shop::open();
    let unproven = stored(&shop.sync_one("till", &shop.qris("T-20251013-1", "TRX-1"))).parse().unwrap();
    let changed = shop.cash("T-20251013-1", "TRX-1", PRICE);
    let conflict = shop.conflict("till", &changed);
    shop.resolve(&conflict, &changed, Resolution::KeepLocal).unwrap();
    assert_eq!((shop.status(&unproven), shop.cash_of("TRX-1")), (PaymentStatus::Canceled, 1));
    assert!(shop.record(&unproven).contains(&"conflict_resolved".to_owned()));

    shop.sync_one("till", &shop.cash("T-20251013-2", "TRX-2", PRICE));
    let changed = shop.cash("T-20251013-2", "TRX-2", PRICE + 1);
    let conflict = shop.conflict("till", &changed);
    let refused = shop.resolve(&conflict, &changed, Resolution::KeepLocal);
    assert!(matches!(refused, Err(ResolveConflictError::CannotGiveWay)));
    assert_eq!(shop.cash_of("TRX-2"), 1);
}

#[test]
fn cash_closes_the_qr_code_first_and_cash_beside_money_is_paid_twice() {
    let shop = Shop::open();
    let (closed, paid) = (shop.sell("TRX-1"), shop.sell("TRX-2"));
    shop.pay(&shop.shown(&paid.id), PRICE);
    let items = [shop.cash("T-20251013-1", "TRX-1", PRICE), shop.cash("T-20251013-2", "TRX-2", PRICE)];
    for synced in shop.sync("till", &items) {
        stored(&synced);
    }
    assert_eq!((shop.status(&closed.id), shop.status(&paid.id)), (PaymentStatus::Canceled, PaymentStatus::Paid));
    assert_eq!(shop.exceptions(), ["paid_twice"]);
    assert_eq!(shop.cash_of("TRX-2"), 1, "cash that was taken is kept");
}

#[test]
fn the_same_cash_told_with_the_sale_and_as_a_payment_is_one_tender() {
    let shop = Shop::open();
    let items = [shop.cash("T-20251013-1", "TRX-1", PRICE), shop.sale("T-20251013-1", "TRX-1", SaleState::PaidInCash)];
    shop.sync("till", &items);
    assert_eq!((shop.cash_of("TRX-1"), shop.exceptions()), (1, vec![]));
    shop.sync_one("till-2", &shop.cash("U-20251013-1", "TRX-1", PRICE));
    assert_eq!((shop.cash_of("TRX-1"), shop.exceptions()), (2, vec!["paid_twice"]));
}

#[test]
fn cash_that_is_not_what_the_order_costs_is_taken_at_the_owners_word_and_put_before_a_person() {
    for (amount, kind) in [(PRICE - 1, "underpaid"), (PRICE + 1, "overpaid")] {
        let shop = Shop::open();
        shop.sync_one("till", &shop.sale("T-20251013-1", "TRX-1", SaleState::Open));
        let cash = shop.cash("T-20251013-1", "TRX-1", amount);
        let conflict = shop.conflict("till", &cash);
        assert_eq!((shop.cash_of("TRX-1"), shop.exceptions()), (0, vec![]));
        for _ in 0..2 {
            shop.resolve(&conflict, &cash, Resolution::Merge).unwrap();
        }
        assert_eq!((shop.order_status("TRX-1"), shop.cash_of("TRX-1")), (Some(OrderStatus::Paid), 1));
        assert_eq!(shop.exceptions(), [kind]);
    }
}

#[test]
fn a_qr_payment_is_no_payment_that_failed_with_nothing_at_the_provider() {
    let shop = Shop::open();
    shop.world.provider.misbehave_always(Operation::Open, Mishap::Unreachable);
    let _refused = shop.create(&Shop::command("TRX-1", PRICE));
    let failed = shop.stored("TRX-1").remove(0);
    assert_eq!(failed.status(), PaymentStatus::Failed);
    let synced = shop.sync_one("till", &shop.qris("T-20251013-1", "TRX-1"));
    assert_ne!(stored(&synced), failed.id.to_string(), "somebody looks for the money");
}

#[test]
fn a_void_of_a_paid_order_is_a_conflict_and_of_an_unknown_one_waits() {
    let shop = Shop::open();
    let void = shop.void_item("T-20251013-9", "TRX-1");
    assert_eq!(shop.sync_one("till", &void), SyncedItem::OrderNotFound);
    let paid = shop.sell("TRX-1");
    shop.pay(&shop.shown(&paid.id), PRICE);
    shop.deliver_all();
    shop.sync_one("till", &shop.sale("T-20251013-1", "TRX-1", SaleState::Open));
    let conflict = shop.conflict("till", &void);
    assert_eq!(conflict.conflict, ConflictKind::ConstraintViolation);
    assert_eq!(shop.order_status("TRX-1"), Some(OrderStatus::Paid));
    let at_the_till = ConflictReach::OwnTill(Some(device("till")));
    let refused = shop.resolve_as(at_the_till, &conflict, &void, Resolution::KeepLocal);
    assert!(matches!(refused, Err(ResolveConflictError::CannotGiveWay)), "whoever stands at the till voids no money");
    assert_eq!(shop.order_status("TRX-1"), Some(OrderStatus::Paid));
    shop.resolve(&conflict, &void, Resolution::KeepLocal).unwrap();
    assert_eq!(shop.order_status("TRX-1"), Some(OrderStatus::Voided));
}

#[test]
fn a_report_about_another_branchs_order_is_a_conflict_that_tells_nothing_of_it() {
    let shop = Shop::open();
    shop.sync_as(branch("B1"), "till", &[shop.sale("T-20251013-1", "TRX-1", SaleState::Open)]);
    let shown = shop.sell("TRX-2");
    let items = [
        shop.sale("U-20251013-1", "TRX-1", SaleState::Open),
        shop.cash("U-20251013-2", "TRX-1", PRICE),
        shop.cash("U-20251013-3", "TRX-2", PRICE),
        shop.void_item("U-20251013-4", "TRX-1"),
    ];
    for synced in shop.sync_as(branch("B2"), "till-2", &items) {
        let SyncedItem::Conflict(conflict) = synced else { panic!("expected a conflict, got {synced:?}") };
        assert_eq!(conflict.conflict, ConflictKind::ConstraintViolation);
        assert_eq!((&conflict.server_id, &conflict.server_json), (&None, &None));
        assert_eq!(conflict.branch, branch("B2").branch);
        let item = items.iter().find(|item| item.fingerprint == conflict.fingerprint).unwrap();
        let at_the_branch =
            shop.resolve_in(branch("B2"), ConflictReach::AnyTill, &conflict, item, Resolution::KeepLocal);
        assert!(matches!(at_the_branch, Err(ResolveConflictError::OrderNotFound)), "{at_the_branch:?}");
    }
    assert_eq!((shop.cash_of("TRX-1"), shop.order_status("TRX-1")), (0, Some(OrderStatus::Draft)));
    assert_eq!(shop.status(&shown.id), PaymentStatus::Pending, "nothing is closed for what is not taken in");
    let theirs = Scope { merchant: MerchantId::parse("M2").unwrap(), branch: None };
    let void = shop.void_item("V-20251013-1", "TRX-1");
    assert_eq!(
        shop.sync_as(theirs, "till", &[void]),
        [SyncedItem::OrderNotFound],
        "another merchant knows of no order"
    );
}

#[test]
fn a_tills_clock_that_cannot_be_right_is_flagged_and_its_gaps_are_told() {
    let shop = Shop::open();
    let mut early = shop.cash("T-20251013-1", "TRX-1", PRICE);
    early.created_at_device = mstore_pay_domain::time::Timestamp::EPOCH;
    let synced = shop.sync("till", &[early, shop.cash("T-20251013-4", "TRX-2", PRICE)]);
    let flags: Vec<bool> =
        synced.iter().map(|item| matches!(item, SyncedItem::Stored { clock_is_off: true, .. })).collect();
    assert_eq!(flags, [true, false]);
    let view = block_on(shop.gateway.read_device(&Shop::scope(), &device("till"))).unwrap().unwrap();
    let progress = &view.progress;
    assert_eq!((progress.last_sequence(), progress.reported, view.device.clock_skew_micros), (Some(4), 2, Some(0)));
    assert_eq!((view.gaps[0].from, view.gaps[0].to), (2, 3));
    let unknown = block_on(shop.gateway.read_device(&Shop::scope(), &device("till-9"))).unwrap();
    assert_eq!(unknown, None);
}

#[test]
fn a_number_that_was_reported_and_led_to_a_conflict_is_no_gap() {
    let shop = Shop::open();
    shop.sync_one("till-2", &shop.cash("T-20251013-2", "TRX-2", PRICE));
    for (number, order) in [(1, "TRX-1"), (4, "TRX-4")] {
        shop.sync_one("till", &shop.cash(&format!("T-20251013-{number}"), order, PRICE));
    }
    let gaps = || {
        let view = block_on(shop.gateway.read_device(&Shop::scope(), &device("till"))).unwrap().unwrap();
        view.gaps.iter().map(|gap| (gap.from, gap.to)).collect::<Vec<_>>()
    };
    assert_eq!(gaps(), [(2, 3)]);
    shop.conflict("till", &shop.cash("T-20251013-2", "TRX-2", PRICE));
    assert_eq!(gaps(), [(3, 3)], "another till had the name, and this one did report it");
}
