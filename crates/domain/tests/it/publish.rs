//! What went out, and what the transaction ledger says to it.

use std::error::Error;
use std::sync::Arc;

use futures::executor::block_on;
use mstore_pay_domain::gateway::{Attended, Gateway, Lane, Policies, Ports, Published};
use mstore_pay_domain::memory::MemoryLedger;
use mstore_pay_domain::ports::{Clock as _, LedgerErrorKind};

use crate::shop::{PRICE, Shop};

/// A shop whose orders are another service's, and a payment that was paid there while that service was in trouble.
fn paid_under(trouble: LedgerErrorKind) -> (Shop, Arc<MemoryLedger>) {
    let mut shop = Shop::open();
    let ledger = Arc::new(MemoryLedger::default());
    let ports = Ports { ledger: Arc::<MemoryLedger>::clone(&ledger), ..shop.world.ports() };
    shop.gateway = Gateway::new(ports, Policies::default());
    let payment = shop.sell("TRX-1");
    ledger.fail_with(Some(trouble));
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    shop.work();
    (shop, ledger)
}

/// How often it was told that the order is paid.
fn told(shop: &Shop) -> usize {
    shop.world.feed.published().iter().filter(|message| message.event.word() == "order_paid").count()
}

#[test]
fn a_payment_that_the_ledger_refuses_is_put_before_a_person_once() {
    let (shop, ledger) = paid_under(LedgerErrorKind::Refused);
    assert_eq!((shop.exceptions(), told(&shop)), (vec!["unmatched"], 1));
    ledger.fail_with(None);
    shop.pass(600);
    assert_eq!((shop.exceptions(), told(&shop)), (vec!["unmatched"], 1), "what was refused is not told again");
}

#[test]
fn a_ledger_in_trouble_is_told_when_it_is_back() {
    for trouble in [LedgerErrorKind::Unavailable, LedgerErrorKind::Malformed] {
        let (shop, ledger) = paid_under(trouble);
        assert_eq!((ledger.verified().len(), told(&shop)), (0, 0), "{trouble:?}");
        ledger.fail_with(None);
        shop.pass(10);
        assert_eq!((ledger.verified().len(), told(&shop)), (1, 1), "{trouble:?}");
        assert_eq!(shop.exceptions(), Vec::<&str>::new());
    }
}

#[test]
fn why_a_message_did_not_go_out_is_told_to_whoever_sends_it_on() {
    let attend = |shop: &Shop| {
        let lane = block_on(shop.gateway.take_up(Lane::Publish, shop.world.clock.now(), 1)).unwrap();
        let attended = block_on(shop.gateway.attend(&lane[0])).unwrap();
        let Attended::Message(Published::Deferred { error }) = attended else { panic!("it went out: {attended:?}") };
        let outermost: &dyn Error = &error;
        let causes = std::iter::successors(Some(outermost), |&cause| cause.source());
        causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
    };
    let shop = Shop::open();
    shop.sell("TRX-1");
    shop.world.feed.refuse_next(1);
    let said = attend(&shop);
    assert_eq!(said, "the message was not sent on: could not publish the message: the feed was told to refuse");
}

#[test]
fn what_could_not_be_published_goes_out_later() {
    let shop = Shop::open();
    shop.world.feed.refuse_next(2);
    let payment = shop.sell("TRX-1");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    shop.pass(10);
    let published = shop.world.feed.published();
    let mut words: Vec<_> = published.iter().map(|message| message.event.word()).collect();
    words.sort_unstable();
    assert_eq!(words, ["order_paid", "status_changed", "status_changed"]);
}
