//! Those who wait are woken by a look at the revisions of all that are waited for, whoever changed them.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures::FutureExt as _;
use futures::executor::block_on;
use futures::task::AtomicWaker;
use mstore_pay_domain::gateway::{Gateway, Policies, Ports, WaitFor};
use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::payment::PaymentStatus;
use mstore_pay_domain::ports::Wakeups;

use crate::shop::{PRICE, Shop};

const LONG: WaitFor = WaitFor { at_most: Duration::from_secs(30), seen: None };

/// Rings for one who waits, and never by itself.
#[derive(Default)]
struct Bell {
    waits: AtomicWaker,
    rings: AtomicUsize,
}

#[async_trait]
impl Wakeups for Bell {
    fn wake(&self, payment: &PaymentId) {
        self.wake_here(payment);
    }

    fn wake_here(&self, _payment: &PaymentId) {
        self.rings.fetch_add(1, Ordering::SeqCst);
        self.waits.wake();
    }

    async fn changed(&self, _payment: &PaymentId, _within: Duration) {
        let heard = self.rings.load(Ordering::SeqCst);
        futures::future::poll_fn(|context| {
            self.waits.register(context.waker());
            if self.rings.load(Ordering::SeqCst) > heard {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}

/// Another node over the store of that shop, whose tills wait for nothing but the bell.
fn node_beside(shop: &Shop) -> (Gateway, Arc<Bell>) {
    let bell = Arc::new(Bell::default());
    let ports = Ports { wakeups: Arc::<Bell>::clone(&bell), ..shop.world.ports() };
    (Gateway::new(ports, Policies::default()), bell)
}

#[test]
fn what_another_node_did_wakes_a_till_that_waits_here() {
    let shop = Shop::open();
    let payment = shop.sell("TRX-1");
    let (here, _bell) = node_beside(&shop);
    let (scope, name) = (Shop::scope(), payment.id.to_string());
    let mut wait = pin!(here.wait(&scope, &name, LONG));
    assert!((&mut wait).now_or_never().is_none());
    assert_eq!(block_on(here.wake_waiters()).unwrap(), 0, "nothing has changed yet");
    shop.pay(&shop.shown(&payment.id), PRICE);
    shop.deliver_all();
    assert!((&mut wait).now_or_never().is_none(), "nobody rang");
    assert_eq!(block_on(here.wake_waiters()).unwrap(), 1);
    let view = wait.now_or_never().expect("a till that was woken").unwrap();
    assert_eq!(view.payment.status(), PaymentStatus::Paid);
}

#[test]
fn nobody_is_woken_twice_for_one_change_or_after_he_left() {
    let shop = Shop::open();
    let (one, other) = (shop.sell("TRX-1"), shop.sell("TRX-2"));
    let (here, bell) = node_beside(&shop);
    let (scope, names) = (Shop::scope(), [one.id.to_string(), other.id.to_string()]);
    let mut stays = Box::pin(here.wait(&scope, &names[0], LONG));
    let mut leaves = Box::pin(here.wait(&scope, &names[1], LONG));
    assert!(stays.as_mut().now_or_never().is_none() && leaves.as_mut().now_or_never().is_none());
    drop(leaves);
    shop.pay(&shop.shown(&one.id), PRICE);
    shop.pay(&shop.shown(&other.id), PRICE);
    shop.deliver_all();
    assert_eq!(block_on(here.wake_waiters()).unwrap(), 1);
    assert_eq!(block_on(here.wake_waiters()).unwrap(), 0);
    assert_eq!(bell.rings.load(Ordering::SeqCst), 1);
}
