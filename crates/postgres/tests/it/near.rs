//! Who looks from another runtime than the one that the store was opened in has connections of their own, if there are any left.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use mstore_pay_domain::payment::Payment;
use mstore_pay_domain::ports::{PaymentName, PaymentRepository as _};
use mstore_pay_postgres::{Options, PostgresStore};
use tokio::runtime::Runtime;
use tokio::time::{sleep, timeout};

use crate::fixtures::{Site, at, tamper};
use crate::known::{its_name, waiting};

/// Connections of which two are another runtime's.
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
