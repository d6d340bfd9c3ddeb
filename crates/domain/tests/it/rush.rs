//! More money at once than the rate limit leaves questions for, or a list that is too long to be read again and again.

use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::gateway::{SweepReport, SweepWindow};
use mstore_pay_domain::memory::{Mishap, ScriptedWebhooks};
use mstore_pay_domain::money::Money;
use mstore_pay_domain::payment::{Payment, PaymentStatus};
use mstore_pay_domain::ports::{Clock as _, Operation, Timeline as _};

use crate::shop::{PRICE, Shop};

fn sweep(shop: &Shop, window: &mut SweepWindow) -> SweepReport {
    block_on(shop.gateway.sweep(&shop.world.account, window)).unwrap()
}

fn sell(shop: &Shop, count: usize) -> Vec<Payment> {
    (0..count).map(|n| shop.sell(&format!("TRX-{n}"))).collect()
}

fn asked(shop: &Shop) -> usize {
    shop.world.provider.calls().iter().filter(|call| **call == Operation::Inquire).count()
}

/// Forty customers pay at once, and a listing of that kind tells of it: so many of them are asked about, and all are paid.
#[track_caller]
fn check(mishap: Option<Mishap>, questions: usize) {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let sold = sell(&shop, 40);
    shop.later(3);
    for payment in &sold {
        shop.pay(&shop.shown(&payment.id), PRICE);
    }
    if let Some(mishap) = mishap {
        shop.world.provider.misbehave(Operation::Sweep, mishap);
    }
    let report = sweep(&shop, &mut window);
    assert_eq!((report.settled, report.left, asked(&shop)), (40, 0, questions));
    assert_eq!(report.believed, 40 - u32::try_from(questions).unwrap());
    assert!(sold.iter().all(|payment| shop.status(&payment.id) == PaymentStatus::Paid));
    assert_eq!(shop.exceptions(), [""; 0]);
    let on_record = |payment: &Payment| shop.record(&payment.id).iter().any(|event| event == "receipt_recorded");
    assert!(sold.iter().all(on_record), "what money rests on is on record");
}

#[test]
fn of_many_rows_ten_are_asked_about_and_the_others_are_believed() {
    check(None, 10);
}

#[test]
fn what_an_answer_adds_to_believed_money_is_on_record_and_takes_no_effect_anew() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let sold = sell(&shop, 40);
    shop.later(3);
    let paid: Vec<_> = sold.iter().map(|payment| shop.pay(&shop.shown(&payment.id), PRICE)).collect();
    assert_eq!(sweep(&shop, &mut window).believed, 30);
    let payers = || {
        let held = sold.iter().map(|sold| shop.payment(&sold.id));
        held.filter(|held| held.receipts().any(|(_, receipt)| receipt.payer.issuer().is_some())).count()
    };
    let moved_by = |signal: &str| {
        let records = sold.iter().flat_map(|sold| block_on(shop.world.store.records(&sold.id)).unwrap());
        let moves = records.filter(|record| record.event == "charge_moved");
        moves.filter(|record| record.fields.iter().any(|(name, value)| name == "signal" && value == signal)).count()
    };
    assert_eq!((payers(), moved_by("received")), (10, 40));
    // The provider is asked again, since it takes the money back: its answer also says who had paid.
    for (payment, receipt) in sold.iter().zip(&paid) {
        shop.world.provider.reverse(receipt).unwrap();
        let charge =
            shop.payment(&payment.id).charges.iter().find_map(|charge| charge.provider_ref().cloned()).unwrap();
        let body = format!("event=refunded\ncharge={charge}\norder={}", payment.order_code);
        shop.deliver(&ScriptedWebhooks::signed(&shop.world.account, body));
    }
    assert_eq!((payers(), moved_by("received"), moved_by("reversed")), (40, 40, 40));
}

#[test]
fn rows_that_name_no_payment_are_asked_about_however_many_they_are() {
    check(Some(Mishap::WithoutPaymentRefs), 40);
}

#[test]
fn rows_of_another_amount_are_asked_about_however_many_they_are() {
    check(Some(Mishap::UnnoticedAmount(Money::from(1_u32))), 40);
}

#[test]
fn a_second_payment_in_a_rush_is_asked_about_and_flagged() {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let sold = sell(&shop, 20);
    let pay_all = || {
        shop.later(3);
        for payment in &sold {
            shop.pay(&shop.shown(&payment.id), PRICE);
        }
    };
    pay_all();
    assert_eq!((sweep(&shop, &mut window).settled, asked(&shop)), (20, 10));
    pay_all();
    assert_eq!((sweep(&shop, &mut window).settled, asked(&shop)), (20, 30));
    assert_eq!(shop.exceptions(), ["paid_twice"; 20]);
}

/// Five customers a second for some minutes, and a list of which a hundred rows can be read at once, which becomes late in
/// the end. Each second's customers are paid within so many seconds.
#[track_caller]
fn check_long(late_by: Duration, within_seconds: usize) -> SweepReport {
    let shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    shop.world.provider.list_at_most(100);
    let (mut sold, mut last) = (Vec::new(), SweepReport::default());
    for second in 0..240_usize {
        shop.later(1);
        if second == 180 {
            shop.world.provider.list_late_by(late_by);
        }
        for n in 0..5 {
            let payment = shop.sell(&format!("TRX-{second}-{n}"));
            shop.pay(&shop.shown(&payment.id), PRICE);
            sold.push((second, payment.id));
        }
        if second % 2 == 0 {
            last = sweep(&shop, &mut window);
        }
        let due = sold.iter().filter(|(since, _)| since + within_seconds < second);
        let late: Vec<_> = due.filter(|(_, id)| shop.status(id) != PaymentStatus::Paid).collect();
        assert!(late.is_empty(), "unpaid at {second} s: {late:?}");
        sold.retain(|(since, _)| since + within_seconds >= second);
    }
    last
}

#[test]
fn a_window_that_is_too_long_for_one_listing_is_read_in_parts_and_moves_on() {
    let last = check_long(Duration::ZERO, 2);
    assert!(last.is_trusted, "{last:?}");
    assert!(last.listed <= 60, "what is recent and what leaves the window: {last:?}");
}

#[test]
fn what_is_listed_late_in_a_rush_is_found_before_it_leaves_the_window() {
    let last = check_long(Duration::from_secs(20), 66);
    assert!(!last.is_trusted, "{last:?}");
}
