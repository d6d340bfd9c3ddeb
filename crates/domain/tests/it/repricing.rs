//! What a till without a line said that an order costs, beside payments of another amount.

use mstore_pay_domain::gateway::{Created, ResolveConflictError};
use mstore_pay_domain::ids::OrderCode;
use mstore_pay_domain::memory::BookedStatus;
use mstore_pay_domain::money::Money;
use mstore_pay_domain::offline::{OfflineSale, Reported, Resolution, SaleState};
use mstore_pay_domain::order::OrderStatus;
use mstore_pay_domain::payment::PaymentStatus;

use crate::offline::stored;
use crate::shop::{PRICE, Shop};

/// A sale of `TRX-1` at that price, which nobody paid yet.
fn priced(total: u32) -> Reported {
    Reported::Sale(OfflineSale {
        code: OrderCode::parse("TRX-1").unwrap(),
        branch: None,
        grand_total: Money::from(total),
        payment_method: None,
        state: SaleState::Open,
    })
}

#[test]
fn a_sale_that_costs_something_else_than_was_paid_is_paid_and_put_before_a_person() {
    let shop = Shop::open();
    let payment = shop.create(&Shop::command("TRX-1", PRICE + 1));
    let Ok(Created::Open(payment)) = payment else { panic!("{payment:?}") };
    shop.pay(&shop.shown(&payment.id), PRICE + 1);
    shop.deliver_all();
    stored(&shop.sync_one("till", &shop.sale("T-20251013-1", "TRX-1", SaleState::Open)));
    assert_eq!((shop.order_status("TRX-1"), shop.exceptions()), (Some(OrderStatus::Paid), vec!["overpaid"]));
}

#[test]
fn a_qr_code_of_another_amount_is_closed_before_its_order_costs_something_else() {
    let shop = Shop::open();
    stored(&shop.sync_one("till", &shop.item("T-20251013-1", priced(PRICE - 1))));
    let shown = match shop.create(&Shop::command("TRX-1", PRICE - 1)) {
        Ok(Created::Open(payment)) => *payment,
        other => panic!("{other:?}"),
    };
    let changed = shop.item("T-20251013-2", priced(PRICE));
    let conflict = shop.conflict("till", &changed);
    assert_eq!(shop.status(&shown.id), PaymentStatus::Pending);
    shop.resolve(&conflict, &changed, Resolution::KeepLocal).unwrap();
    assert_eq!(
        (shop.status(&shown.id), shop.books()[0].status.clone()),
        (PaymentStatus::Canceled, BookedStatus::Canceled)
    );
    shop.later(1);
    shop.pay(&shop.payment(&shown.id).charges[0].our_reference.to_string(), PRICE - 1);
    shop.deliver_all();
    assert_eq!(shop.order_status("TRX-1"), Some(OrderStatus::Paid));
    assert_eq!(shop.exceptions(), ["late_paid", "underpaid"]);
}

#[test]
fn money_that_was_found_before_its_order_costs_something_else_keeps_what_it_costs() {
    let shop = Shop::open();
    stored(&shop.sync_one("till", &shop.item("T-20251013-1", priced(PRICE))));
    let shown = shop.sell("TRX-1");
    let changed = shop.item("T-20251013-2", priced(PRICE + 1));
    let conflict = shop.conflict("till", &changed);
    shop.pay(&shop.shown(&shown.id), PRICE);
    let refused = shop.resolve(&conflict, &changed, Resolution::KeepLocal);
    assert!(matches!(refused, Err(ResolveConflictError::CannotGiveWay)), "{refused:?}");
    assert_eq!((shop.status(&shown.id), shop.exceptions()), (PaymentStatus::Paid, Vec::new()));
}

#[test]
fn a_qr_code_of_the_amount_that_its_order_costs_from_now_on_stays() {
    let shop = Shop::open();
    let shown = shop.sell("TRX-1");
    stored(&shop.sync_one("till", &shop.item("T-20251013-1", priced(PRICE + 1))));
    let changed = shop.item("T-20251013-2", priced(PRICE));
    let conflict = shop.conflict("till", &changed);
    shop.resolve(&conflict, &changed, Resolution::KeepLocal).unwrap();
    assert_eq!(shop.status(&shown.id), PaymentStatus::Pending);
    shop.pay(&shop.shown(&shown.id), PRICE);
    shop.deliver_all();
    assert_eq!((shop.order_status("TRX-1"), shop.exceptions()), (Some(OrderStatus::Paid), Vec::new()));
}
