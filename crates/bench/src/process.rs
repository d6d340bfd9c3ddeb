//! What a process costs, as `/proc` has it.

use std::fs;
use std::time::Duration;

use mstore_pay_throwaway_postgres::Cluster;

use crate::Trouble;

const NANOS_PER_SECOND: u64 = 1_000_000_000;

/// The time that a process spent on a CPU, in user and in kernel mode.
pub(crate) fn cpu(pid: u32) -> Result<Duration, Trouble> {
    let [user, system, _, _] = ticks(pid)?;
    Ok(time(user.saturating_add(system)))
}

/// The same with all its children, those that have ended among them.
pub(crate) fn cpu_with_children(pid: u32) -> Result<Duration, Trouble> {
    let own: u64 = ticks(pid)?.into_iter().fold(0, u64::saturating_add);
    let living = children(pid)?.into_iter().filter_map(|child| cpu(child).ok());
    Ok(living.fold(time(own), Duration::saturating_add))
}

/// The first process of a server.
pub(crate) fn server_pid(cluster: &Cluster) -> Result<u32, Trouble> {
    let file = fs::read_to_string(cluster.socket_folder().join("data/postmaster.pid"))?;
    Ok(file.lines().next().ok_or("no server")?.parse()?)
}

/// What of a process is in memory, in KiB.
pub(crate) fn resident_kib(pid: u32) -> Result<u64, Trouble> {
    let status = fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

fn time(ticks: u64) -> Duration {
    let nanos_per_tick = NANOS_PER_SECOND / rustix::param::clock_ticks_per_second().max(1);
    Duration::from_nanos(ticks.saturating_mul(nanos_per_tick))
}

/// `utime`, `stime`, `cutime` and `cstime` (proc(5)).
fn ticks(pid: u32) -> Result<[u64; 4], Trouble> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name of the program may hold blanks; it ends with the last parenthesis.
    let (_name, rest) = stat.rsplit_once(')').ok_or("no name")?;
    let mut fields = rest.split_whitespace().skip(11);
    let mut next = || -> Result<u64, Trouble> { Ok(fields.next().ok_or("too few fields")?.parse()?) };
    Ok([next()?, next()?, next()?, next()?])
}

fn children(pid: u32) -> Result<Vec<u32>, Trouble> {
    let listed = fs::read_to_string(format!("/proc/{pid}/task/{pid}/children"))?;
    listed.split_whitespace().map(|child| Ok(child.parse()?)).collect()
}
