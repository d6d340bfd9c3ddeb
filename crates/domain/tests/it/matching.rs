//! Which payment a till means that reports a sale by QR, and cash beside it in whatever order things come.

use futures::executor::block_on;
use mstore_pay_domain::gateway::{ConflictReach, ResolveConflict, ResolveConflictError};
use mstore_pay_domain::ids::{PaymentId, UserId};
use mstore_pay_domain::method::Method;
use mstore_pay_domain::offline::{ConflictKind, ConflictState, OfflineConflict, OfflineItem, OfflineTender};
use mstore_pay_domain::offline::{Resolution, SaleState};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::reason::Reason;

use crate::offline::stored;
use crate::shop::{PRICE, Shop};

/// Longer than a QR is shown.
const EXPIRED_AFTER_SECONDS: u64 = 400;

impl Shop {
    fn reported(&self, reference: &str, named: Option<&str>, receipt_id: Option<&str>) -> OfflineItem {
        let (named, receipt_id) = (named.map(ToOwned::to_owned), receipt_id.map(ToOwned::to_owned));
        let tender = OfflineTender::Unproven { method: Method::Qris, named, receipt_id };
        self.payment_item(reference, "TRX-1", PRICE, tender)
    }

    /// Two payments of one order and one amount: the first was shown until its time was over, the second after it.
    fn two_shown(&self) -> [PaymentId; 2] {
        let first = self.sell("TRX-1").id;
        self.pass(EXPIRED_AFTER_SECONDS);
        assert_eq!(self.status(&first), PaymentStatus::Expired);
        [first, self.sell("TRX-1").id]
    }

    /// The number on the receipt of the money that is paid for it now.
    fn paid_now(&self, payment: &PaymentId) -> String {
        let receipt = self.pay(&self.shown(payment), PRICE);
        self.deliver_all();
        assert_eq!(self.status(payment), PaymentStatus::Paid);
        receipt.to_string()
    }

    fn meaning(
        &self,
        conflict: &OfflineConflict,
        item: &OfflineItem,
        resolution: Resolution,
        payment: &str,
    ) -> Result<OfflineConflict, ResolveConflictError> {
        let resolve = ResolveConflict {
            scope: Self::scope(),
            user: UserId::parse("owner").unwrap(),
            reach: ConflictReach::AnyTill,
            conflict: conflict.id,
            resolution,
            reason: Reason::parse("seen on the customer's phone").unwrap(),
            payment: Some(payment.to_owned()),
            item: item.clone(),
        };
        block_on(self.gateway.resolve_conflict(&resolve))
    }
}

#[test]
fn the_payment_that_a_till_names_comes_before_one_that_is_likelier() {
    let shop = Shop::open();
    let [first, second] = shop.two_shown();
    shop.paid_now(&second);
    let named = shop.reported("T-20251013-1", Some(&first.to_string()), None);
    assert_eq!(stored(&shop.sync_one("till", &named)), first.to_string());
    let unnamed = shop.reported("T-20251013-2", None, None);
    assert_eq!(stored(&shop.sync_one("till", &unnamed)), second.to_string());
    assert_eq!(shop.status(&first), PaymentStatus::Expired, "nothing is paid at a till's word");
}

#[test]
fn a_named_payment_that_nobody_knows_is_taken_for_no_other() {
    let shop = Shop::open();
    let [_, second] = shop.two_shown();
    shop.paid_now(&second);
    let conflict_free = shop.sync_one("till", &shop.reported("T-20251013-1", Some("qr_of_nobody"), None));
    let kept = stored(&conflict_free).parse().unwrap();
    assert_ne!(kept, second);
    assert!(shop.payment(&kept).is_unproven());
}

#[test]
fn the_number_on_the_receipt_tells_two_payments_apart_however_it_is_written() {
    let shop = Shop::open();
    let [first, second] = shop.two_shown();
    let [of_first, of_second] = [first, second].map(|payment| shop.paid_now(&payment));
    let spaced = of_first.to_uppercase().replace('_', " ");
    let one = shop.sync_one("till", &shop.reported("T-20251013-1", None, Some(&spaced)));
    let two = shop.sync_one("till", &shop.reported("T-20251013-2", None, Some(&of_second)));
    assert_eq!([stored(&one), stored(&two)], [first, second].map(|payment| payment.to_string()));
    let other = shop.reported("T-20251013-3", None, Some("4711"));
    assert_eq!(shop.conflict("till", &other).conflict, ConflictKind::Duplicate, "both are taken");
}

#[test]
fn a_number_of_another_receipt_is_shown_and_not_guessed_away() {
    let shop = Shop::open();
    let paid = shop.sell("TRX-1").id;
    shop.paid_now(&paid);
    let other = shop.reported("T-20251013-1", None, Some("4711"));
    let conflict = shop.conflict("till", &other);
    assert_eq!((conflict.conflict, conflict.server_id.clone()), (ConflictKind::DataMismatch, Some(paid.to_string())));
    let resolved = shop.meaning(&conflict, &other, Resolution::Merge, &paid.to_string()).unwrap();
    let ConflictState::Resolved { applied, .. } = &resolved.state else { panic!("expected it resolved: {resolved:?}") };
    assert_eq!(applied.as_deref(), Some(paid.to_string().as_str()));
    assert_eq!(shop.meaning(&conflict, &other, Resolution::Merge, &paid.to_string()).unwrap(), resolved);
    assert!(shop.record(&paid).contains(&"conflict_resolved".to_owned()));
    let unnumbered = shop.qris("T-20251013-2", "TRX-1");
    assert_eq!(shop.conflict("till", &unnumbered).conflict, ConflictKind::Duplicate, "a person said whose it is");
}

#[test]
fn of_payments_as_likely_the_nearest_in_time_is_meant_and_a_wrong_clock_leaves_it_to_a_person() {
    let shop = Shop::open();
    let early = shop.reported("T-20251013-1", None, None);
    let [first, second] = shop.two_shown();
    for payment in [&first, &second] {
        shop.paid_now(payment);
        shop.pass(EXPIRED_AFTER_SECONDS);
    }
    let mut adrift = shop.reported("T-20251013-2", None, None);
    adrift.created_at_device = mstore_pay_domain::time::Timestamp::EPOCH;
    let conflict = shop.conflict("till", &adrift);
    assert_eq!(conflict.conflict, ConflictKind::DataMismatch);
    assert_eq!(stored(&shop.sync_one("till", &early)), first.to_string());
    let refused = |resolution, payment: &str| {
        let refused = shop.meaning(&conflict, &adrift, resolution, payment);
        assert!(matches!(refused, Err(ResolveConflictError::PaymentDoesNotFit)), "{payment}: {refused:?}");
    };
    refused(Resolution::Merge, &first.to_string());
    refused(Resolution::Merge, &shop.sell("TRX-2").id.to_string());
    refused(Resolution::Merge, "nobody");
    refused(Resolution::KeepServer, &second.to_string());
    shop.meaning(&conflict, &adrift, Resolution::Merge, &second.to_string()).unwrap();
}

#[test]
fn what_ended_unpaid_takes_no_report_that_does_not_name_it() {
    let shop = Shop::open();
    let [first, second] = shop.two_shown();
    shop.pass(EXPIRED_AFTER_SECONDS);
    assert_eq!(shop.status(&second), PaymentStatus::Expired);
    let report = shop.reported("T-20251013-1", None, None);
    let kept: PaymentId = stored(&shop.sync_one("till", &report)).parse().unwrap();
    assert!(![first, second].contains(&kept));
    assert_eq!((shop.status(&kept), shop.payment(&kept).is_unproven()), (PaymentStatus::Pending, true));
    let other = shop.reported("T-20251013-2", None, None);
    let conflict = shop.conflict("till", &other);
    assert_eq!((conflict.conflict, conflict.server_id.clone()), (ConflictKind::Duplicate, Some(kept.to_string())));
    shop.meaning(&conflict, &other, Resolution::Merge, &second.to_string()).unwrap();
    assert_eq!(shop.status(&second), PaymentStatus::Expired, "nothing is paid at a person's word");
    shop.paid_now(&first);
    assert_eq!(stored(&shop.sync_one("till", &report)), kept.to_string(), "the same again");
    assert_eq!((shop.status(&kept), shop.exceptions()), (PaymentStatus::Canceled, vec!["late_paid"]));
}

#[test]
fn one_money_stands_for_one_report_of_a_payment() {
    let shop = Shop::open();
    let paid = shop.sell("TRX-1").id;
    shop.paid_now(&paid);
    let first = shop.qris("T-20251013-1", "TRX-1");
    assert_eq!(stored(&shop.sync_one("till", &first)), paid.to_string());
    let second = shop.qris("T-20251013-2", "TRX-1");
    let conflict = shop.conflict("till", &second);
    assert_eq!((conflict.conflict, conflict.server_id.clone()), (ConflictKind::Duplicate, Some(paid.to_string())));
    assert_eq!(stored(&shop.sync_one("till", &first)), paid.to_string(), "the same again");
    shop.resolve(&conflict, &second, Resolution::Merge).unwrap();
    assert_eq!(shop.stored("TRX-1").len(), 2, "both stand");
    let at_another_till = shop.conflict("till-2", &first);
    shop.resolve(&at_another_till, &first, Resolution::Merge).unwrap();
    assert_eq!(shop.stored("TRX-1").len(), 3, "the same words of another till are another report");
}

#[test]
fn one_cash_stands_for_one_report_of_a_payment() {
    let shop = Shop::open();
    shop.sync_one("till", &shop.sale("T-20251013-1", "TRX-1", SaleState::PaidInCash));
    let [first, second] = ["T-20251013-1", "T-20251013-2"].map(|name| shop.cash(name, "TRX-1", PRICE));
    shop.sync_one("till", &first);
    assert_eq!((shop.cash_of("TRX-1"), shop.exceptions()), (1, vec![]));
    for _ in 0..2 {
        shop.sync_one("till", &second);
    }
    assert_eq!((shop.cash_of("TRX-1"), shop.exceptions()), (2, vec!["paid_twice"]));
}

#[test]
fn a_payment_that_came_to_nothing_is_kept_and_books_nothing() {
    let shop = Shop::open();
    let shown = shop.sell("TRX-1").id;
    let named = OfflineTender::Nothing { named: Some(shown.to_string()) };
    let items = [
        shop.payment_item("T-20251013-1", "TRX-1", PRICE, named),
        shop.payment_item("T-20251013-2", "TRX-2", PRICE, OfflineTender::Nothing { named: None }),
        shop.sale("T-20251013-3", "TRX-3", SaleState::Failed),
        shop.sale("T-20251013-4", "TRX-4", SaleState::Expired),
    ];
    let told = shop.sync("till", &items);
    let told: Vec<&str> = told.iter().map(stored).collect();
    assert_eq!(told, [shown.to_string().as_str(), "TRX-2", "TRX-3", "TRX-4"]);
    assert_eq!(shop.status(&shown), PaymentStatus::Pending, "nothing fails at a till's word");
    assert_eq!((shop.stored("TRX-2").len(), shop.cash_of("TRX-2")), (0, 0));
    let statuses = ["TRX-3", "TRX-4"].map(|order| shop.order_status(order));
    assert_eq!(statuses, [Some(OrderStatus::Failed), Some(OrderStatus::Expired)]);
}

/// Every order in which that many things can come.
fn orders_of_arrival(count: usize) -> Vec<Vec<usize>> {
    let Some(last) = count.checked_sub(1) else { return vec![Vec::new()] };
    let with_last = |shorter: Vec<usize>| {
        (0..count).map(move |place| {
            let mut longer = shorter.clone();
            longer.insert(place, last);
            longer
        })
    };
    orders_of_arrival(last).into_iter().flat_map(with_last).collect()
}

/// What is left of TRX-1 when everything came.
fn end(shop: &Shop) -> (Option<OrderStatus>, Vec<PaymentStatus>, usize, Vec<&'static str>) {
    let payments = shop.stored("TRX-1").iter().map(mstore_pay_domain::payment::Payment::status).collect();
    (shop.order_status("TRX-1"), payments, shop.cash_of("TRX-1"), shop.exceptions())
}

#[test]
fn cash_beside_an_unproven_qr_ends_the_same_in_whatever_order_they_come() {
    let orders = orders_of_arrival(3);
    assert_eq!(orders.len(), 6);
    for order in orders {
        let shop = Shop::open();
        let items = [
            shop.sale("T-20251013-1", "TRX-1", SaleState::Open),
            shop.cash("T-20251013-1", "TRX-1", PRICE),
            shop.qris("T-20251013-2", "TRX-1"),
        ];
        for place in &order {
            shop.sync_one("till", &items[*place]);
        }
        let want = (Some(OrderStatus::Paid), vec![PaymentStatus::Canceled], 1, vec![]);
        assert_eq!(end(&shop), want, "{order:?}");
    }
}

#[test]
fn cash_beside_a_qr_whose_money_comes_ends_the_same_in_whatever_order_they_come() {
    let orders = orders_of_arrival(4);
    assert_eq!(orders.len(), 24);
    for order in orders {
        let shop = Shop::open();
        let shown = shop.sell("TRX-1");
        let name = shop.shown(&shown.id);
        let items = [
            shop.sale("T-20251013-1", "TRX-1", SaleState::Open),
            shop.cash("T-20251013-1", "TRX-1", PRICE),
            shop.qris("T-20251013-2", "TRX-1"),
        ];
        for place in &order {
            if let Some(item) = items.get(*place) {
                shop.sync_one("till", item);
            } else {
                shop.pay(&name, PRICE);
                shop.deliver_all();
            }
        }
        let want = (Some(OrderStatus::Paid), vec![PaymentStatus::Paid], 1, vec!["paid_twice"]);
        assert_eq!(end(&shop), want, "{order:?}");
    }
}
