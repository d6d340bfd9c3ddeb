//! There is no gateway of an earlier version to start here. What it does to the schema is: it goes on with statements
//! that know nothing of what the migrations after it made. So do the nodes of this case, whose database lacks the
//! indexes when they are under load, and whose tables get columns of a version to come.
//! `crates/postgres/tests/it/migrating.rs` has the statements of the version before meet every newer column.

use std::time::Duration;

use tokio::time::sleep;

use crate::cases::load::Load;
use crate::cases::shop::Shop;
use crate::checker::{self, Licence};
use crate::rig::{Plan, Rig};
use crate::till::Exchange;

const NODES: usize = 3;
const SALE_WITHIN: Duration = Duration::from_secs(30);
const BETWEEN: Duration = Duration::from_millis(250);
/// As the gateway's own migrations wait before they try again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// Migrations that a version before did not have, and how they are undone.
const UNDONE: [(&str, &str); 2] =
    [("20261126150100", "DROP INDEX payment_bodies_by_age"), ("20261126150200", "DROP INDEX idempotency_keys_by_end")];

/// A version that is to come.
const NEXT: &str = "29990101000000";

fn tables(rig: &Rig) -> Vec<String> {
    let tables = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema() AND tablename NOT LIKE '\\_\\_%'";
    rig.sql(tables).lines().map(str::to_owned).collect()
}

/// Expands a table as a migration does: nobody waits for it for long, and where it would have to wait it tries again.
async fn expand(rig: &Rig, table: &str) {
    let add = format!("ALTER TABLE {table} ADD COLUMN of_a_version_to_come INTEGER NOT NULL DEFAULT 0");
    while let Err(why) = rig.try_sql(&format!("SET lock_timeout = '2s'; {add}")) {
        assert!(why.contains("lock timeout") || why.contains("deadlock"), "{table}: {why}");
        sleep(AGAIN_AFTER).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f51_nodes_serve_on_while_the_schema_grows_under_them() {
    let mut shop = Shop::open_as(Plan::of_nodes(NODES)).await;
    tokio::task::block_in_place(|| shop.rig.stop_node(NODES - 1));
    for (version, undo) in UNDONE {
        shop.rig.sql(undo);
        shop.rig.sql(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"));
    }
    let load = Load::start(&shop, "F51", 0, SALE_WITHIN);
    sleep(4 * BETWEEN).await;
    shop.rig.start_gateway().await;
    let versions = UNDONE.map(|(version, _)| format!("'{version}'")).join(",");
    let done = format!("SELECT count(*) FROM __diesel_schema_migrations WHERE version IN ({versions})");
    assert_eq!(shop.rig.sql(&done), UNDONE.len().to_string(), "whoever starts brings it up to date");
    let tables = tables(&shop.rig);
    for table in &tables {
        expand(&shop.rig, table).await;
        sleep(BETWEEN).await;
    }
    shop.rig.sql(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{NEXT}')"));
    sleep(4 * BETWEEN).await;
    let sold = load.finish().await;
    shop.rig.sql(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{NEXT}'"));
    let answers: Vec<u16> = shop.log.all().iter().map(Exchange::status).collect();
    let (failed, unheard) = (
        answers.iter().filter(|status| **status >= 500).count(),
        answers.iter().filter(|status| **status == 0).count(),
    );
    let judged = checker::judge("F51", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F51 nodes={NODES} tables={} migrations={} sales={sold} errors={failed} unanswered={unheard} \
         lost_acknowledged={}",
        tables.len(),
        UNDONE.len(),
        judged.broken("I1")
    );
    assert_eq!(failed, 0, "nobody is turned away");
}
