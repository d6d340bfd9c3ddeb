//! Statements go by an index from the first row on, however little the server knows of a table yet.

use std::time::Duration;

use futures::future::join_all;
use mstore_pay_domain::charge::{Charge, Opening};
use mstore_pay_domain::event::FeedPlace;
use mstore_pay_domain::idempotency::StoredAnswer;
use mstore_pay_domain::ids::{EndpointId, OrderCode, ProviderRef};
use mstore_pay_domain::order::{Order, OrderState};
use mstore_pay_domain::payment::{Payment, Revision};
use mstore_pay_domain::ports::{
    Accepted, AtOnce, BeforeSale, Dispatches, IdGenerator, IdempotencyStore, OrderRepository, Outbox, PaymentName,
    PaymentRepository, WebhookInbox,
};
use mstore_pay_domain::unit_of_work::{
    Due, IdempotencyWrite, InboxFate, InboxMark, LiveOrderWrite, OrderWrite, UnitOfWork,
};
use mstore_pay_postgres::{Options, PostgresStore};

use crate::fixtures::{Site, at, delivery, message_about, stored, unit};
use crate::known::waiting;
use crate::together::{commit_all, payment_of, sale, slot};

const LONG: Duration = Duration::from_hours(1);
const SALES: usize = 20;
/// Until what a session did is counted for all, at the latest, in tenths of a second.
const TENTHS_MAX: usize = 300;

/// How often a table was read from end to end, and by index.
fn scans(site: &Site, table: &str) -> (u64, u64) {
    let counted = format!("SELECT seq_scan || ' ' || idx_scan FROM pg_stat_user_tables WHERE relname = '{table}'");
    let counted = site.text(&counted);
    let (whole, by_index) = counted.split_once(' ').unwrap();
    (whole.parse().unwrap(), by_index.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sold_and_told_on_a_fresh_database_is_found_by_index() {
    let site = Site::new();
    let store = site.open().await;
    let tables = ["payments", "charges", "outbox"];
    let before: Vec<_> = tables.iter().map(|table| scans(&site, table)).collect();
    for _ in 0..SALES {
        let payment = stored(&store, &site.payment(), Due::Never).await;
        let mut work = unit(&payment, Due::Never);
        work.outbox.push(message_about(&payment, &site.ids));
        store.commit(&work).await.unwrap();
        store.payment(&payment.merchant, &payment.id).await.unwrap().unwrap();
        let claimed = Outbox::claim(&store, 1, site.lease(LONG)).await.unwrap();
        join_all(claimed.iter().map(|leased| store.sent(&leased.message.id, leased.token))).await;
    }
    // A session tells what it did when it ends.
    drop(store);
    for (table, (whole, by_index)) in tables.into_iter().zip(before) {
        for _ in 0..TENTHS_MAX {
            if scans(&site, table).1 >= by_index + u64::try_from(SALES).unwrap() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        let (whole_after, by_index_after) = scans(&site, table);
        assert!(by_index_after > by_index, "{table} was not read");
        assert_eq!(whole_after, whole, "{table} was read from end to end");
    }
}

#[tokio::test]
async fn no_table_but_those_that_stay_small_is_counted_before_it_is_large() {
    let site = Site::new();
    let counted_early = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace \
        AND relname <> '__diesel_schema_migrations' AND NOT coalesce(reloptions, '{}') @> ARRAY['autovacuum_analyze_threshold=10000', \
        'autovacuum_vacuum_threshold=10000', 'autovacuum_vacuum_insert_threshold=10000']";
    assert_eq!(site.text(counted_early).trim(), "rate_budget watches");
}

/// Rows of a table that were fetched by index.
fn fetched(site: &Site, table: &str) -> u64 {
    let counted = format!("SELECT idx_tup_fetch FROM pg_stat_user_tables WHERE relname = '{table}'");
    site.text(&counted).trim().parse().unwrap()
}

/// The same of several, once no more than so many sessions are left: one tells what it did when it ends.
async fn fetched_in_all(site: &Site, tables: &[&str], left: u32) -> Vec<u64> {
    let there = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while site.text(there).trim().parse::<u32>().unwrap() > left {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    tables.iter().map(|table| fetched(site, table)).collect()
}

/// Looks at a payment, its order and its key in every way that whoever sells, waits or is told does.
async fn look(store: &PostgresStore, payment: &Payment) {
    let (merchant, code, charge) = (&payment.merchant, &payment.order_code, payment.charges.first().unwrap());
    let (by_id, own) = (PaymentName::Id(payment.id), PaymentName::ProviderRef(named(charge)));
    assert!(store.payment(merchant, &payment.id).await.unwrap().is_some());
    assert!(store.payment_in_order(merchant, &by_id).await.unwrap().is_some());
    assert!(store.payment_in_order(merchant, &own).await.unwrap().is_some());
    assert!(store.by_provider_ref(merchant, &named(charge)).await.unwrap().is_some());
    let told = store.by_account_refs(&charge.provider, &charge.account, &[named(charge)]).await.unwrap();
    assert_eq!(told.len(), 1);
    let before = store.before_sale(merchant, code, &Some(slot(payment, code.as_str()))).await.unwrap();
    assert!(before.key.is_some() && before.order.payments.len() == 1);
    let unsold = OrderCode::parse(format!("{code}-UNSOLD")).unwrap();
    let nothing = store.before_sale(merchant, &unsold, &Some(slot(payment, unsold.as_str()))).await.unwrap();
    assert_eq!(nothing, BeforeSale::default());
    let whole = store.order_with_payments(merchant, code).await.unwrap();
    assert_eq!(whole.payments.len(), 1);
    assert!(store.order(merchant, code).await.unwrap().is_some());
    assert!(store.idempotency(&slot(payment, code.as_str())).await.unwrap().is_some());
}

/// Has the order of a sale registered.
async fn register(seller: &PostgresStore, sold: &Payment) {
    let order = Order {
        merchant: sold.merchant.clone(),
        branch: None,
        code: sold.order_code.clone(),
        grand_total: sold.amount.clone(),
        payment_method: None,
        body_json: None,
        created_at: at(0),
        revision: Revision::NEW,
        state: OrderState::Draft,
    };
    let orders = vec![OrderWrite { order, expected: Revision::NEW }];
    seller.commit(&UnitOfWork { orders, ..UnitOfWork::default() }).await.unwrap();
}

/// What the provider calls a charge.
pub(crate) fn named(charge: &Charge) -> ProviderRef {
    ProviderRef::parse(format!("pr-{}", charge.id)).unwrap()
}

/// A sale of an order of that code whose charge has a name of the provider's.
pub(crate) fn opened(site: &Site, code: &str) -> Payment {
    let mut payment = payment_of(site, code);
    for charge in &mut payment.charges {
        charge.opening = Opening::Found { provider_ref: named(charge), at: at(1) };
    }
    payment
}

#[tokio::test(flavor = "multi_thread")]
async fn a_look_that_was_planned_before_anything_was_sold_reads_no_more_than_it_asks_for() {
    const LOOKS: u64 = 20;
    /// Rows of a table that a look in every way may read.
    const ROWS_MAX: u64 = 25;
    let site = Site::new();
    let tables = ["payments", "payment_details", "charges", "receipts", "idempotency_keys", "transactions"];
    let seller = site.open().await;
    let first = opened(&site, "TRX-FIRST");
    seller.commit(&sale(&site, &first, Due::Never)).await.unwrap();
    register(&seller, &first).await;
    // One session, so that one plan of each statement.
    let till = site.open_with(Options { connections: 1, ..Options::default() }).await;
    look(&till, &first).await;
    // One that waits for its money is known from the second look on, which asks for its state.
    let waiting = waiting(&site, &seller, "TRX-WAITING").await;
    let name = PaymentName::ProviderRef(named(waiting.charges.first().unwrap()));
    for _ in 0..2 {
        assert!(till.payment_in_order(&waiting.merchant, &name).await.unwrap().is_some());
    }
    for number in 0..SALES * 10 {
        let sold = opened(&site, &format!("TRX-{number}"));
        seller.commit(&sale(&site, &sold, Due::Never)).await.unwrap();
        register(&seller, &sold).await;
    }
    drop(seller);
    let before = fetched_in_all(&site, &tables, 1).await;
    for _ in 0..LOOKS {
        look(&till, &first).await;
        assert!(till.payment_in_order(&waiting.merchant, &name).await.unwrap().is_some());
    }
    drop(till);
    let after = fetched_in_all(&site, &tables, 0).await;
    for ((table, before), after) in tables.iter().zip(before).zip(after) {
        assert!(after - before <= LOOKS * ROWS_MAX, "{table}: {} rows for {LOOKS} looks", after - before);
        assert!(after > before, "{table} was not read");
    }
}

/// What ends a sale: its answer, its place that is free again, its key that is forgotten, and a webhook that is done with.
async fn end_of_sale(site: &Site, store: &PostgresStore, payment: &Payment) -> [UnitOfWork; 2] {
    let Accepted::New(held) = store.accept(&delivery(&site.ids), site.lease(LONG)).await.unwrap() else {
        panic!("a new delivery");
    };
    let slot = slot(payment, payment.order_code.as_str());
    let mut answered = UnitOfWork::default();
    let answer = StoredAnswer { status: 201, body: b"{}".to_vec() };
    answered.idempotency.push(IdempotencyWrite::Answer { slot: slot.clone(), payment: payment.id, answer });
    answered.inbox.push(InboxMark { delivery: held.delivery.id, token: held.token, fate: InboxFate::Done });
    let mut left = unit(payment, Due::Never);
    left.idempotency.push(IdempotencyWrite::Release { slot, payment: payment.id });
    let (merchant, order_code) = (payment.merchant.clone(), payment.order_code.clone());
    left.live_orders.push(LiveOrderWrite::Release { merchant, order_code, payment: payment.id });
    [answered, left]
}

/// Sells at once, and ends all of it at once: each statement is used for one sale and for several.
async fn sold_and_ended(site: &Site, store: &PostgresStore, orders: &str) {
    const AT_ONCE: usize = 4;
    let payments: Vec<Payment> = (0..AT_ONCE).map(|n| payment_of(site, &format!("{orders}-{n}"))).collect();
    let sales: Vec<UnitOfWork> = payments.iter().map(|new| sale(site, new, Due::Never)).collect();
    assert!(commit_all(store, &sales).await.iter().all(Result::is_ok));
    let ends = join_all(payments.iter().map(async |sold| {
        let sold = store.payment(&sold.merchant, &sold.id).await.unwrap().unwrap();
        end_of_sale(site, store, &sold).await
    }));
    let (answered, left): (Vec<_>, Vec<_>) = ends.await.into_iter().map(|[answered, left]| (answered, left)).unzip();
    for units in [answered, left] {
        assert!(commit_all(store, &units).await.iter().all(Result::is_ok));
    }
    let claimed = Outbox::claim(store, 4, site.lease(LONG)).await.unwrap();
    join_all(claimed.iter().map(|leased| store.sent(&leased.message.id, leased.token))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_was_planned_before_anything_was_sold_reads_no_more_than_it_ends() {
    const ENDS: u64 = 10;
    let site = Site::new();
    let tables = ["idempotency_keys", "live_orders", "webhook_inbox", "outbox"];
    // One session, so that one plan of each statement.
    let till = site.open_with(Options { connections: 1, ..Options::default() }).await;
    sold_and_ended(&site, &till, "TRX-FIRST").await;
    let seller = site.open().await;
    for number in 0..SALES * 10 {
        let sold = payment_of(&site, &format!("TRX-{number}"));
        seller.commit(&sale(&site, &sold, Due::Never)).await.unwrap();
        seller.accept(&delivery(&site.ids), site.lease(LONG)).await.unwrap();
    }
    drop(seller);
    let before = fetched_in_all(&site, &tables, 1).await;
    let whole_before: Vec<u64> = tables.iter().map(|table| scans(&site, table).0).collect();
    for round in 0..ENDS {
        sold_and_ended(&site, &till, &format!("TRX-LAST-{round}")).await;
    }
    drop(till);
    let after = fetched_in_all(&site, &tables, 0).await;
    for ((table, before), after) in tables.iter().zip(before).zip(after) {
        assert!(after - before <= ENDS * 40, "{table}: {} rows for {ENDS} ends of four sales", after - before);
        assert!(after > before, "{table} was not read");
    }
    let whole_after: Vec<u64> = tables.iter().map(|table| scans(&site, table).0).collect();
    assert_eq!(whole_after, whole_before, "tables that were read from end to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_that_wait_are_found_without_reading_those_that_were_dealt_with() {
    const DONE: u32 = 5_000;
    const WAIT: u32 = 10;
    const CLAIMS: u64 = 5;
    let site = Site::new();
    // Counted now, as the server does by itself after ten thousand. Each has been open before.
    site.run(&format!(
        "INSERT INTO webhook_inbox (id, provider, account_id, digest, body, received_at, deliveries, attempts, state, due_at) \
         SELECT 'done-' || n, 'xendit', 'main', sha256(n::text::bytea), '{{}}', now(), 1, 0, 'open', now() \
         FROM generate_series(1, {DONE}) AS n"
    ));
    site.run("UPDATE webhook_inbox SET state = 'done'; ANALYZE webhook_inbox");
    let before = fetched_in_all(&site, &["webhook_inbox"], 0).await;
    let whole_before = scans(&site, "webhook_inbox").0;
    let store = site.open().await;
    for _ in 0..WAIT {
        store.accept(&delivery(&site.ids), site.lease(Duration::ZERO)).await.unwrap();
    }
    for _ in 0..CLAIMS {
        assert_eq!(WebhookInbox::claim(&store, 2, site.lease(LONG)).await.unwrap().len(), 2);
        assert_eq!(store.dead(2).await.unwrap(), []);
        assert_eq!(store.counts().await.unwrap().open, u64::from(WAIT));
    }
    assert_eq!(store.unpark(at(0), 10).await.unwrap(), 0);
    drop(store);
    let after = fetched_in_all(&site, &["webhook_inbox"], 0).await;
    let read: u64 = after.into_iter().zip(before).map(|(after, before)| after - before).sum();
    assert!(read >= u64::from(WAIT), "the inbox was not read");
    assert!(read < u64::from(DONE) / 2, "{read} rows for {CLAIMS} claims");
    assert_eq!(scans(&site, "webhook_inbox").0, whole_before, "the inbox was read from end to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_quiet_merchant_is_told_its_own_without_reading_what_busy_ones_were_told_since() {
    const BUSY: u32 = 5_000;
    const ROUNDS: u64 = 5;
    let site = Site::new();
    let store = site.open().await;
    let payment = stored(&store, &site.payment(), Due::Never).await;
    let mut work = unit(&payment, Due::Never);
    work.outbox.extend([message_about(&payment, &site.ids), message_about(&payment, &site.ids)]);
    store.commit(&work).await.unwrap();
    drop(store);
    let (merchant, id) = (payment.merchant.as_str(), EndpointId::new(site.ids.uuid()));
    // In the order of their places, as they are told. Counted now, as the server does by itself after ten thousand.
    site.run(&format!(
        "INSERT INTO outbox (position, id, merchant_id, payment_id, order_code, revision, at, event, status, attempts, due_at, sent_at) \
         SELECT n, 'busy-' || n, 'BUSY', '-', '-', 1, now(), 'status_changed', 'pending', 0, now(), now() \
         FROM generate_series(1001, 1000 + {BUSY}) AS n"
    ));
    site.run(&format!(
        "INSERT INTO event_endpoints (merchant_id, id, url, state, key_id, signing, revision, created_at, told_to) \
         VALUES ('{merchant}', '{id}', 'https://shop.example/events', 'enabled', 'k1', '', 1, now(), 0); ANALYZE outbox"
    ));
    let before = fetched_in_all(&site, &["outbox"], 0).await;
    let whole_before = scans(&site, "outbox").0;
    let store = site.open().await;
    for _ in 0..ROUNDS {
        let all = store.changes(&payment.merchant, &None, FeedPlace::START, 10).await.unwrap().changes;
        let [first, second] = all.as_slice() else { panic!("two changes, not {all:?}") };
        let behind = store.changes(&payment.merchant, &None, first.place, 10).await.unwrap();
        assert_eq!(behind.changes, std::slice::from_ref(second));
        assert_eq!(store.changes(&payment.merchant, &None, second.place, 10).await.unwrap().changes, []);
        assert!(!store.spread(&payment.merchant, 10).await.unwrap());
        site.run("UPDATE event_endpoints SET told_to = 0; DELETE FROM event_dispatches");
    }
    drop(store);
    let after = fetched_in_all(&site, &["outbox"], 0).await;
    let read: u64 = after.into_iter().zip(before).map(|(after, before)| after - before).sum();
    assert!(read >= ROUNDS, "the feed was not read");
    assert!(read < u64::from(BUSY), "{read} rows for {ROUNDS} rounds");
    assert_eq!(scans(&site, "outbox").0, whole_before, "the feed was read from end to end");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_merchant_has_under_way_is_counted_without_reading_what_waits_for_it() {
    const WAIT: u32 = 5_000;
    const CLAIMS: u64 = 5;
    const AT_ONCE: AtOnce = AtOnce { of_endpoint: 4, of_merchant: 4 };
    let site = Site::new();
    let (slow, more) = (EndpointId::new(site.ids.uuid()), EndpointId::new(site.ids.uuid()));
    site.run(&format!(
        "INSERT INTO event_endpoints (merchant_id, id, url, state, key_id, signing, revision, created_at, told_to) \
         SELECT 'BUSY', id, 'https://shop.example/events', 'enabled', 'k1', '', 1, now(), 1000000 \
         FROM unnest(ARRAY['{slow}', '{more}']) AS e (id)"
    ));
    let wait = |from: u32, to: u32| {
        site.run(&format!(
            "INSERT INTO outbox (position, id, merchant_id, payment_id, order_code, revision, at, event, status, attempts, due_at, sent_at) \
             SELECT n, 'busy-' || n, 'BUSY', '-', '-', 1, now(), 'status_changed', 'pending', 0, now(), now() \
             FROM generate_series({from}, {to}) AS n; \
             INSERT INTO event_dispatches (merchant_id, endpoint_id, position, payment_id, due_at) \
             SELECT 'BUSY', e.id, n, 'pay-' || n, now() \
             FROM generate_series({from}, {to}) AS n, unnest(ARRAY['{slow}', '{more}']) AS e (id)"
        ));
    };
    wait(1001, 1005);
    site.run(&format!(
        "UPDATE event_dispatches SET lease_token = 'held', lease_until = now() + interval '1 hour' \
         WHERE endpoint_id = '{slow}' AND position < 1005"
    ));
    // One session, so that one plan of each statement, made when next to nothing waited.
    let store = site.open_with(Options { connections: 1, ..Options::default() }).await;
    assert_eq!(store.claim_dispatches(8, AT_ONCE, site.lease(LONG)).await.unwrap(), []);
    wait(1006, 1005 + WAIT);
    let before = fetched_in_all(&site, &["event_dispatches"], 1).await;
    for _ in 0..CLAIMS {
        assert_eq!(store.claim_dispatches(8, AT_ONCE, site.lease(LONG)).await.unwrap(), []);
    }
    drop(store);
    let after = fetched_in_all(&site, &["event_dispatches"], 0).await;
    let read: u64 = after.into_iter().zip(before).map(|(after, before)| after - before).sum();
    assert!(read >= CLAIMS, "what is held was not read");
    // To find out whose endpoints anything is due to, each claim reads what waits once.
    let waits = u64::from(2 * (WAIT + 5));
    assert!(read < CLAIMS * (waits + waits / 2), "{read} rows for {CLAIMS} claims");
}
