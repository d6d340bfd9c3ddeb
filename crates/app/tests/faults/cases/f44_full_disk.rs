use std::fs::{self, File};
use std::io::{Read as _, Write as _, repeat};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tempfile::TempDir;
use tokio::time::sleep;

use super::shop::{RECOVERED_WITHIN, Shop, millis};
use crate::rig::{Plan, StoreKind};
use crate::scale::{percentile, repeats};
use crate::till::{Exchange, Sale};

const ROUNDS: u64 = 10;
/// Room for a store that is at work.
const DISK_BYTES: u64 = 8 * 1024 * 1024;
/// What is written at once while a disk is filled.
const BLOCK_BYTES: u64 = 4_096;
/// Sales that are tried on a full disk, each an order of its own.
const REFUSALS: usize = 20;
/// Until what room the store had of its own is used up.
const FULL_WITHIN: Duration = Duration::from_secs(30);

/// A small disk of its own, in memory.
struct Disk(TempDir);

impl Disk {
    fn mount() -> Self {
        let folder = tempfile::Builder::new().prefix("mstore-pay-disk-").tempdir().expect("a folder to mount on");
        as_root(
            Command::new("mount")
                .args(["-t", "tmpfs", "-o"])
                .arg(format!("size={DISK_BYTES},mode=777"))
                .args([Path::new("tmpfs"), folder.path()]),
        );
        Self(folder)
    }

    fn filler(&self) -> PathBuf {
        self.0.path().join("filler")
    }

    /// Leaves no byte free.
    fn fill(&self) {
        let mut filler = File::options().create(true).append(true).open(self.filler()).expect("a file");
        let mut block = Vec::new();
        repeat(0).take(BLOCK_BYTES).read_to_end(&mut block).expect("nothing but zeros");
        while filler.write_all(&block).is_ok() {}
    }

    fn make_room(&self) {
        fs::remove_file(self.filler()).expect("the filler is there");
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Whoever still has it open keeps it until then.
        Command::new("umount").arg("-l").arg(self.0.path()).status().ok();
    }
}

/// Runs it as whoever may mount.
fn as_root(command: &mut Command) {
    let mut run = Command::new("sudo");
    run.arg("-n").arg(command.get_program()).args(command.get_args());
    let done = [command, &mut run].into_iter().any(|run| run.status().is_ok_and(|status| status.success()));
    assert!(done, "a file system in memory can be mounted");
}

/// Sells until it is refused for want of room.
async fn sell_until_full(shop: &Shop, round: u64) {
    let began = Instant::now();
    for number in 0.. {
        let sold = shop.till.create(&Sale::of(format!("F44-filling-{round}-{number}"), 33_000)).await;
        if sold.status() == 503 {
            return;
        }
        assert!(began.elapsed() < FULL_WITHIN, "a full disk takes {number} sales: {sold:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn f44_on_a_full_disk_nothing_is_sold_that_could_not_be_kept_and_room_is_all_that_it_takes() {
    // A server of PostgreSQL looks after its own disk.
    let disk = Disk::mount();
    let url = format!("sqlite://{}", disk.0.path().join("gateway.db").display());
    let mut shop = Shop::open_as(Plan::over(StoreKind::Sqlite).at(url)).await;
    let n = repeats(ROUNDS);
    let (mut refused, mut odd, mut recoveries, mut ended) = (0, Vec::new(), Vec::new(), 0);
    for round in 0..n {
        shop.show(&Sale::of(format!("F44-before-{round}"), 33_000)).await;
        disk.fill();
        sell_until_full(&shop, round).await;
        for number in 0..REFUSALS {
            let sold: Exchange = shop.till.create(&Sale::of(format!("F44-full-{round}-{number}"), 33_000)).await;
            if sold.status() == 503 { refused += 1 } else { odd.push(format!("{sold:?}")) }
        }
        disk.make_room();
        ended += u64::from(shop.rig.has_ended());
        let began = Instant::now();
        shop.show(&Sale::of(format!("F44-after-{round}"), 33_000)).await;
        recoveries.push(millis(began.elapsed()));
    }
    let called: Vec<String> = shop.rig.control.charges().await.into_iter().filter_map(|it| it.order_code).collect();
    let called = called.iter().filter(|code| code.starts_with("F44-full-")).count();
    sleep(Duration::from_secs(1)).await;
    let slowest = percentile(recoveries, 100);
    let judged = shop.judge("F44").await;
    println!(
        "F44 n={n} refused={refused} otherwise={} called_all_the_same={called} processes_ended={ended} \
         lost_acknowledged={} recovery_max={slowest}ms",
        odd.len(),
        judged.broken("I1"),
    );
    assert!(odd.is_empty(), "answered on a full disk: {odd:?}");
    assert_eq!((called, ended), (0, 0), "openings at the provider, processes that ended");
    assert!(slowest <= millis(RECOVERED_WITHIN), "recovered only after {slowest} ms");
}
