//! Units and webhooks that come at once share statements and commits, and nothing else.

use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::audit::Digest;
use mstore_pay_domain::charge::{Charge, Opening};
use mstore_pay_domain::idempotency::{IdempotencyRecord, IdempotencySlot, KeptAnswer, StoredAnswer};
use mstore_pay_domain::ids::{AccountId, IdempotencyKey, LeaseToken, OrderCode, ProviderId, ProviderRef};
use mstore_pay_domain::lease::Lease;
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{
    Accepted, CommitError, IdGenerator, OrderWithPayments, PaymentName, PaymentRepository, Timeline, WebhookInbox,
};
use mstore_pay_domain::unit_of_work::{Due, IdempotencyWrite, InboxFate, InboxMark, LiveOrderWrite, UnitOfWork};
use mstore_pay_domain::webhook::NewDelivery;
use mstore_pay_postgres::PostgresStore;
use tokio::time::timeout;

use crate::fixtures::{Site, at, delivery, message_about, stored, unit};
use crate::plans::{named, opened};

const AT_ONCE: usize = 64;
const LONG: Duration = Duration::from_hours(1);

/// A payment of an order of its own.
pub(crate) fn payment_of(site: &Site, order: &str) -> Payment {
    Payment { order_code: OrderCode::parse(order).unwrap(), ..site.payment() }
}

/// A unit as a sale writes it: the payment, its place, its key, its message and its record.
pub(crate) fn sale(site: &Site, payment: &Payment, due: Due) -> UnitOfWork {
    let mut work = unit(payment, due);
    let slot = slot(payment, payment.order_code.as_str());
    work.live_orders.push(LiveOrderWrite::Hold {
        merchant: payment.merchant.clone(),
        order_code: payment.order_code.clone(),
        payment: payment.id,
        charge: payment.charges.first().unwrap().id,
    });
    let record = IdempotencyRecord {
        slot,
        fingerprint: Digest::of(b"asked"),
        payment: payment.id,
        expires_at: at(86_400),
        answer: KeptAnswer::Current,
    };
    work.idempotency.push(IdempotencyWrite::Claim { record, now: at(0) });
    work.outbox.push(message_about(payment, &site.ids));
    work
}

pub(crate) fn slot(payment: &Payment, key: &str) -> IdempotencySlot {
    let key = IdempotencyKey::parse(key).unwrap();
    IdempotencySlot { merchant: payment.merchant.clone(), route: "POST /payments".to_owned(), key }
}

pub(crate) async fn commit_all(store: &PostgresStore, units: &[UnitOfWork]) -> Vec<Result<(), CommitError>> {
    join_all(units.iter().map(|work| store.commit(work))).await
}

/// Commits that the database saw, by what they left in a table.
fn commits(site: &Site, table: &str) -> usize {
    site.run(&format!("SELECT count(DISTINCT xmin::text) FROM {table}")).trim().parse().unwrap()
}

/// Transactions that the database was asked for, by whomever.
fn transactions(site: &Site) -> usize {
    let count = "SELECT xact_commit FROM pg_stat_database WHERE datname = current_database()";
    site.text(count).trim().parse().unwrap()
}

/// Ends when nobody else is there, since a session tells what it did when it ends; how often it asked.
async fn ended(site: &Site) -> usize {
    let there = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    let mut asked = 1;
    while site.text(there).trim() != "0" {
        tokio::time::sleep(Duration::from_millis(100)).await;
        asked += 1;
    }
    asked
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_that_come_at_once_share_statements() {
    let site = Site::new();
    let seller = site.open().await;
    let payment = stored(&seller, &site.payment(), Due::Never).await;
    drop(seller);
    ended(&site).await;
    let (store, before) = (site.open().await, transactions(&site));
    let name = PaymentName::Id(payment.id);
    let looks = (0..AT_ONCE).map(|_| store.payment_in_order(&payment.merchant, &name));
    for found in join_all(looks).await {
        assert_eq!(found.unwrap().unwrap().payment, payment);
    }
    drop(store);
    let asked = ended(&site).await;
    let shared = transactions(&site) - before - asked;
    assert!(shared <= AT_ONCE / 2, "{shared} transactions for {AT_ONCE} looks");
}

/// The orders that some ids mean at an account, in the order of their codes.
async fn meant(store: &PostgresStore, account: &AccountId, ids: &[ProviderRef]) -> Vec<OrderWithPayments> {
    let mut found = store.by_account_refs(&ProviderId::parse("acme").unwrap(), account, ids).await.unwrap();
    found.sort_by_key(|order| order.payments.first().map(|payment| payment.order_code.clone()));
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn looks_at_ids_that_come_at_once_share_statements_and_find_what_each_finds_alone() {
    let site = Site::new();
    let seller = site.open().await;
    let (main, second) = (AccountId::main(), AccountId::parse("second").unwrap());
    let received = |charge: &Charge| ProviderRef::parse(format!("py-{}", charge.id)).unwrap();
    let mut asked = vec![(main.clone(), vec![ProviderRef::parse("pr-nobody's").unwrap()])];
    for number in 0..AT_ONCE / 4 {
        // Two payments of one order, and one elsewhere whose charge is called as the first one's.
        let [one, other] = [0, 1].map(|_| opened(&site, &format!("TRX-{number}")));
        let mut twin = opened(&site, &format!("TWIN-{number}"));
        let [charge, of_other] = [&one, &other].map(|payment| payment.charges.first().unwrap().clone());
        for of_twin in &mut twin.charges {
            of_twin.account = second.clone();
            of_twin.opening = Opening::Found { provider_ref: named(&charge), at: at(1) };
        }
        for payment in [&one, &other, &twin] {
            seller.commit(&unit(payment, Due::Never)).await.unwrap();
        }
        asked.push((main.clone(), vec![named(&charge)]));
        asked.push((main.clone(), vec![received(&of_other), named(&charge)]));
        asked.push((second.clone(), vec![named(&charge)]));
        asked.push((second.clone(), vec![received(&charge)]));
    }
    let mut alone = Vec::new();
    for (account, ids) in &asked {
        // As many as go by themselves.
        let repeated: Vec<ProviderRef> = ids.iter().cycle().take(9).cloned().collect();
        alone.push(meant(&seller, account, &repeated).await);
    }
    assert_eq!(alone.iter().map(Vec::len).sum::<usize>(), AT_ONCE / 4 * 3, "one each, and none where nobody paid");
    drop(seller);
    ended(&site).await;
    let (store, before) = (site.open().await, transactions(&site));
    let found = join_all(asked.iter().map(|(account, ids)| meant(&store, account, ids))).await;
    assert_eq!(found, alone);
    drop(store);
    let ending = ended(&site).await;
    let shared = transactions(&site) - before - ending;
    assert!(shared <= asked.len() / 2, "{shared} transactions for {} looks", asked.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn units_that_come_at_once_are_whole_and_share_commits() {
    let site = Site::new();
    let store = site.open().await;
    let payments: Vec<Payment> = (0..AT_ONCE).map(|n| payment_of(&site, &format!("TRX-{n}"))).collect();
    let sales: Vec<UnitOfWork> = payments.iter().map(|new| sale(&site, new, Due::Leased(site.lease(LONG)))).collect();
    let outcomes = commit_all(&store, &sales).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let shared = commits(&site, "payments");
    assert!(shared <= AT_ONCE / 2, "{shared} commits for {AT_ONCE} payments");
    for table in ["payments", "payment_details", "charges", "receipts", "live_orders", "idempotency_keys", "outbox"] {
        assert_eq!(site.run(&format!("SELECT count(*) FROM {table}")).trim(), AT_ONCE.to_string(), "{table}");
    }
    // And again, of what is stored now.
    let mut again = Vec::new();
    for (new, sold) in payments.iter().zip(&sales) {
        let stored = store.payment(&new.merchant, &new.id).await.unwrap().unwrap();
        let written = sold.payments.first().unwrap().payment.clone();
        assert_eq!(stored, Payment { revision: Revision::NEW.next(), ..written });
        assert_eq!(store.records(&new.id).await.unwrap(), sold.audit);
        again.push(Payment { expires_at: at(900), ..stored });
    }
    let updates: Vec<UnitOfWork> = again.iter().map(|changed| unit(changed, Due::Never)).collect();
    let outcomes = commit_all(&store, &updates).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let shared = commits(&site, "payments");
    assert!(shared <= AT_ONCE / 2, "{shared} commits for {AT_ONCE} payments");
    for (changed, update) in again.iter().zip(&updates) {
        let stored = store.payment(&changed.merchant, &changed.id).await.unwrap().unwrap();
        let written = update.payments.first().unwrap().payment.clone();
        assert_eq!(stored, Payment { revision: changed.revision.next(), ..written });
    }
}

/// One of many that are refused, beside a sale that is not.
fn refused(site: &Site, sold: &[Payment]) -> Vec<(UnitOfWork, &'static str)> {
    let [stale, held, keyed, doubled] = sold else { panic!("four sales") };
    let old = unit(&Payment { revision: Revision::of(7), ..stale.clone() }, Due::Never);
    let other = payment_of(site, held.order_code.as_str());
    let mut place_taken = sale(site, &other, Due::Never);
    place_taken.idempotency.clear();
    let new = payment_of(site, "TRX-NEW");
    let mut key_taken = sale(site, &new, Due::Never);
    for write in &mut key_taken.idempotency {
        let IdempotencyWrite::Claim { record, .. } = write else { continue };
        record.slot = slot(keyed, keyed.order_code.as_str());
    }
    let twice = unit(&Payment { revision: Revision::NEW, ..doubled.clone() }, Due::Never);
    let mut not_held = unit(&payment_of(site, "TRX-HOOK"), Due::Never);
    let token = LeaseToken::new(site.ids.uuid());
    not_held.inbox.push(InboxMark { delivery: delivery(&site.ids).id, token, fate: InboxFate::Done });
    vec![
        (old, "Conflict"),
        (place_taken, "OrderHeld"),
        (key_taken, "KeyTaken"),
        (twice, "Conflict"),
        (not_held, "LeaseLost"),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unit_that_is_refused_is_told_why_and_those_beside_it_are_committed() {
    let site = Site::new();
    let store = site.open().await;
    let sold: Vec<Payment> = (0..4).map(|n| payment_of(&site, &format!("TRX-{n}"))).collect();
    let sales: Vec<UnitOfWork> = sold.iter().map(|new| sale(&site, new, Due::Never)).collect();
    assert!(commit_all(&store, &sales).await.iter().all(Result::is_ok));
    let refused = refused(&site, &sold);
    let good = (0..AT_ONCE).map(|n| sale(&site, &payment_of(&site, &format!("TRX-GOOD-{n}")), Due::Never));
    let mut units: Vec<UnitOfWork> = good.collect();
    for (place, (work, _)) in refused.iter().enumerate() {
        units.insert(place * 9, work.clone());
    }
    let outcomes = commit_all(&store, &units).await;
    for (work, outcome) in units.iter().zip(outcomes) {
        let want = refused.iter().find(|(other, _)| other == work).map(|(_, why)| *why);
        let told = outcome.map_err(|error| format!("{error:?}"));
        match want {
            None => assert_eq!(told, Ok(())),
            Some(why) => assert!(told.as_ref().is_err_and(|told| told.starts_with(why)), "{why}: {told:?}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_waits_for_what_another_unit_meets() {
    const SOON: Duration = Duration::from_secs(2);
    let site = Site::new();
    let store = site.open().await;
    let stuck = payment_of(&site, "TRX-STUCK");
    store.commit(&unit(&stuck, Due::Never)).await.unwrap();
    let stuck = store.payment(&stuck.merchant, &stuck.id).await.unwrap().unwrap();
    let hold =
        format!("BEGIN; SELECT 1 FROM payments WHERE id = '{}' FOR UPDATE; SELECT pg_sleep(2.5); COMMIT", stuck.id);
    std::thread::scope(|scope| {
        let holding = scope.spawn(|| site.run(&hold));
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                tokio::time::sleep(Duration::from_millis(500)).await;
                let waits = unit(&stuck, Due::Never);
                let good: Vec<UnitOfWork> =
                    (0..AT_ONCE).map(|n| sale(&site, &payment_of(&site, &format!("TRX-{n}")), Due::Never)).collect();
                let others = timeout(SOON, commit_all(&store, &good));
                let (waited, others) = futures::join!(store.commit(&waits), others);
                assert!(others.unwrap().iter().all(Result::is_ok));
                waited.unwrap();
            });
        });
        holding.join().unwrap();
    });
}

/// What becomes of a webhook, by its number.
fn fate(number: usize) -> InboxFate {
    let why = format!("why {number}");
    match number % 3 {
        0 => InboxFate::Done,
        1 => InboxFate::Parked { why },
        _ => InboxFate::Dead { why },
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ends_that_come_at_once_are_each_ones_own() {
    let site = Site::new();
    let store = site.open().await;
    let (mut ends, mut expected) = (Vec::new(), Vec::new());
    for number in 0..AT_ONCE / 2 {
        let payment = payment_of(&site, &format!("TRX-{number}"));
        store.commit(&sale(&site, &payment, Due::Never)).await.unwrap();
        let payment = store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap();
        let Accepted::New(held) = store.accept(&delivery(&site.ids), site.lease(LONG)).await.unwrap() else {
            panic!("a new delivery");
        };
        // Some answer and free for a payment that holds neither the key nor the place.
        let is_strangers = number % 4 == 3;
        let of = if is_strangers { stored(&store, &site.payment(), Due::Never).await } else { payment.clone() };
        let (status, body) = (200 + u16::try_from(number).unwrap(), format!("answer {number}"));
        let mut work = unit(&of, Due::Never);
        let (slot, answer) =
            (slot(&payment, payment.order_code.as_str()), StoredAnswer { status, body: body.clone().into_bytes() });
        work.idempotency.push(IdempotencyWrite::Answer { slot, payment: of.id, answer });
        let (merchant, order_code) = (payment.merchant.clone(), payment.order_code.clone());
        work.live_orders.push(LiveOrderWrite::Release { merchant, order_code, payment: of.id });
        work.inbox.push(InboxMark { delivery: held.delivery.id, token: held.token, fate: fate(number) });
        ends.push(work);
        let answered = if is_strangers { "||held".to_owned() } else { format!("{status}|{body}|free") };
        let marked = match fate(number) {
            InboxFate::Done => "done|".to_owned(),
            InboxFate::Parked { why } => format!("parked|{why}"),
            InboxFate::Dead { why } => format!("dead|{why}"),
        };
        expected.push(format!("{answered}|{marked}"));
    }
    let before = commits(&site, "payment_events");
    assert!(commit_all(&store, &ends).await.iter().all(Result::is_ok));
    assert!(commits(&site, "payment_events") - before < ends.len(), "none went with another");
    let left = "SELECT concat_ws('|', coalesce(k.answer_status::text, ''), coalesce(convert_from(k.answer_body, 'UTF8'), ''), \
        CASE WHEN l.order_code IS NULL THEN 'free' ELSE 'held' END, w.state, coalesce(w.reason, '')) \
        FROM (SELECT *, row_number() OVER (ORDER BY payment_id) AS n FROM idempotency_keys) k \
        JOIN (SELECT *, row_number() OVER (ORDER BY position) AS n FROM webhook_inbox) w USING (n) \
        LEFT JOIN live_orders l ON l.order_code = k.key ORDER BY n";
    assert_eq!(site.run(left).lines().collect::<Vec<_>>(), expected);
}

/// A row that refers to a payment holds it, so that it is not deleted; it may change.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_payment_waits_for_nobody_who_refers_to_it() {
    const SOON: Duration = Duration::from_secs(2);
    let site = Site::new();
    let store = site.open().await;
    let payment = payment_of(&site, "TRX-1");
    store.commit(&unit(&payment, Due::Never)).await.unwrap();
    let payment = store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap();
    let refer = "BEGIN; SELECT 1 FROM payments FOR KEY SHARE; SELECT pg_sleep(4); COMMIT";
    std::thread::scope(|scope| {
        let referring = scope.spawn(|| site.run(refer));
        tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(async {
                tokio::time::sleep(Duration::from_millis(500)).await;
                timeout(SOON, store.commit(&unit(&payment, Due::Never))).await.unwrap().unwrap();
            });
        });
        referring.join().unwrap();
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_come_at_once_are_taken_in_once_each_and_share_commits() {
    const COPIES: usize = 3;
    let site = Site::new();
    let store = site.open().await;
    let sent: Vec<NewDelivery> = (0..AT_ONCE).map(|_| delivery(&site.ids)).collect();
    let all = (0..COPIES).flat_map(|_| &sent).map(|delivery| {
        let lease = Lease { token: LeaseToken::new(site.ids.uuid()), ttl: LONG };
        let store = store.clone();
        async move { (delivery.id, store.accept(delivery, lease).await.unwrap()) }
    });
    let mut new = Vec::new();
    for (sent, accepted) in join_all(all).await {
        match accepted {
            Accepted::New(held) => new.push((sent, held.delivery.id)),
            Accepted::Duplicate { first, .. } => assert_eq!(first, sent),
        }
    }
    assert!(new.iter().all(|(sent, held)| sent == held));
    assert_eq!(new.len(), AT_ONCE);
    assert_eq!(
        site.run("SELECT DISTINCT deliveries, state, attempts FROM webhook_inbox").trim(),
        format!("{COPIES}|open|0")
    );
    let claimed = store.claim(u32::MAX, site.lease(LONG)).await.unwrap();
    assert_eq!(claimed.len(), 0, "whoever took them in holds them");
}
