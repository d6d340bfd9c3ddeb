//! What is known need not be read: how often a gateway reads a payment with all that belongs to it.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::FutureExt as _;
use futures::executor::block_on;
use mstore_pay_domain::gateway::{CashError, Gateway, Lane, Policies, Ports, SweepWindow, WaitFor, WorkLimits};
use mstore_pay_domain::memory::MemoryLedger;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::{Clock as _, MockPaymentRepository, PaymentName, PaymentRepository as _};

use crate::cash::cash;
use crate::shop::{PRICE, Shop};

/// How often each of the reads of payments may be made: the whole of them, but for the last.
#[derive(Clone, Copy, Default)]
struct Reads {
    payment: usize,
    payment_in_order: usize,
    order_with_payments: usize,
    by_account_refs: usize,
    revisions: usize,
}

/// The ports of that shop, by which just these reads may be made; something happens after each look for a name.
fn ports(shop: &Shop, reads: Reads, meanwhile: impl Fn() + Send + 'static) -> Ports {
    let mut payments = MockPaymentRepository::new();
    let store = || Arc::clone(&shop.world.store);
    let it = store();
    payments
        .expect_payment()
        .times(reads.payment)
        .returning(move |merchant, id| it.payment(merchant, id).now_or_never().unwrap());
    let it = store();
    payments
        .expect_payment_in_order()
        .times(reads.payment_in_order)
        .returning(move |merchant, name| it.payment_in_order(merchant, name).now_or_never().unwrap());
    let it = store();
    payments
        .expect_order_with_payments()
        .times(reads.order_with_payments)
        .returning(move |merchant, code| it.order_with_payments(merchant, code).now_or_never().unwrap());
    let it = store();
    payments.expect_by_account_refs().times(reads.by_account_refs).returning(move |provider, account, refs| {
        let found = it.by_account_refs(provider, account, refs).now_or_never().unwrap();
        meanwhile();
        found
    });
    let it = store();
    payments.expect_revisions().times(reads.revisions).returning(move |ids| it.revisions(ids).now_or_never().unwrap());
    let it = store();
    payments.expect_commit().returning(move |work| it.commit(work).now_or_never().unwrap());
    Ports { payments: Arc::new(payments), ..shop.world.ports() }
}

/// A gateway over the store of that shop, which makes just these reads.
fn reading(shop: &Shop, reads: Reads) -> Gateway {
    Gateway::new(ports(shop, reads, || ()), Policies::default())
}

/// Five payments whose money has come, and that nobody was told of yet.
fn sell_five(shop: &Shop) {
    for number in 0..5 {
        let payment = shop.sell(&format!("TRX-{number}"));
        shop.pay(&shop.shown(&payment.id), PRICE);
    }
}

#[test]
fn a_webhook_is_settled_on_one_read_and_whoever_waits_is_handed_what_was_written() {
    let mut shop = Shop::open();
    let payment = shop.sell("TRX-1");
    // One for the webhook, one for the till when it begins to wait.
    shop.gateway = reading(&shop, Reads { by_account_refs: 1, payment_in_order: 1, ..Reads::default() });
    let (scope, name) = (Shop::scope(), payment.id.to_string());
    let long = WaitFor { at_most: Duration::from_secs(30), seen: None };
    let mut wait = pin!(shop.gateway.wait(&scope, &name, long));
    assert!((&mut wait).now_or_never().is_none());
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    let view = wait.now_or_never().expect("a till that was woken").unwrap();
    let stored =
        block_on(shop.world.store.payment_in_order(&scope.merchant, &PaymentName::Id(payment.id))).unwrap().unwrap();
    assert_eq!(view.payment, stored.payment);
    assert_eq!((view.payment.status(), view.paid_by), (PaymentStatus::Paid, stored.paid_by));
}

#[test]
fn a_look_by_the_providers_id_reads_once() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let name = shop.payment(&payment.id).public_reference();
    assert_ne!(name, payment.id.to_string());
    let gateway = reading(&shop, Reads { payment_in_order: 1, ..Reads::default() });
    let view = block_on(gateway.status(&Shop::scope(), &name)).unwrap();
    assert_eq!(view.payment.id, payment.id);
}

#[test]
fn a_look_whose_question_tells_nothing_new_reads_once() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(15);
    let gateway = reading(&shop, Reads { payment_in_order: 1, ..Reads::default() });
    let view = block_on(gateway.status(&Shop::scope(), &payment.id.to_string())).unwrap();
    assert_eq!(view.payment.status(), PaymentStatus::Pending);
}

#[test]
fn a_look_whose_question_brings_news_reads_what_became_of_it() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    shop.later(15);
    shop.pay(&shop.shown(&payment.id), PRICE);
    let gateway = reading(&shop, Reads { payment_in_order: 2, order_with_payments: 1, ..Reads::default() });
    let view = block_on(gateway.status(&Shop::scope(), &payment.id.to_string())).unwrap();
    assert_eq!(view.payment.status(), PaymentStatus::Paid);
}

#[test]
fn money_that_is_on_record_is_looked_up_once_for_all_rows_that_list_it() {
    let mut shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    sell_five(&shop);
    shop.deliver_all();
    shop.gateway = reading(&shop, Reads { by_account_refs: 1, ..Reads::default() });
    let report = block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    assert_eq!((report.listed, report.known, report.settled), (5, 5, 0));
}

#[test]
fn rows_of_money_that_was_put_on_record_here_cost_a_look_at_revisions_alone() {
    let mut shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    sell_five(&shop);
    // One for each webhook.
    shop.gateway = reading(&shop, Reads { by_account_refs: 5, revisions: 1, ..Reads::default() });
    shop.deliver_all();
    let report = block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    assert_eq!((report.listed, report.known, report.settled), (5, 5, 0));
}

#[test]
fn rows_are_told_apart_whoever_put_their_money_on_record_if_anybody_did() {
    let mut shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let here = Gateway::new(shop.world.ports(), Policies::default());
    let elsewhere = Gateway::new(shop.world.ports(), Policies::default());
    for number in 0..9 {
        let payment = shop.sell(&format!("TRX-{number}"));
        shop.pay(&shop.shown(&payment.id), PRICE);
        // By turns: here, at another node, nowhere.
        shop.gateway = if number % 3 == 0 { here.clone() } else { elsewhere.clone() };
        let told = shop.webhooks();
        if number % 3 < 2 {
            assert!(told.iter().all(|webhook| shop.deliver(webhook).is_some()));
        }
    }
    let report = block_on(here.sweep(&shop.world.account, &mut window)).unwrap();
    assert_eq!((report.listed, report.known, report.settled), (9, 6, 3));
    for number in 0..9 {
        assert_eq!(shop.stored(&format!("TRX-{number}"))[0].status(), PaymentStatus::Paid, "of TRX-{number}");
    }
}

#[test]
fn money_that_a_store_has_lost_since_is_put_on_record_again() {
    let mut shop = Shop::open();
    let mut window = SweepWindow::starting(shop.world.clock.now());
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    // The store says that it took the money in, and is replaced by one that had not heard of it.
    let mut forgetful = MockPaymentRepository::new();
    let it = Arc::clone(&shop.world.store);
    forgetful
        .expect_by_account_refs()
        .returning(move |provider, account, refs| it.by_account_refs(provider, account, refs).now_or_never().unwrap());
    let it = Arc::clone(&shop.world.store);
    forgetful.expect_revisions().times(1).returning(move |ids| it.revisions(ids).now_or_never().unwrap());
    let (it, is_lost) = (Arc::clone(&shop.world.store), AtomicBool::new(true));
    forgetful.expect_commit().returning(move |work| {
        let is_first = !work.payments.is_empty() && is_lost.swap(false, Ordering::SeqCst);
        if is_first { Ok(()) } else { it.commit(work).now_or_never().unwrap() }
    });
    shop.gateway = Gateway::new(Ports { payments: Arc::new(forgetful), ..shop.world.ports() }, Policies::default());
    shop.deliver_all();
    assert_eq!(shop.status(&payment.id), PaymentStatus::Pending);
    let report = block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    assert_eq!((report.listed, report.settled), (1, 1));
    assert_eq!(shop.status(&payment.id), PaymentStatus::Paid);
}

#[test]
fn the_ledger_is_told_of_what_was_just_written_without_a_read() {
    let mut shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let ledger = Arc::new(MemoryLedger::default());
    let ports = ports(&shop, Reads { by_account_refs: 1, ..Reads::default() }, || ());
    let ports = Ports { ledger: Arc::<MemoryLedger>::clone(&ledger), ..ports };
    shop.gateway = Gateway::new(ports, Policies::default());
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    while block_on(shop.gateway.work_lane(Lane::Publish, shop.world.clock.now(), WorkLimits::default())).unwrap() > 0 {}
    let told: Vec<_> = ledger.verified().into_iter().map(|told| (told.payment, told.amount)).collect();
    assert_eq!(told, [(payment.id, payment.amount)]);
}

#[test]
fn cash_that_comes_while_a_webhook_is_being_settled_is_seen_before_anything_is_written() {
    let mut shop = Shop::open();
    shop.register("TRX-1");
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    let beside = Gateway::new(shop.world.ports(), Policies::default());
    let take_cash = move || {
        let taken = beside.take_cash(&cash("TRX-1", PRICE)).now_or_never().expect("a store in memory");
        assert!(matches!(taken, Err(CashError::AlreadyPaid { .. })), "{taken:?}");
    };
    // What the other one found and wrote makes what was read here outdated.
    let ports = ports(&shop, Reads { by_account_refs: 1, order_with_payments: 1, ..Reads::default() }, take_cash);
    shop.gateway = Gateway::new(ports, Policies::default());
    shop.deliver_all();
    assert_eq!((shop.status(&payment.id), shop.exceptions()), (PaymentStatus::Paid, Vec::new()));
    assert_eq!(shop.payment(&payment.id).charges[0].state.funds().unwrap().receipts().count(), 1);
}
