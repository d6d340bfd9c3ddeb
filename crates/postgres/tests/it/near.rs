//! Who looks, or takes webhooks in, from another runtime than the one that the store was opened in has connections of their own, if
//! there are any left.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::ids::DeliveryId;
use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{Accepted, PaymentName, PaymentRepository as _, WebhookInbox as _};
use mstore_pay_domain::webhook::NewDelivery;
use mstore_pay_postgres::{Options, PostgresStore};
use tokio::runtime::{Handle, Runtime};
use tokio::sync::Notify;
use tokio::task::block_in_place;
use tokio::time::{sleep, timeout};

use crate::fixtures::{Site, at, delivery, tamper};
use crate::holder::Holder;
use crate::known::{its_name, waiting};

/// Connections of which three are another runtime's.
const CONNECTIONS: usize = 8;
const LONGEST_WAIT: Duration = Duration::from_secs(30);
const SESSIONS: &str = "pg_stat_activity WHERE datname = current_database() AND application_name = 'mstore-pay'";

/// A store of which so many runtimes may have connections of their own, and a payment that was just stored there.
async fn with_own(site: &Site, runtimes: usize) -> (PostgresStore, Payment) {
    let store = site.open_with(Options { connections: CONNECTIONS, runtimes, ..Options::default() }).await;
    let payment = waiting(site, &store, "TRX-1").await;
    (store, payment)
}

/// The sessions of the store at the server, once they have been as many as that.
async fn become_sessions(site: &Site, expected: usize) {
    let count = format!("SELECT count(*) FROM {SESSIONS}");
    let are_there = async {
        while site.text(&count).trim() != expected.to_string() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(LONGEST_WAIT, are_there).await.is_ok(), "{expected} sessions, and not {}", site.text(&count));
}

/// Does it on a thread with a runtime of its own, as those that serve have.
fn elsewhere<T: Send>(work: impl FnOnce(&Runtime) -> T + Send) -> T {
    let on_thread = || work(&tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap());
    thread::scope(|scope| scope.spawn(on_thread).join().unwrap())
}

async fn look(store: &PostgresStore, payment: &Payment) -> Payment {
    let name: PaymentName = its_name(payment);
    store.payment_in_order(&payment.merchant, &name).await.unwrap().unwrap().payment
}

/// What a runtime that comes now finds, when the store has so many sessions meanwhile.
fn look_elsewhere(site: &Site, store: &PostgresStore, payment: &Payment, sessions: usize) -> Payment {
    elsewhere(|runtime| {
        runtime.block_on(async {
            let found = look(store, payment).await;
            become_sessions(site, sessions).await;
            assert_eq!(look(store, payment).await, found);
            found
        })
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn another_runtime_looks_by_connections_of_its_own_and_one_too_many_by_those_of_all() {
    let site = Site::new();
    let (store, payment) = with_own(&site, 2).await;
    become_sessions(&site, 1).await;
    assert_eq!(look_elsewhere(&site, &store, &payment, 2), payment);
    become_sessions(&site, 1).await;
    assert_eq!(look_elsewhere(&site, &store, &payment, 1), payment, "of eight connections one runtime may have some");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_other_runtime_is_spoken_of_all_share() {
    let site = Site::new();
    let (store, payment) = with_own(&site, 0).await;
    become_sessions(&site, 1).await;
    assert_eq!(look_elsewhere(&site, &store, &payment, 1), payment);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_known_to_one_runtime_is_known_to_all_for_as_long_as_it_stands() {
    let site = Site::new();
    let (store, payment) = with_own(&site, 1).await;
    assert_eq!(look(&store, &payment).await, payment);
    let (id, moment) = (&payment.id, Site::time(at(777)));
    tamper(&site, &format!("UPDATE charges SET created_at = {moment} WHERE payment_id = '{id}'"));
    assert_eq!(look_elsewhere(&site, &store, &payment, 2), payment, "it stands as it did");
    site.run(&format!("UPDATE payments SET audit_head = sha256('another history') WHERE id = '{id}'"));
    elsewhere(|runtime| {
        let found = runtime.block_on(look(&store, &payment));
        assert_ne!(found.charges, payment.charges);
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_whose_own_connection_was_cut_looks_by_another() {
    let site = Site::new();
    let (store, payment) = with_own(&site, 1).await;
    become_sessions(&site, 1).await;
    elsewhere(|runtime| {
        runtime.block_on(async {
            assert_eq!(look(&store, &payment).await, payment);
            become_sessions(&site, 2).await;
            site.run(&format!("SELECT count(pg_terminate_backend(pid)) FROM {SESSIONS}"));
            become_sessions(&site, 0).await;
            // Whoever asks before it is seen that the connection is gone is told so.
            let again = async {
                while store.payment_in_order(&payment.merchant, &its_name(&payment)).await.is_err() {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            assert!(timeout(LONGEST_WAIT, again).await.is_ok());
            assert_eq!(look(&store, &payment).await, payment);
        });
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn runtimes_that_look_at_once_see_the_same() {
    let site = Site::new();
    let options = Options { connections: 2 * CONNECTIONS, runtimes: 2, ..Options::default() };
    let store = site.open_with(options).await;
    let payment = waiting(&site, &store, "TRX-1").await;
    become_sessions(&site, 1).await;
    let (both_looked, both_counted) = (Barrier::new(2), Barrier::new(2));
    let one = || {
        elsewhere(|runtime| {
            let found = runtime.block_on(look(&store, &payment));
            both_looked.wait();
            runtime.block_on(become_sessions(&site, 3));
            both_counted.wait();
            found
        })
    };
    let found = thread::scope(|scope| [scope.spawn(one), scope.spawn(one)].map(|found| found.join().unwrap()));
    assert_eq!(found, [payment.clone(), payment.clone()]);
}

/// Statements that begin so are as many as that, and wait for a lock.
async fn become_waiting(site: &Site, count: usize, inserted_into: &str) {
    let query = format!(
        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
         AND wait_event_type = 'Lock' AND query LIKE 'INSERT INTO {inserted_into}%'"
    );
    let wait = async {
        while site.text(&query).trim() != count.to_string() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    assert!(timeout(LONGEST_WAIT, wait).await.is_ok(), "{count} that wait");
}

/// Takes a webhook in; nothing if it was there.
async fn take_in(store: &PostgresStore, delivery: &NewDelivery, site: &Site) -> Option<DeliveryId> {
    match store.accept(delivery, site.lease(LONGEST_WAIT)).await.unwrap() {
        Accepted::New(held) => Some(held.delivery.id),
        Accepted::Duplicate { .. } => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_runtime_takes_webhooks_in_by_a_connection_of_its_own_and_one_too_many_by_those_of_all() {
    let site = Site::new();
    let store = site.open_with(Options { connections: CONNECTIONS, runtimes: 2, ..Options::default() }).await;
    let [here, one, other] = [(); 3].map(|()| delivery(&site.ids));
    assert_eq!(take_in(&store, &here, &site).await, Some(here.id));
    become_sessions(&site, 1).await;
    let elsewhere = |own: &NewDelivery, sessions| {
        elsewhere(|runtime| {
            runtime.block_on(async {
                assert_eq!(take_in(&store, own, &site).await, Some(own.id));
                assert_eq!(take_in(&store, &here, &site).await, None, "it was taken in elsewhere");
                become_sessions(&site, sessions).await;
            });
        });
    };
    elsewhere(&one, 2);
    become_sessions(&site, 1).await;
    elsewhere(&other, 1);
    assert_eq!(
        site.text("SELECT string_agg(deliveries::text, ' ' ORDER BY position) FROM webhook_inbox").trim(),
        "3 1 1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_runtime_whose_own_connection_was_cut_takes_webhooks_in_by_another() {
    let site = Site::new();
    let store = site.open_with(Options { connections: CONNECTIONS, runtimes: 1, ..Options::default() }).await;
    let [before, after] = [(); 2].map(|()| delivery(&site.ids));
    elsewhere(|runtime| {
        runtime.block_on(async {
            assert_eq!(take_in(&store, &before, &site).await, Some(before.id));
            site.run(&format!("SELECT count(pg_terminate_backend(pid)) FROM {SESSIONS}"));
            become_sessions(&site, 0).await;
            // Whoever comes before it is seen that the connection is gone is told so, as providers are, who send again.
            let again = async {
                while store.accept(&after, site.lease(LONGEST_WAIT)).await.is_err() {
                    sleep(Duration::from_millis(20)).await;
                }
            };
            assert!(timeout(LONGEST_WAIT, again).await.is_ok());
        });
    });
    assert_eq!(site.text("SELECT count(*) FROM webhook_inbox").trim(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_of_several_runtimes_are_each_taken_in_once() {
    const EACH: usize = 20;
    let site = Site::new();
    let options = Options { connections: 2 * CONNECTIONS, runtimes: 2, ..Options::default() };
    let store = site.open_with(options).await;
    let sent: Vec<NewDelivery> = (0..EACH).map(|_| delivery(&site.ids)).collect();
    let (both_begin, both_did) = (Barrier::new(2), tokio::sync::Barrier::new(2));
    let all = || async {
        both_begin.wait();
        let taken = join_all(sent.iter().map(|delivery| take_in(&store, delivery, &site))).await;
        // What one does for the other goes on.
        both_did.wait().await;
        taken.into_iter().flatten().collect::<Vec<_>>()
    };
    let mut new = thread::scope(|scope| {
        let threads = [(); 2].map(|()| scope.spawn(|| elsewhere(|runtime| runtime.block_on(all()))));
        threads.map(|thread| thread.join().unwrap()).concat()
    });
    new.sort_unstable();
    let mut ids: Vec<DeliveryId> = sent.iter().map(|delivery| delivery.id).collect();
    ids.sort_unstable();
    assert_eq!(new, ids);
    assert_eq!(site.text("SELECT DISTINCT deliveries FROM webhook_inbox").trim(), "2");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_waits_for_runtimes_that_end_is_taken_in_all_the_same() {
    let site = Site::new();
    let patient = Duration::from_secs(20);
    let options = Options { connections: 2 * CONNECTIONS, runtimes: 2, wait_max: patient, work_max: patient };
    let store = site.open_with(options).await;
    let [one, other, last] = [(); 3].map(|()| delivery(&site.ids));
    let holder = Holder::of(&site, "webhook_inbox");
    let end = Notify::new();
    let taken = thread::scope(|scope| {
        for (waiting, delivery) in (1..).zip([&one, &other]) {
            let until_the_end = async {
                tokio::select! {
                    taken = take_in(&store, delivery, &site) => panic!("the table is held, and yet {taken:?}"),
                    () = end.notified() => {}
                }
            };
            scope.spawn(|| elsewhere(|runtime| runtime.block_on(until_the_end)));
            // By two statements.
            block_in_place(|| Handle::current().block_on(become_waiting(&site, waiting, "webhook_inbox")));
        }
        block_in_place(|| {
            Handle::current().block_on(async {
                let last = take_in(&store, &last, &site);
                let rest = async {
                    end.notify_waiters();
                    // It goes by itself now.
                    become_waiting(&site, 1, "\"webhook_inbox\"").await;
                    holder.let_go();
                };
                tokio::join!(last, rest).0
            })
        })
    });
    assert_eq!(taken, Some(last.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_goes_by_a_connection_of_all_where_its_runtime_can_have_none() {
    let site = Site::new();
    let store = site.open_with(Options { connections: CONNECTIONS, runtimes: 1, ..Options::default() }).await;
    let [here, there] = [(); 2].map(|()| delivery(&site.ids));
    assert_eq!(take_in(&store, &here, &site).await, Some(here.id));
    become_sessions(&site, 1).await;
    // Those that are open go on.
    site.run("UPDATE pg_database SET datallowconn = false WHERE datname = current_database()");
    let taken = elsewhere(|runtime| runtime.block_on(take_in(&store, &there, &site)));
    assert_eq!(taken, Some(there.id));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gave_up_waiting_for_others_holds_what_they_took_in_for_it() {
    let site = Site::new();
    let options = Options { wait_max: Duration::from_millis(200), ..Options::default() };
    let store = site.open_with(options).await;
    let webhook = delivery(&site.ids);
    let holder = Holder::of(&site, "webhook_inbox");
    let (taken, ()) = tokio::join!(take_in(&store, &webhook, &site), async {
        // By the statement that it was to share, and by its own.
        become_waiting(&site, 2, "%webhook_inbox").await;
        holder.let_go();
    });
    assert_eq!(taken, Some(webhook.id));
    assert_eq!(site.text("SELECT deliveries FROM webhook_inbox").trim(), "1");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_goes_on_where_the_runtime_that_it_was_opened_in_has_ended() {
    let site = Site::new();
    let before = delivery(&site.ids);
    let store = elsewhere(|runtime| {
        runtime.block_on(async {
            let store = site.open().await;
            assert_eq!(take_in(&store, &before, &site).await, Some(before.id));
            store
        })
    });
    become_sessions(&site, 0).await;
    let after = delivery(&site.ids);
    assert_eq!(take_in(&store, &after, &site).await, Some(after.id));
    let payment = waiting(&site, &store, "TRX-1").await;
    assert_eq!(look(&store, &payment).await, payment);
}
