//! Processes whose clock is wrong.

use std::path::Path;
use std::process::Command;

/// Where Debian's `faketime` has its library.
const LIBRARIES: [&str; 2] =
    ["/usr/lib/x86_64-linux-gnu/faketime/libfaketime.so.1", "/usr/lib/aarch64-linux-gnu/faketime/libfaketime.so.1"];

/// Has a process see the time that much off, `+10m` say; what passes passes as it does.
pub(super) fn apply(command: &mut Command, skew: &str) {
    let library = LIBRARIES.into_iter().find(|library| Path::new(library).is_file());
    let library = library.expect("faketime, run: apt-get install -y faketime");
    command.env("LD_PRELOAD", library).env("FAKETIME", skew).env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
}
