//! Whoever counts hears how soon money was on record, and what brought it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures::executor::block_on;
use mstore_pay_domain::audit::Actor;
use mstore_pay_domain::gateway::{Gateway, Policies, Ports, SweepWindow};
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Clock as _, Finder, RecordedMoney, Witness};

use crate::shop::{PRICE, Shop};

/// How long after the customer paid it is found out.
const LATER: Duration = Duration::from_secs(2);

#[derive(Default)]
struct Heard(Mutex<Vec<RecordedMoney>>);

impl Witness for Heard {
    fn recorded(&self, money: &RecordedMoney) {
        self.0.lock().unwrap().push(money.clone());
    }
}

/// Has a customer pay, and something find that out, twice: it is heard of once.
#[track_caller]
fn check(want: Finder, find: impl Fn(&Shop, &Payment)) {
    let (mut shop, heard) = (Shop::open(), Arc::new(Heard::default()));
    let ports = Ports { witness: heard.clone(), ..shop.world.ports() };
    shop.gateway = Gateway::new(ports, Policies::default());
    let payment = shop.sell("TRX-1");
    shop.later(15);
    let paid_at = shop.world.clock.now();
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.world.clock.advance(LATER);
    find(&shop, &payment);
    find(&shop, &payment);
    let recorded = heard.0.lock().unwrap().clone();
    let [money] = recorded.as_slice() else { panic!("{want:?}: {recorded:?}") };
    let provider = &shop.world.account.provider;
    assert_eq!((money.by, &money.provider, money.method), (want, provider, payment.method));
    assert_eq!((money.paid_at, money.recorded_at), (paid_at, paid_at.plus(LATER)), "{want:?}");
}

#[test]
fn money_is_heard_of_once_whatever_brought_it() {
    check(Finder::Webhook, |shop, _| {
        shop.deliver_all();
    });
    check(Finder::Sweep, |shop, _| {
        let mut window = SweepWindow::starting(shop.world.clock.now().minus(Duration::from_mins(1)));
        block_on(shop.gateway.sweep(&shop.world.account, &mut window)).unwrap();
    });
    check(Finder::Check, |shop, _| shop.work());
    check(Finder::Look, |shop, payment| {
        block_on(shop.gateway.status(&Shop::scope(), &payment.id.to_string())).unwrap();
    });
    check(Finder::Closing, |shop, payment| {
        let cancelled = block_on(shop.gateway.cancel(&Shop::scope(), &payment.id.to_string(), &Actor::Worker));
        assert!(cancelled.is_err(), "it is paid");
    });
    check(Finder::Reconciling, |shop, _| {
        let since = shop.world.clock.now().minus(Duration::from_mins(1));
        block_on(shop.gateway.reconcile(&shop.world.account, since)).unwrap();
    });
}
