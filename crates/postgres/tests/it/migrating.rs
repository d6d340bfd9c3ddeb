//! The schema is brought up to date while gateways of the version before go on working.

use std::time::{Duration, Instant};

use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::migrate;
use mstore_pay_throwaway_postgres::run;
use tokio::runtime::Handle;

use crate::fixtures::{Site, stored};

/// The newest migrations, last first, with how each is undone.
const NEWEST: [(&str, &str); 27] = [
    (
        "20261130230000",
        include_str!("../../../../migrations/postgres/2026-11-30-230000_records_by_their_chain/down.sql"),
    ),
    (
        "20261130130200",
        include_str!("../../../../migrations/postgres/2026-11-30-130200_deliveries_not_by_state/down.sql"),
    ),
    ("20261130130100", include_str!("../../../../migrations/postgres/2026-11-30-130100_deliveries_set_aside/down.sql")),
    ("20261130130000", include_str!("../../../../migrations/postgres/2026-11-30-130000_open_deliveries/down.sql")),
    ("20261129090000", include_str!("../../../../migrations/postgres/2026-11-29-090000_counted_as_before/down.sql")),
    ("20261129050000", include_str!("../../../../migrations/postgres/2026-11-29-050000_counted_once_large/down.sql")),
    (
        "20261128040100",
        include_str!("../../../../migrations/postgres/2026-11-28-040100_payments_of_order_once/down.sql"),
    ),
    (
        "20261128040000",
        include_str!("../../../../migrations/postgres/2026-11-28-040000_payments_of_order_in_order/down.sql"),
    ),
    ("20261127180000", include_str!("../../../../migrations/postgres/2026-11-27-180000_notes_say_why/down.sql")),
    (
        "20261127140000",
        include_str!("../../../../migrations/postgres/2026-11-27-140000_payments_counted_apart/down.sql"),
    ),
    ("20261127053000", include_str!("../../../../migrations/postgres/2026-11-27-053000_customers/down.sql")),
    (
        "20261127031100",
        include_str!("../../../../migrations/postgres/2026-11-27-031100_events_held_to_their_words/down.sql"),
    ),
    ("20261127031000", include_str!("../../../../migrations/postgres/2026-11-27-031000_webhooks_replayed/down.sql")),
    ("20261127024100", include_str!("../../../../migrations/postgres/2026-11-27-024100_open_exceptions/down.sql")),
    ("20261127024000", include_str!("../../../../migrations/postgres/2026-11-27-024000_pending_by_age/down.sql")),
    ("20261126230000", include_str!("../../../../migrations/postgres/2026-11-26-230000_event_endpoints/down.sql")),
    ("20261126191100", include_str!("../../../../migrations/postgres/2026-11-26-191100_progress_so_far/down.sql")),
    ("20261126191000", include_str!("../../../../migrations/postgres/2026-11-26-191000_device_progress/down.sql")),
    ("20261126190500", include_str!("../../../../migrations/postgres/2026-11-26-190500_merchant_chains/down.sql")),
    (
        "20261126190100",
        include_str!("../../../../migrations/postgres/2026-11-26-190100_conflicts_of_an_order/down.sql"),
    ),
    ("20261126190000", include_str!("../../../../migrations/postgres/2026-11-26-190000_entries_of_an_order/down.sql")),
    ("20261126182500", include_str!("../../../../migrations/postgres/2026-11-26-182500_offline_tills/down.sql")),
    ("20261126182000", include_str!("../../../../migrations/postgres/2026-11-26-182000_provider_accounts/down.sql")),
    ("20261126150200", include_str!("../../../../migrations/postgres/2026-11-26-150200_keys_by_end/down.sql")),
    ("20261126150100", include_str!("../../../../migrations/postgres/2026-11-26-150100_bodies_by_age/down.sql")),
    ("20261126150000", include_str!("../../../../migrations/postgres/2026-11-26-150000_retention/down.sql")),
    ("20261126143000", include_str!("../../../../migrations/postgres/2026-11-26-143000_lease_holders/down.sql")),
];

/// Their versions, the first one first, as they run.
fn in_order(migrations: &[(&'static str, &str)]) -> Vec<&'static str> {
    migrations.iter().rev().map(|(version, _)| *version).collect()
}

/// Takes a database back to where the version before left it.
fn undo(site: &Site, migrations: &[(&str, &str)]) {
    for (version, down) in migrations {
        site.run(down);
        site.run(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"));
    }
}

/// What a gateway of the version before writes, by table: each that it knows and that one of these migrations changes.
const WRITES: [(&str, &str); 9] = [
    ("rate_budget", "(provider, account_id, endpoint, sliding) VALUES ('old-' || $1, 'main', 'inquire', '')"),
    (
        "payments",
        "(id, merchant_id, order_code, method, channel, amount, attempt, created_at, expires_at, revision, intake,
            display, reference_kind, audit_seq, audit_head, check_count, status, updated_at)
         VALUES ('old-' || $1, 'M1', 'OLD-' || $1, 'qris', 'QR_CODE', 33000, 1, now(), now(), 1, 'open', 'shown',
            'unset', 1, sha256(''), 0, 'pending', now())",
    ),
    (
        "payment_events",
        "(payment_id, seq, at, actor, event, record)
         SELECT id, 1000 + $1, now(), 'worker', 'withdrawn', sha256('') FROM payments WHERE id NOT LIKE 'old-%'",
    ),
    ("payment_bodies", "(digest, body) VALUES (sha256($1::text::bytea), 'old')"),
    (
        "webhook_inbox",
        "(id, provider, account_id, digest, body, received_at, deliveries, attempts, state, due_at)
         VALUES ('old-' || $1, 'acme', 'main', sha256($1::text::bytea), 'old', now(), 1, 0, 'open', now())",
    ),
    (
        "outbox",
        "(id, merchant_id, payment_id, order_code, revision, at, event, attempts, due_at)
         VALUES ('old-' || $1, 'M1', 'old-' || $1, 'OLD-' || $1, 1, now(), 'exception_raised', 0, now())",
    ),
    (
        "idempotency_keys",
        "(merchant_id, route, key, fingerprint, payment_id, expires_at)
         VALUES ('M1', 'pay', 'old-' || $1, sha256(''), 'old-' || $1, now())",
    ),
    (
        "offline_entries",
        "(merchant_id, kind, reference, device_id, fingerprint, created_at_device, received_at)
         VALUES ('M1', 'payment', 'old-' || $1, 'DEV1', sha256(''), now(), now())",
    ),
    ("exceptions", "(id, key, kind, at, state) VALUES ('old-' || $1, 'old-' || $1, 'outcome_unknown', now(), 'open')"),
];

/// What a gateway of the version before does all day, in one session that prepared its statements long ago. Its writes
/// are a unit of work, which begins with the payment as every one does.
fn work_of_before(rounds: usize) -> String {
    let reads = "
        PREPARE read (integer) AS SELECT body FROM payment_bodies WHERE digest = sha256($1::text::bytea);
        PREPARE look AS SELECT id, revision, due_at, lease_token FROM payments WHERE due_at IS NOT NULL FOR UPDATE;
        PREPARE take AS SELECT id FROM webhook_inbox WHERE state = 'open' LIMIT 20 FOR UPDATE SKIP LOCKED;
        PREPARE check_it AS UPDATE payments SET check_count = check_count + 1 WHERE id NOT LIKE 'old-%';";
    let writes = WRITES.map(|(table, write)| format!("PREPARE into_{table} (integer) AS INSERT INTO {table} {write};"));
    let round = |n| {
        let written = WRITES.map(|(table, _)| format!("EXECUTE into_{table}({n}); ")).concat();
        format!(
            "EXECUTE look; EXECUTE take; BEGIN; EXECUTE check_it; {written} COMMIT; EXECUTE read({n}); \
             SELECT pg_sleep(0.01);"
        )
    };
    std::iter::once(reads.to_owned()).chain(writes).chain((0..rounds).map(round)).collect()
}

#[test]
fn the_newest_migrations_are_those_that_are_tried() {
    let site = Site::new();
    let last = format!("SELECT version FROM __diesel_schema_migrations ORDER BY version DESC LIMIT {}", NEWEST.len());
    let last = site.run(&last);
    assert_eq!(last.lines().collect::<Vec<_>>(), NEWEST.map(|(version, _)| version));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_of_the_version_before_goes_on_while_the_newest_migrations_run() {
    const ROUNDS: usize = 400;
    const BEGUN_WITHIN: Duration = Duration::from_secs(10);
    let site = Site::new();
    stored(&site.open().await, &site.payment(), Due::Never).await;
    undo(&site, &NEWEST);
    let count = |table: &str| -> usize { site.run(&format!("SELECT count(*) FROM {table}")).parse().unwrap() };
    let already = WRITES.map(|(table, _)| count(table));
    let url = site.database.url();
    let before = Handle::current().spawn_blocking(move || run(&url, &work_of_before(ROUNDS)));
    let (began, kept) = (Instant::now(), || site.run("SELECT count(*) FROM payment_bodies WHERE body = 'old'"));
    while kept() == "0" {
        assert!(began.elapsed() < BEGUN_WITHIN, "the version before does not work at all");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let migrated = migrate(&site.database.url()).await.unwrap();
    assert!(!before.is_finished(), "it is still at work");
    before.await.unwrap().unwrap();
    assert_eq!(migrated, in_order(&NEWEST));
    let of_before: Vec<(&str, usize)> =
        WRITES.iter().zip(already).map(|((table, _), already)| (*table, count(table) - already)).collect();
    assert_eq!(of_before, WRITES.map(|(table, _)| (table, ROUNDS)), "all that it wrote is there");
    let timeless = "SELECT count(*) FROM payment_bodies WHERE kept_at < now() - interval '1 hour'";
    assert_eq!(site.run(timeless), "0", "what it wrote is kept for as long as all else");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_was_counted_while_it_was_small_is_counted_as_the_server_does() {
    let site = Site::new();
    let counts = NEWEST.iter().position(|(version, _)| *version == "20261129050000").unwrap();
    let since_then = &NEWEST[..=counts];
    undo(&site, since_then);
    let opened =
        "INSERT INTO exceptions (id, key, kind, at, state) VALUES ('e', 'e', 'outcome_unknown', now(), 'open')";
    site.run(&format!("{opened}; ANALYZE exceptions"));
    assert_eq!(migrate(&site.database.url()).await.unwrap(), in_order(since_then));
    let of_ours = "SELECT string_agg(relname, ' ' ORDER BY relname) FROM pg_class WHERE relname IN ('exceptions', 'outbox') \
                   AND reloptions @> ARRAY['autovacuum_analyze_threshold=10000']";
    assert_eq!(site.run(of_ours), "outbox");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_a_try_left_unfinished_is_made_anew() {
    let site = Site::new();
    let makes_it = NEWEST.iter().position(|(version, _)| *version == "20261126150100").unwrap();
    let since_then = &NEWEST[..=makes_it];
    undo(&site, since_then);
    site.run("CREATE INDEX payment_bodies_by_age ON payment_bodies (digest)");
    site.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'payment_bodies_by_age'::regclass");
    assert_eq!(migrate(&site.database.url()).await.unwrap(), in_order(since_then));
    let made = "SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index \
                WHERE indexrelid = 'payment_bodies_by_age'::regclass";
    let made = site.run(made);
    assert!(made.contains("(kept_at)") && made.ends_with(" true"), "{made}");
}
