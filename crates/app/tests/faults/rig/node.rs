//! One gateway of several.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::process::Strace;
use super::{Holdings, Process};

/// A gateway, when it runs.
#[derive(Debug, Default)]
pub(super) struct Node {
    process: Option<Process>,
    /// What it held when it was ready.
    fresh: Holdings,
    /// Whether it was started to be struck.
    pub(super) is_armed: bool,
}

impl Node {
    /// Starts it and gives its address; it may die before it is ready.
    pub(super) fn start(&mut self, command: &mut Command, log: &Path) -> Result<String, String> {
        self.process = None;
        let process = Process::try_start(command, log)?;
        self.fresh = process.holdings();
        let url = process.address("listen");
        self.process = Some(process);
        Ok(url)
    }

    pub(super) fn is_running(&self) -> bool {
        self.process.is_some()
    }

    pub(super) fn url(&self) -> Option<String> {
        self.process.as_ref().map(|process| process.address("listen"))
    }

    pub(super) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// Asks it to end and waits until it has; gives how long that took.
    pub(super) fn stop(&mut self) -> Duration {
        let began = Instant::now();
        if let Some(mut process) = self.process.take() {
            process.signal("TERM");
            process.wait();
        }
        began.elapsed()
    }

    pub(super) fn signal(&self, name: &str) {
        if let Some(process) = &self.process {
            process.signal(name);
        }
    }

    /// Whether its process ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        self.process.as_mut().is_some_and(Process::has_ended)
    }

    pub(super) fn fail_syncs(&self) -> Option<Strace> {
        self.process.as_ref().map(Process::fail_syncs)
    }

    pub(super) fn allow_files(&self, most: u64) {
        if let Some(process) = &self.process {
            process.allow_files(most);
        }
    }

    pub(super) fn holdings(&self) -> (Holdings, Holdings) {
        (self.fresh, self.process.as_ref().map(Process::holdings).unwrap_or_default())
    }
}
