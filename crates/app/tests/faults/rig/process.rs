use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long a process may take until it says that it answers.
const READY_SECONDS_MAX: u64 = 30;

/// A child of this test: the line it printed when it was ready, and the means to kill it.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    pub(crate) announced: Value,
}

impl Process {
    /// Starts it, appends all it writes to `log`, and waits for its line of JSON with a `listen`.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Self {
        Self::try_start(command, log).unwrap_or_else(|why| panic!("{why}; its log is {}", log.display()))
    }

    /// As [`start`](Self::start), for a process that may die before it is ready.
    pub(crate) fn try_start(command: &mut Command, log: &Path) -> Result<Self, String> {
        let errors = open(log);
        let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(errors).spawn();
        let mut child = child.map_err(|error| format!("could not start {command:?}: {error}"))?;
        let printed = child.stdout.take().expect("stdout was asked for");
        let (ready, announced) = mpsc::channel();
        let output = open(log);
        thread::spawn(move || copy(printed, output, &ready));
        if let Ok(announced) = announced.recv_timeout(Duration::from_secs(READY_SECONDS_MAX)) {
            return Ok(Self { child, announced });
        }
        child.kill().ok();
        let ended = child.wait().map(|status| status.to_string());
        Err(format!("{} was never ready: {ended:?}", command.get_program().display()))
    }

    /// SIGKILL: nothing of it gets to say goodbye.
    pub(crate) fn kill(&mut self) {
        self.child.kill().expect("a child that runs can be killed");
        self.child.wait().expect("a killed child ends");
    }

    /// Sends it a signal, by the name that `kill` knows.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.is_ok_and(|status| status.success()), "a child that runs takes SIG{name}");
    }

    /// Lets it have so many files and sockets, and no more.
    pub(crate) fn allow_files(&self, most: u64) {
        let words = ["--pid", &self.child.id().to_string(), &format!("--nofile={most}:{most}")];
        let set = Command::new("prlimit").args(words).status();
        assert!(set.is_ok_and(|status| status.success()), "a child's limits can be set");
    }

    /// Whether it has ended.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.child.try_wait().expect("a child can be asked").is_some()
    }

    /// Has every write that it forces to the disk fail from now on, until what this gives is dropped.
    pub(crate) fn fail_syncs(&self) -> Strace {
        let child = as_root("strace")
            .args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"])
            .args(["-e", "inject=fsync,fdatasync:error=EIO", "-p", &self.child.id().to_string()])
            .stdin(Stdio::null())
            .spawn();
        Strace(child.expect("strace, run: apt-get install -y strace"))
    }

    /// Waits until it has ended.
    pub(crate) fn wait(&mut self) {
        self.child.wait().expect("a child ends");
    }

    /// What it holds now; nothing if it is dead.
    pub(crate) fn holdings(&self) -> Holdings {
        let proc = Path::new("/proc").join(self.child.id().to_string());
        let status = fs::read_to_string(proc.join("status")).unwrap_or_default();
        let said_of = |name: &str| {
            let said = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            said.and_then(|text| text.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
        };
        let (kib, anonymous_kib) = (said_of("VmRSS"), said_of("RssAnon"));
        let descriptors = fs::read_dir(proc.join("fd")).map_or(0, Iterator::count);
        Holdings { kib, anonymous_kib, descriptors: u64::try_from(descriptors).expect("a count") }
    }

    pub(crate) fn address(&self, name: &str) -> String {
        let address = self.announced[name].as_str();
        address.unwrap_or_else(|| panic!("no {name} in {}", self.announced)).trim_end_matches('/').to_owned()
    }
}

/// What a process holds of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Holdings {
    /// Resident memory.
    pub(crate) kib: u64,
    /// Of it what no file stands behind: what was allocated, without the program's own pages that came to be read.
    pub(crate) anonymous_kib: u64,
    /// Open files and sockets.
    pub(crate) descriptors: u64,
}

/// A command as whoever may mount and trace.
pub(crate) fn as_root(program: &str) -> Command {
    let is_root = fs::metadata("/proc/self").is_ok_and(|own| own.uid() == 0);
    let mut command = Command::new(if is_root { program } else { "sudo" });
    if !is_root {
        command.args(["-n", program]);
    }
    command
}

/// What stands between a process and the kernel; it ends with the process at the latest.
#[derive(Debug)]
pub(crate) struct Strace(Child);

impl Drop for Strace {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn open(log: &Path) -> File {
    OpenOptions::new().create(true).append(true).open(log).expect("a log in a directory of ours")
}

fn copy(printed: ChildStdout, mut log: File, ready: &Sender<Value>) {
    for line in BufReader::new(printed).lines().map_while(Result::ok) {
        writeln!(log, "{line}").ok();
        let announced: Option<Value> = serde_json::from_str(&line).ok();
        if let Some(announced) = announced.filter(|value| value["listen"].is_string()) {
            // Only the first one is waited for.
            ready.send(announced).ok();
        }
    }
}
