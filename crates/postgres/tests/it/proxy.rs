//! A line to the database that can be cut at a commit.

use std::io::{Read, Write};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::thread;

/// Where the next commit that passes is cut off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Cut {
    Never,
    /// The database never hears of it.
    BeforeCommit,
    /// The database commits, and its answer is lost.
    AfterCommit,
}

impl Cut {
    const fn code(self) -> u8 {
        match self {
            Self::Never => 0,
            Self::BeforeCommit => 1,
            Self::AfterCommit => 2,
        }
    }
}

/// A socket in a folder of its own, in front of another.
pub(crate) struct Proxy {
    folder: PathBuf,
    line: Arc<Line>,
}

struct Line {
    upstream: PathBuf,
    cut: AtomicU8,
    is_closed: AtomicBool,
}

const SOCKET: &str = ".s.PGSQL.5432";
/// A simple query as it goes over the wire: its length, its text and a zero byte.
const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

impl Proxy {
    pub(crate) fn before(cluster: &Path) -> Self {
        let folder = cluster.join("proxy");
        std::fs::create_dir(&folder).unwrap();
        let listener = UnixListener::bind(folder.join(SOCKET)).unwrap();
        let line = Line {
            upstream: cluster.join(SOCKET),
            cut: AtomicU8::new(Cut::Never.code()),
            is_closed: AtomicBool::new(false),
        };
        let line = Arc::new(line);
        let accepting = Arc::clone(&line);
        thread::spawn(move || listener.incoming().for_each(|client| accepting.connect(client.unwrap())));
        Self { folder, line }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.folder.display().to_string().replace('/', "%2F"))
    }

    /// Cuts the next commit, and, if `for_good`, takes no connection any more.
    pub(crate) fn cut(&self, cut: Cut, for_good: bool) {
        self.line.cut.store(cut.code(), Ordering::SeqCst);
        self.line.is_closed.store(for_good, Ordering::SeqCst);
    }

    /// Whether a commit was cut since.
    pub(crate) fn has_cut(&self) -> bool {
        self.line.cut.load(Ordering::SeqCst) == Cut::Never.code()
    }
}

impl Line {
    fn connect(self: &Arc<Self>, client: UnixStream) {
        if self.is_closed.load(Ordering::SeqCst) {
            return;
        }
        let server = UnixStream::connect(&self.upstream).unwrap();
        let (line, swallow) = (Arc::clone(self), Arc::new(AtomicBool::new(false)));
        let (to_client, from_server) = (client.try_clone().unwrap(), server.try_clone().unwrap());
        let swallowing = Arc::clone(&swallow);
        thread::spawn(move || pass(from_server, to_client, |_| !swallowing.load(Ordering::SeqCst)));
        thread::spawn(move || {
            pass(client, server, |bytes| {
                if !bytes.windows(COMMIT.len()).any(|part| part == COMMIT) {
                    return true;
                }
                match line.cut.swap(Cut::Never.code(), Ordering::SeqCst) {
                    code if code == Cut::BeforeCommit.code() => false,
                    code => {
                        swallow.store(code == Cut::AfterCommit.code(), Ordering::SeqCst);
                        true
                    }
                }
            });
        });
    }
}

/// Passes bytes on until `may_pass` says no or an end is closed; then closes both.
fn pass(mut from: UnixStream, mut to: UnixStream, mut may_pass: impl FnMut(&[u8]) -> bool) {
    let mut buffer = [0; 8_192];
    while let Ok(count @ 1..) = from.read(&mut buffer) {
        let bytes = buffer.get(..count).unwrap();
        if !may_pass(bytes) || to.write_all(bytes).is_err() {
            break;
        }
    }
    let _closed = from.shutdown(Shutdown::Both);
    let _closed = to.shutdown(Shutdown::Both);
}
