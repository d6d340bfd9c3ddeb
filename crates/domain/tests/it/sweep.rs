//! Sweep: one listing finds all money whose webhooks were lost.

use futures::executor::block_on;
use mstore_pay_domain::gateway::{SweepReport, SweepWindow};
use mstore_pay_domain::memory::Mishap;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Certainty, Clock as _, Operation, ProviderErrorKind};

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

#[test]
fn a_second_payment_that_the_provider_does_not_tell_of_yet_is_not_taken_for_the_first() {
    for mishap in [None, Some(Mishap::WithoutPaymentRefs)] {
        let shop = Shop::open();
        let mut window = SweepWindow::starting(shop.world.clock.now());
        if let Some(mishap) = mishap {
            shop.world.provider.misbehave_always(Operation::Sweep, mishap);
        }
        let payment = shop.sell("TRX-1");
        let reference = shop.shown(&payment.id);
        shop.pay(&reference, PRICE);
        assert_eq!(sweep(&shop, &mut window).settled, 1);
        shop.later(120);
        shop.pay(&reference, PRICE);
        shop.world.provider.misbehave(Operation::Inquire, Mishap::WithoutMoney);
        assert_eq!(sweep(&shop, &mut window).left, 1);
        shop.later(2);
        assert_eq!((sweep(&shop, &mut window).left, shop.exceptions()), (0, vec!["paid_twice"]));
    }
}

fn sweep(shop: &Shop, window: &mut SweepWindow) -> SweepReport {
    block_on(shop.gateway.sweep(&shop.world.account, window)).unwrap()
}

#[test]
fn money_that_a_listing_cut_short_did_not_show_is_found_by_a_later_one() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let sold: Vec<_> = (0..3).map(|n| shop.sell(&format!("TRX-{n}"))).collect();
    for payment in &sold {
        shop.later(90);
        shop.pay(&shop.shown(&payment.id), PRICE);
    }
    shop.world.provider.list_at_most(2);
    assert_eq!(sweep(&shop, &mut window).settled, 2);
    shop.world.provider.behave();
    assert_eq!(sweep(&shop, &mut window).settled, 1, "the oldest");
    assert!(sold.iter().all(|payment| shop.status(&payment.id) == PaymentStatus::Paid));
}

#[test]
fn a_row_whose_money_the_provider_does_not_tell_of_yet_is_asked_about_again() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave(Operation::Inquire, Mishap::WithoutMoney);
    let first = sweep(&shop, &mut window);
    assert_eq!((first.settled, first.left), (0, 1));
    shop.later(2);
    assert_eq!(sweep(&shop, &mut window).settled, 1);
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}

#[test]
fn a_row_of_money_that_is_on_record_is_not_asked_about() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let asked = shop.world.provider.calls();
    assert_eq!(
        sweep(&shop, &mut window),
        SweepReport { listed: 1, known: 1, supported: true, is_trusted: true, ..SweepReport::default() }
    );
    assert_eq!(shop.world.provider.calls()[asked.len()..], [Operation::Sweep]);
}

#[test]
fn a_row_for_which_the_budget_leaves_no_question_is_no_row_asked_about_in_vain() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let limited = ProviderErrorKind::RateLimited { retry_after: None };
    let refused = Mishap::Refused { kind: limited, certainty: Certainty::NotApplied };
    shop.world.provider.misbehave_always(Operation::Inquire, refused);
    for _ in 0..20 {
        assert_eq!(sweep(&shop, &mut window).left, 1);
        shop.later(2);
    }
    shop.world.provider.behave();
    assert_eq!(sweep(&shop, &mut window).settled, 1);
    assert_eq!((shop.status(&payment.id), shop.exceptions()), (PaymentStatus::Paid, vec![]));
}

#[test]
fn a_row_that_is_never_borne_out_is_asked_about_less_and_less_often_then_put_before_a_person() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.provider.misbehave_always(Operation::Inquire, Mishap::SilentBefore);
    let asked = |shop: &Shop| shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count();
    let mut left = 1;
    for _ in 0..2_000 {
        left = sweep(&shop, &mut window).left;
        shop.later(2);
    }
    assert_eq!((left, asked(&shop)), (0, 10));
    assert_eq!(shop.exceptions(), ["unmatched"]);
}
