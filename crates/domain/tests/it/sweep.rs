//! Sweep: one listing finds all money whose webhooks were lost.

use futures::executor::block_on;
use mstore_pay_domain::gateway::SweepWindow;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Clock as _, Operation};

use crate::shop::{PRICE, Shop};

#[test]
fn one_listing_settles_every_payment_and_a_second_asks_nothing() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let sold: Vec<_> = (0..5).map(|n| shop.sell(&format!("TRX-{n}"))).collect();
    shop.later(3);
    for payment in &sold {
        shop.pay(&shop.shown(&payment.id), PRICE);
    }
    let report = block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    assert_eq!((report.listed, report.settled, report.left), (5, 5, 0));
    assert!(sold.iter().all(|payment| shop.status(&payment.id) == PaymentStatus::Paid));
    let asked = shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count();
    block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    let asked_again = shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count();
    assert_eq!(asked_again, asked);
}

#[test]
fn a_second_payment_on_a_paid_object_is_found_and_flagged() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let payment = shop.sell("TRX-1");
    for _ in 0..2 {
        shop.later(2);
        shop.pay(&shop.shown(&payment.id), PRICE);
        block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    }
    assert_eq!(shop.exceptions(), ["paid_twice"]);
}
