//! What was acknowledged survives whatever ends the process.
//!
//! The child is this test binary again, running one of these tests alone and told by [`STORE`] to play the
//! child's part: it commits payments for ever and prints the id of each once it is acknowledged.

use std::ffi::OsString;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitStatus, Stdio};

use mstore_pay_domain::ids::PaymentId;
use mstore_pay_domain::memory::SequentialIds;
use mstore_pay_domain::ports::PaymentRepository;
use mstore_pay_domain::unit_of_work::Due;
use mstore_pay_sqlite::{Options, SqliteStore};

use crate::fixtures::{Site, payment, unit};

/// Where the child writes; without it there is no child.
const STORE: &str = "MSTORE_PAY_SQLITE_CRASH_STORE";
const ACKNOWLEDGED: &str = "acknowledged ";
const SIGABRT: i32 = 6;
const SIGKILL: i32 = 9;
/// Writers at once, so that commits are written in groups.
const WRITERS: u64 = 8;

/// The child's part.
#[expect(clippy::print_stdout, reason = "the parent reads what was acknowledged")]
async fn write_until_it_ends(path: OsString) {
    let store = SqliteStore::open(path, Options::default()).unwrap();
    let writers = (0..WRITERS).map(|seed| {
        let (store, ids) = (store.clone(), SequentialIds::new(seed));
        tokio::runtime::Handle::current().spawn(async move {
            let mut payment = payment(&ids);
            while store.commit(&unit(&payment, Due::Never)).await.is_ok() {
                println!("{ACKNOWLEDGED}{}", payment.id);
                payment = crate::fixtures::payment(&ids);
            }
        })
    });
    for writer in writers.collect::<Vec<_>>() {
        writer.await.unwrap();
    }
}

fn start(site: &Site, shell: &str) -> Child {
    Command::new("sh")
        .args(["-c", shell])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", "crash::everything_acknowledged_is_there_after_a_kill", "--nocapture"])
        .env(STORE, site.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Reads what the child acknowledged, ending it after `at_most`.
fn acknowledged(mut child: Child, at_most: usize) -> (Vec<PaymentId>, ExitStatus) {
    let mut ids = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        // The harness of the child may have begun the line.
        let Some((_, id)) = line.split_once(ACKNOWLEDGED) else { continue };
        // The last line may be cut off.
        let Ok(id) = id.parse() else { break };
        ids.push(id);
        if ids.len() == at_most {
            child.kill().unwrap();
        }
    }
    (ids, child.wait().unwrap())
}

async fn assert_all_there(site: &Site, ids: &[PaymentId]) {
    let store = site.open();
    assert_eq!(store.integrity_check().await.unwrap(), Vec::<String>::new());
    let merchant = payment(&SequentialIds::default()).merchant;
    for id in ids {
        let found = store.payment(&merchant, id).await.unwrap();
        assert_eq!(found.map(|payment| payment.audit.seq), Some(1), "{id}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_acknowledged_is_there_after_a_kill() {
    const ENOUGH: usize = 200;
    if let Some(path) = std::env::var_os(STORE) {
        return write_until_it_ends(path).await;
    }
    let site = Site::new();
    let (ids, status) = acknowledged(start(&site, "exec \"$0\" \"$@\""), ENOUGH);
    assert!(ids.len() >= ENOUGH);
    assert_eq!(status.signal(), Some(SIGKILL));
    assert_all_there(&site, &ids).await;
}

/// A write beyond the file size limit fails as a broken disk does.
#[tokio::test(flavor = "multi_thread")]
async fn a_disk_that_fails_ends_the_process_and_loses_nothing_acknowledged() {
    let site = Site::new();
    let limited = "trap '' XFSZ; ulimit -f 2000; exec \"$0\" \"$@\"";
    let (ids, status) = acknowledged(start(&site, limited), usize::MAX);
    assert_eq!(status.signal(), Some(SIGABRT), "{} acknowledged", ids.len());
    assert!(!ids.is_empty());
    assert_all_there(&site, &ids).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_taken_on_are_done_before_the_last_handle_is_gone() {
    const UNITS: u64 = 50;
    let (site, merchant) = (Site::new(), payment(&SequentialIds::default()).merchant);
    let store = site.open();
    let payments: Vec<_> = (0..UNITS).map(|_| site.payment()).collect();
    let commits = payments.iter().map(|payment| {
        let (store, work) = (store.clone(), unit(payment, Due::Never));
        tokio::runtime::Handle::current().spawn(async move { store.commit(&work).await })
    });
    let queued: Vec<_> = commits.collect();
    drop(store);
    for commit in queued {
        commit.await.unwrap().unwrap();
    }
    let store = site.open();
    for payment in &payments {
        assert!(store.payment(&merchant, &payment.id).await.unwrap().is_some());
    }
}
