//! A process that clears up after the tests, however they end.

use std::ffi::OsStr;
use std::os::unix::process::CommandExt;
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::give_up;

/// Waits for the end of a pipe that this process holds: the kernel closes it whatever ends the process.
pub(crate) struct Watchdog {
    pipe: Option<ChildStdin>,
    shell: Child,
}

impl Watchdog {
    /// Has a shell run `script` once this process has ended or the value is dropped.
    pub(crate) fn start(script: &str, arguments: &[&OsStr]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("cat >/dev/null\n{script}"), "watchdog"]).args(arguments);
        // A group of its own: what interrupts the tests in a terminal must not end it.
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).process_group(0);
        let mut shell = shell.spawn().unwrap_or_else(|error| give_up("could not start the watchdog", &error));
        Self { pipe: shell.stdin.take(), shell }
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.pipe.take());
        let _gone = self.shell.wait();
    }
}
