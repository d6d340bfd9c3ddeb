//! The throw-away server itself.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::LazyLock;
use std::thread::sleep;
use std::time::{Duration, Instant};

use mstore_pay_throwaway_postgres::{Cluster, Database, Template, run};

static TILLS: LazyLock<Template> = LazyLock::new(|| {
    Template::new(|url| {
        run(url, "CREATE TABLE tills (code TEXT)").unwrap();
    })
});

#[test]
fn clones_have_what_their_template_has_and_nothing_of_each_other() {
    let (one, other) = (TILLS.database(), TILLS.database());
    one.run("INSERT INTO tills VALUES ('T1')").unwrap();
    assert_eq!(one.run("SELECT code FROM tills").unwrap(), "T1");
    assert_eq!(other.run("SELECT count(*) FROM tills").unwrap(), "0");
}

#[test]
fn a_dropped_database_is_gone() {
    let (kept, dropped) = (Database::empty(), Database::empty());
    let url = dropped.url();
    let name = url.rsplit('/').next().unwrap().split('?').next().unwrap().to_owned();
    let count = format!("SELECT count(*) FROM pg_database WHERE datname = '{name}'");
    assert_eq!(kept.run(&count).unwrap(), "1");
    drop(dropped);
    assert_eq!(kept.run(&count).unwrap(), "0");
}

#[test]
fn a_killed_server_comes_back_with_what_it_acknowledged() {
    let cluster = Cluster::start(&[]);
    cluster.run("postgres", "CREATE TABLE tills AS SELECT 'T1' AS code").unwrap();
    cluster.kill();
    cluster.run("postgres", "SELECT 1").unwrap_err();
    cluster.restart();
    assert_eq!(cluster.run("postgres", "SELECT code FROM tills").unwrap(), "T1");
}

#[test]
fn a_promoted_standby_has_what_its_primary_had() {
    let primary = Cluster::start(&[]);
    let standby = primary.standby(&[]);
    primary.run("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'; SELECT pg_reload_conf()").unwrap();
    primary
        .run("postgres", "SET synchronous_commit = remote_apply; CREATE TABLE tills AS SELECT 'T1' AS code")
        .unwrap();
    primary.kill();
    standby.promote();
    assert_eq!(standby.run("postgres", "UPDATE tills SET code = 'T2' RETURNING code").unwrap(), "T2");
}

/// Set for the child that the next test kills.
const CHILD: &str = "MSTORE_PAY_THROWAWAY_CHILD";
const FOLDER: &str = "folder ";

#[test]
fn nothing_is_left_behind_by_a_killed_process() {
    const CLEARED_UP_WITHIN: Duration = Duration::from_secs(20);
    if std::env::var_os(CHILD).is_some() {
        let cluster = Cluster::start(&[]);
        println!("{FOLDER}{}", cluster.socket_folder().display());
        sleep(Duration::from_mins(1));
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nothing_is_left_behind_by_a_killed_process", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let folder = lines.find_map(|line| line.unwrap().split_once(FOLDER).map(|(_, path)| PathBuf::from(path))).unwrap();
    assert!(folder.join("data/postmaster.pid").exists());
    child.kill().unwrap();
    child.wait().unwrap();
    let killed = Instant::now();
    while folder.exists() {
        assert!(killed.elapsed() < CLEARED_UP_WITHIN, "{} is still there", folder.display());
        sleep(Duration::from_millis(50));
    }
}
