//! `EARLIER_GATEWAY` names the binary of an earlier version: it made the schema, and two nodes of it serve on while the
//! third is started in this version and migrates under them.
//!
//! Where there is none, the nodes do what one would do to the schema: they go on with statements that know nothing of
//! what the migrations after them made. Their database lacks indexes when they are under load.
//! `crates/postgres/tests/it/migrating.rs` has a session of the version before write to every table that the newest
//! migrations change, while they run.
//!
//! In either case the tables get columns of a version to come.

use std::env;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::sleep;

use crate::cases::load::{Load, Setbacks};
use crate::cases::shop::Shop;
use crate::checker::{self, Licence};
use crate::rig::{Plan, Rig};

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

/// Takes the schema back to before those migrations.
fn undo(rig: &Rig) {
    for (version, undo) in UNDONE {
        rig.sql(undo);
        rig.sql(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{version}'"));
    }
}

/// How many migrations the schema has seen.
fn migrations(rig: &Rig) -> usize {
    rig.sql("SELECT count(*) FROM __diesel_schema_migrations").parse().expect("a count")
}

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
    let earlier = env::var_os("EARLIER_GATEWAY").map(PathBuf::from);
    let mut shop = Shop::open_as(Plan::of_nodes(NODES).beginning_with(earlier.clone())).await;
    tokio::task::block_in_place(|| shop.rig.stop_node(NODES - 1));
    if earlier.is_none() {
        undo(&shop.rig);
    }
    shop.rig.upgrade();
    let before = migrations(&shop.rig);
    let load = Load::start(&shop, "F51", 0, SALE_WITHIN);
    sleep(4 * BETWEEN).await;
    shop.rig.start_gateway().await;
    let migrated = migrations(&shop.rig) - before;
    assert!(migrated > 0, "whoever starts brings the schema up to date");
    let tables = tables(&shop.rig);
    for table in &tables {
        expand(&shop.rig, table).await;
        sleep(BETWEEN).await;
    }
    shop.rig.sql(&format!("INSERT INTO __diesel_schema_migrations (version) VALUES ('{NEXT}')"));
    sleep(4 * BETWEEN).await;
    let sold = load.finish().await;
    shop.rig.sql(&format!("DELETE FROM __diesel_schema_migrations WHERE version = '{NEXT}'"));
    let setbacks = Setbacks::of(&shop.log.all());
    let judged = checker::judge("F51", &mut shop.rig, &shop.log, &[shop.till.clone()], Licence::default()).await;
    println!(
        "F51 nodes={NODES} of_an_earlier_version={} tables={} migrations={migrated} sales={sold} errors={} \
         lost_acknowledged={} {setbacks:?}",
        earlier.map_or(0, |_| NODES - 1),
        tables.len(),
        setbacks.failed(),
        judged.broken("I1")
    );
    assert_eq!(setbacks.failed(), 0, "nobody is turned away");
    setbacks.assert_mild();
}
