//! Processes whose clock is wrong.

use std::fs;
use std::path::Path;
use std::process::Command;

/// Where Debian's `faketime` has its library.
const LIBRARIES: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];

/// Has a process see the time that much off, `+10m` say; what passes passes as it does.
pub(super) fn apply(command: &mut Command, skew: &str) {
    preload(command).env("FAKETIME", skew);
}

/// Has a process see the time as much off as a file says, which it reads again every second.
pub(super) fn follow(command: &mut Command, file: &Path) {
    preload(command).env("FAKETIME_TIMESTAMP_FILE", file).env("FAKETIME_CACHE_DURATION", "1");
}

/// Has that file say that from now on.
pub(super) fn set(file: &Path, skew: &str) {
    // In one step, so that nobody reads half of it.
    let fresh = file.with_extension("fresh");
    fs::write(&fresh, format!("{skew}\n")).expect("a file in a directory of ours");
    fs::rename(&fresh, file).expect("a file in a directory of ours");
}

fn preload(command: &mut Command) -> &mut Command {
    let library = LIBRARIES.into_iter().find(|library| Path::new(library).is_file());
    let library = library.expect("faketime, run: apt-get install -y faketime");
    command.env("LD_PRELOAD", library).env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
}
