//! The schema is brought up to date while gateways of the version before go on working.

use std::time::{Duration, Instant};

use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_postgres::migrate;
use mstore_pay_throwaway_postgres::run;
use tokio::runtime::Handle;

use crate::fixtures::{Site, stored};

/// The newest migrations, last first, with how each is undone.
const NEWEST: [(&str, &str); 15] = [
    ("20261127053000", include_str!("../../../../migrations/postgres/2026-11-27-053000_customers/down.sql")),
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

/// What a gateway of the version before does all day, in one session that prepared its statements long ago.
fn work_of_before(rounds: usize) -> String {
    let prepare = "
        PREPARE keep (integer) AS INSERT INTO payment_bodies (digest, body) VALUES (sha256($1::text::bytea), 'old');
        PREPARE read (integer) AS SELECT body FROM payment_bodies WHERE digest = sha256($1::text::bytea);
        PREPARE look AS SELECT id, revision, due_at, lease_token FROM payments WHERE due_at IS NOT NULL FOR UPDATE;
        PREPARE check_it AS UPDATE payments SET check_count = check_count + 1;
        PREPARE take AS SELECT id FROM webhook_inbox WHERE state = 'waiting' FOR UPDATE SKIP LOCKED;";
    let round = |n| {
        format!(
            "EXECUTE keep({n}); EXECUTE read({n}); EXECUTE look; EXECUTE check_it; EXECUTE take; SELECT pg_sleep(0.01);"
        )
    };
    std::iter::once(prepare.to_owned()).chain((0..rounds).map(round)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_gateway_of_the_version_before_goes_on_while_the_newest_migrations_run() {
    const ROUNDS: usize = 400;
    const BEGUN_WITHIN: Duration = Duration::from_secs(10);
    let site = Site::new();
    stored(&site.open().await, &site.payment(), Due::Never).await;
    undo(&site, &NEWEST);
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
    assert_eq!(kept(), ROUNDS.to_string());
    let timeless = "SELECT count(*) FROM payment_bodies WHERE kept_at < now() - interval '1 hour'";
    assert_eq!(site.run(timeless), "0", "what it wrote is kept for as long as all else");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_that_a_try_left_unfinished_is_made_anew() {
    let site = Site::new();
    let since_then = &NEWEST[..13];
    assert_eq!(since_then[12].0, "20261126150100", "the one that makes it");
    undo(&site, since_then);
    site.run("CREATE INDEX payment_bodies_by_age ON payment_bodies (digest)");
    site.run("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'payment_bodies_by_age'::regclass");
    assert_eq!(migrate(&site.database.url()).await.unwrap(), in_order(since_then));
    let made = "SELECT pg_get_indexdef(indexrelid) || ' ' || indisvalid FROM pg_index \
                WHERE indexrelid = 'payment_bodies_by_age'::regclass";
    let made = site.run(made);
    assert!(made.contains("(kept_at)") && made.ends_with(" true"), "{made}");
}
