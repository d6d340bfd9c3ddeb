//! A server that this process starts, and may stop and kill.

use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::certificate::Certificate;
use crate::give_up;
use crate::ports::free_port;
use crate::programs::{Owner, owner_for, printed, server_program};
use crate::watchdog::Watchdog;

const START_MAX: Duration = Duration::from_mins(1);
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(5);
/// Longest that the children of a killed server may outlive it.
const ORPHANS_MAX: Duration = Duration::from_secs(10);

/// Stops the server of a folder, wherever it stands, and removes the folder.
const CLEAR_UP: &str = r#"
pid=$(head -n 1 "$1/data/postmaster.pid")
kill -QUIT "$pid"
n=0
while kill -0 "$pid" && [ $n -lt 50 ]; do n=$((n + 1)); sleep 0.1; done
rm -rf "$1"
"#;

/// What every server here is started with. Nothing is synced to the disk, but all is written: what was
/// acknowledged survives the death of the server, if not that of the machine.
const SETTINGS: [(&str, &str); 5] = [
    ("listen_addresses", ""),
    ("max_connections", "300"),
    ("shared_buffers", "64MB"),
    ("fsync", "off"),
    ("full_page_writes", "off"),
];

/// A server with its data, both gone when it is dropped.
pub struct Cluster {
    folder: PathBuf,
    owner: Option<Owner>,
    settings: Vec<(String, String)>,
    port: Option<u16>,
    server: Mutex<Option<Child>>,
    _watchdog: Watchdog,
}

impl Cluster {
    /// Starts a server, with settings beside the usual ones.
    #[must_use]
    pub fn start(settings: &[(&str, &str)]) -> Self {
        let cluster = Self::new(settings);
        cluster.init();
        cluster
    }

    fn init(&self) {
        let mut initdb = server_program("initdb", self.owner);
        initdb.args(["-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "-D"]).arg(self.data());
        printed(&mut initdb).unwrap_or_else(|why| give_up("could not make a cluster", &why));
        self.restart();
    }

    /// Starts a server that can also be reached as `localhost`, where it speaks TLS.
    #[must_use]
    pub fn encrypted() -> Encrypted {
        let mut cluster = Self::new(&[]);
        let port = free_port();
        let certificate = Certificate::make(&cluster.folder, "localhost");
        for file in [&certificate.chain, &certificate.key] {
            if let Some(Owner { uid, gid }) = cluster.owner {
                chown(file, Some(uid), Some(gid)).unwrap_or_else(|why| give_up("could not give a file away", &why));
            }
        }
        let path = |file: &Path| file.display().to_string();
        let tls = [
            ("listen_addresses", "localhost".to_owned()),
            ("port", port.to_string()),
            ("ssl", "on".to_owned()),
            ("ssl_cert_file", path(&certificate.chain)),
            ("ssl_key_file", path(&certificate.key)),
        ];
        cluster.settings.extend(tls.map(|(name, value)| (name.to_owned(), value)));
        cluster.port = Some(port);
        cluster.init();
        Encrypted { cluster, port, authority: certificate.authority }
    }

    /// Starts a hot standby that streams from this server, with settings beside the usual ones.
    #[must_use]
    pub fn standby(&self, settings: &[(&str, &str)]) -> Self {
        let standby = Self::new(settings);
        let mut backup = server_program("pg_basebackup", standby.owner);
        backup.args(["-U", "postgres", "-R", "-c", "fast", "-h"]).arg(&self.folder).arg("-D").arg(standby.data());
        printed(&mut backup).unwrap_or_else(|why| give_up("could not copy the primary", &why));
        standby.restart();
        standby
    }

    fn new(settings: &[(&str, &str)]) -> Self {
        let folder = new_folder();
        let owner = owner_for(&folder);
        if let Some(Owner { uid, gid }) = owner {
            chown(&folder, Some(uid), Some(gid)).unwrap_or_else(|why| give_up("could not give the folder away", &why));
        }
        let watchdog = Watchdog::start(CLEAR_UP, &[folder.as_os_str()]);
        let all = SETTINGS.iter().chain(settings).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Self { folder, owner, settings: all.collect(), port: None, server: Mutex::new(None), _watchdog: watchdog }
    }

    /// The URL of a database, as the superuser.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let folder = self.folder.display().to_string().replace('/', "%2F");
        let port = self.port.map(|port| format!(":{port}")).unwrap_or_default();
        format!("postgres://postgres@{folder}{port}/{database}")
    }

    /// Where its socket is.
    #[must_use]
    pub fn socket_folder(&self) -> &Path {
        &self.folder
    }

    /// Runs SQL and gives what it returned, a line for each row.
    ///
    /// # Errors
    /// What PostgreSQL said.
    pub fn run(&self, database: &str, sql: &str) -> Result<String, String> {
        crate::server::run(&self.url(database), sql)
    }

    /// Stops the server as its operator would: sessions are cut off, nothing is lost.
    pub fn stop(&self) {
        self.end("-INT");
    }

    /// Stops the server as an operator would who cannot wait: nobody says goodbye, and its start reads the log.
    pub fn abort(&self) {
        self.end("-QUIT");
    }

    /// Ends the server as a crash would.
    pub fn kill(&self) {
        self.end("-KILL");
    }

    /// Starts the server that was stopped or killed.
    pub fn restart(&self) {
        let started = Instant::now();
        let mut server = self.server.lock().unwrap_or_else(PoisonError::into_inner);
        while server.is_none() {
            match self.try_start(started) {
                Ok(running) => *server = Some(running),
                // After a kill the old server's children may still hold its shared memory.
                Err(_) if started.elapsed() < START_MAX / 4 => std::thread::sleep(LOOK_AGAIN_AFTER * 20),
                Err(why) => give_up("could not start the server", &why),
            }
        }
    }

    /// Makes a standby the primary.
    pub fn promote(&self) {
        let promoted = self.run("postgres", "SELECT pg_promote(true)");
        promoted.unwrap_or_else(|why| give_up("could not promote the standby", &why));
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    fn try_start(&self, started: Instant) -> Result<Child, String> {
        let log = File::options().create(true).append(true).open(self.folder.join("log"));
        let log = log.map_err(|error| error.to_string())?;
        let mut command = server_program("postgres", self.owner);
        command.arg("-D").arg(self.data()).arg("-k").arg(&self.folder);
        for (name, value) in &self.settings {
            command.args(["-c", &format!("{name}={value}")]);
        }
        let errors = log.try_clone().map_err(|error| error.to_string())?;
        let mut server =
            command.stdout(log).stderr(errors).process_group(0).spawn().map_err(|error| error.to_string())?;
        while !self.is_ready(&server) {
            if server.try_wait().map_err(|error| error.to_string())?.is_some() || started.elapsed() > START_MAX {
                return Err(fs::read_to_string(self.folder.join("log")).unwrap_or_default());
            }
            std::thread::sleep(LOOK_AGAIN_AFTER);
        }
        Ok(server)
    }

    /// The server writes its process id in the first line of this file, and in the eighth that it takes
    /// connections (`src/include/utils/pidfile.h` in PostgreSQL's source).
    fn is_ready(&self, server: &Child) -> bool {
        let file = fs::read_to_string(self.data().join("postmaster.pid")).unwrap_or_default();
        let mut lines = file.lines().map(str::trim);
        let is_its = lines.next() == Some(server.id().to_string().as_str());
        is_its && matches!(lines.nth(6), Some("ready" | "standby"))
    }

    fn end(&self, signal: &str) {
        let server = self.server.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(mut server) = server {
            let backends = children_of(server.id());
            let killed = Command::new("kill").args([signal, &server.id().to_string()]).stderr(Stdio::null()).status();
            if let Err(why) = killed.and_then(|_| server.wait()) {
                give_up("could not end the server", &why);
            }
            // They end by themselves once they notice that they are orphans, and could answer until then.
            let ended = Instant::now();
            while backends.iter().any(|id| is_there(id)) && ended.elapsed() < ORPHANS_MAX {
                std::thread::sleep(LOOK_AGAIN_AFTER);
            }
        }
    }
}

fn children_of(process: u32) -> Vec<String> {
    let listed = printed(Command::new("pgrep").args(["-P", &process.to_string()]));
    listed.unwrap_or_default().lines().map(ToOwned::to_owned).collect()
}

fn is_there(process: &str) -> bool {
    let asked = Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}

/// A server that speaks TLS.
pub struct Encrypted {
    /// The server, as it is reached without.
    pub cluster: Cluster,
    port: u16,
    authority: PathBuf,
}

impl Encrypted {
    /// The URL of a database at that host; the certificate is for `localhost`.
    #[must_use]
    pub fn url(&self, host: &str, database: &str) -> String {
        format!("postgres://postgres@{host}:{}/{database}", self.port)
    }

    /// The authority that signed the certificate.
    #[must_use]
    pub fn authority(&self) -> &Path {
        &self.authority
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        self.end("-QUIT");
    }
}

/// A folder whose path is short enough for a socket in it.
pub(crate) fn new_folder() -> PathBuf {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let name = format!("mspg-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
    let folder = std::env::temp_dir().join(name);
    // A process of the same id may have been here before.
    let _none = fs::remove_dir_all(&folder);
    let made = fs::create_dir(&folder).and_then(|()| fs::set_permissions(&folder, Permissions::from_mode(0o700)));
    made.unwrap_or_else(|error| give_up("could not make a folder", &error));
    folder
}
