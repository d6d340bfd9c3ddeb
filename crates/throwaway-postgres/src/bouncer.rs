//! pgbouncer before a server.

use std::fs::{self, File};
use std::os::unix::fs::chown;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cluster::{Cluster, new_folder};
use crate::give_up;
use crate::programs::{Owner, owner_for};
use crate::watchdog::Watchdog;

const START_MAX: Duration = Duration::from_secs(20);
/// Debian's place, which is on the path of root alone, and all others.
const PLACES: [&str; 2] = ["/usr/sbin/pgbouncer", "pgbouncer"];
const MISSING: &str = "pgbouncer was not found, run: apt-get install -y pgbouncer || brew install pgbouncer";

const CLEAR_UP: &str = r#"
kill -QUIT "$(cat "$1/pid")"
rm -rf "$1"
"#;

/// A pooler of connections, gone when it is dropped.
pub struct Bouncer {
    folder: PathBuf,
    pooler: Child,
    _watchdog: Watchdog,
}

impl Bouncer {
    /// Starts one that passes on whatever is asked of that server, with so many sessions there at the most, each kept
    /// for one connection.
    #[must_use]
    pub fn before(server: &Cluster, sessions_max: u32) -> Self {
        Self::start("session", server, sessions_max)
    }

    /// Starts one that gives each transaction whichever session is free.
    #[must_use]
    pub fn of_transactions(server: &Cluster, sessions_max: u32) -> Self {
        Self::start("transaction", server, sessions_max)
    }

    fn start(mode: &str, server: &Cluster, sessions_max: u32) -> Self {
        let folder = new_folder();
        let owner = owner_for(&folder);
        let settings = format!(
            "[databases]\n* = host={} user=postgres\n[pgbouncer]\npool_mode = {mode}\nauth_type = any\nlisten_addr =\n\
             unix_socket_dir = {folder}\npidfile = {folder}/pid\ndefault_pool_size = {sessions_max}\n",
            server.socket_folder().display(),
            folder = folder.display(),
        );
        let ini = folder.join("pgbouncer.ini");
        fs::write(&ini, settings).unwrap_or_else(|error| give_up("could not write the settings", &error));
        if let Some(Owner { uid, gid }) = owner {
            chown(&folder, Some(uid), Some(gid)).unwrap_or_else(|why| give_up("could not give the folder away", &why));
        }
        let watchdog = Watchdog::start(CLEAR_UP, &[folder.as_os_str()]);
        let log = File::create(folder.join("log")).unwrap_or_else(|error| give_up("could not make a log", &error));
        let place = PLACES.iter().find(|place| Path::new(place).is_file()).unwrap_or(&"pgbouncer");
        let mut command = Command::new(place);
        command.arg(&ini).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).process_group(0);
        if let Some(Owner { uid, gid }) = owner {
            command.gid(gid).uid(uid);
        }
        let pooler = command.spawn().unwrap_or_else(|_| give_up("could not start pgbouncer", &MISSING));
        let bouncer = Self { folder, pooler, _watchdog: watchdog };
        bouncer.await_socket();
        bouncer
    }

    /// The URL of a database on the server behind it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        format!("postgres://postgres@{folder}:6432/{database}")
    }

    fn await_socket(&self) {
        let began = Instant::now();
        // The socket is there a moment before anybody listens at it.
        while UnixStream::connect(self.folder.join(".s.PGSQL.6432")).is_err() {
            if began.elapsed() > START_MAX {
                give_up("could not start pgbouncer", &fs::read_to_string(self.folder.join("log")).unwrap_or_default());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.pooler.kill();
        let _ended = self.pooler.wait();
    }
}
