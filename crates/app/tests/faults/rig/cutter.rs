//! What stands between a gateway and its database, and cuts the line right after a commit was sent.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// How PostgreSQL is told to commit (a simple query, section 55.7 of its manual).
const COMMIT: &[u8] = b"COMMIT\0";
/// So long the server may work on the commit before the line is cut: it is done, and nobody hears of it.
const DONE_WITHIN: Duration = Duration::from_millis(50);

/// A line to a server of PostgreSQL.
pub(crate) struct Cutter {
    port: u16,
    state: Arc<State>,
    serving: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    /// Every which commit is cut off; 0: none.
    one_of: AtomicU64,
    commits: AtomicU64,
    cuts: AtomicU64,
}

impl Cutter {
    /// A line to the server whose socket is in that folder.
    pub(crate) async fn before(folder: &Path) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let (socket, state) = (folder.join(".s.PGSQL.5432"), Arc::new(State::default()));
        let of_all = Arc::clone(&state);
        #[expect(clippy::disallowed_methods, reason = "it serves as long as its case")]
        let serving = tokio::spawn(async move {
            while let Ok((gateway, _)) = listener.accept().await {
                let (socket, state) = (socket.clone(), Arc::clone(&of_all));
                tokio::spawn(async move {
                    if let Ok(server) = UnixStream::connect(socket).await {
                        // However it ends, both ends have noticed.
                        relay(gateway, server, &state).await.ok();
                    }
                });
            }
        });
        Self { port, state, serving }
    }

    pub(crate) fn url(&self, user: &str, database: &str) -> String {
        format!("postgres://{user}@127.0.0.1:{}/{database}", self.port)
    }

    /// Cuts the line at one of so many commits, or at none.
    pub(crate) fn cut_one_of(&self, commits: Option<u64>) {
        self.state.one_of.store(commits.unwrap_or(0), Ordering::Relaxed);
    }

    pub(crate) fn cuts(&self) -> u64 {
        self.state.cuts.load(Ordering::Relaxed)
    }
}

impl Drop for Cutter {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl State {
    fn is_cut(&self, sent: &[u8]) -> bool {
        let one_of = self.one_of.load(Ordering::Relaxed);
        if one_of == 0 || !sent.windows(COMMIT.len()).any(|window| window == COMMIT) {
            return false;
        }
        let cut = self.commits.fetch_add(1, Ordering::Relaxed).is_multiple_of(one_of);
        if cut {
            self.cuts.fetch_add(1, Ordering::Relaxed);
        }
        cut
    }
}

async fn relay(mut gateway: TcpStream, mut server: UnixStream, state: &State) -> std::io::Result<()> {
    const CHUNK_BYTES: usize = 64 * 1024;
    let (mut asked, mut answered) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    loop {
        tokio::select! {
            read = gateway.read(&mut asked) => {
                let sent = &asked[..read?];
                if sent.is_empty() {
                    return Ok(());
                }
                server.write_all(sent).await?;
                if state.is_cut(sent) {
                    timeout(DONE_WITHIN, server.read(&mut answered)).await.ok();
                    return Ok(());
                }
            }
            read = server.read(&mut answered) => {
                let told = &answered[..read?];
                if told.is_empty() {
                    return Ok(());
                }
                gateway.write_all(told).await?;
            }
        }
    }
}
