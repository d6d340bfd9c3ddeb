//! A server that answers what a test wants, well or badly, for adapters that speak HTTP.

mod http;
mod reply;
mod serving;

pub use http::SeenRequest;
pub use reply::Reply;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpSocket};
use tokio::runtime::Handle;
use tokio::task::AbortHandle;

use reply::Rule;

/// Callers that may wait to be taken in.
const CALLERS_WAITING_MAX: u32 = 1_024;

/// An HTTP/1.1 server on the loopback that records what it is asked and answers by rules. It stops
/// when it is dropped. Start it on a runtime with networking and time.
#[derive(Debug)]
pub struct WireStub {
    address: SocketAddr,
    script: Arc<Mutex<Script>>,
    /// Of one that is not open yet, its port.
    port: Option<TcpSocket>,
    task: Option<AbortHandle>,
}

#[derive(Debug, Default)]
struct Script {
    rules: Vec<Rule>,
    seen: Vec<SeenRequest>,
}

impl Script {
    /// Records a request and says how to reply. Of the rules that fit, the newest wins.
    fn take_in(&mut self, request: &SeenRequest) -> Reply {
        self.seen.push(request.clone());
        let rule = self.rules.iter_mut().rev().find(|rule| rule.fits(request));
        rule.map_or_else(|| Reply::json(404, "{}"), |rule| rule.next(request))
    }
}

/// A port of the loopback that is taken and not listened at.
fn bound() -> (TcpSocket, SocketAddr) {
    let port = TcpSocket::new_v4().expect("a socket");
    port.bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).expect("a free port on the loopback");
    let address = port.local_addr().expect("the port that was bound");
    (port, address)
}

impl WireStub {
    /// Starts a server on a free port of the loopback.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port on the loopback");
        let address = listener.local_addr().expect("the port that was bound");
        let script = Arc::default();
        let task = Handle::current().spawn(serving::serve(listener, Arc::clone(&script))).abort_handle();
        Self { address, script, port: None, task: Some(task) }
    }

    /// A server on a free port of the loopback that does not listen: connecting there is refused until it
    /// is [opened](Self::open).
    #[must_use]
    pub fn closed() -> Self {
        let (port, address) = bound();
        Self { address, script: Arc::default(), port: Some(port), task: None }
    }

    /// Opens one that is [closed](Self::closed).
    pub fn open(&mut self) {
        let port = self.port.take().expect("a server that is closed");
        let listener = port.listen(CALLERS_WAITING_MAX).expect("the port that was bound");
        let serving = serving::serve(listener, Arc::clone(&self.script));
        self.task = Some(Handle::current().spawn(serving).abort_handle());
    }

    /// An address at which nobody listens for as long as the process lives: connecting there is refused.
    #[must_use]
    pub fn nobody() -> SocketAddr {
        // A port that is given back is soon another server's, of a test beside this one for instance.
        static KEPT: LazyLock<(TcpSocket, SocketAddr)> = LazyLock::new(bound);
        KEPT.1
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a base URL, `http://127.0.0.1:port`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Replies to requests of that method whose path starts so: in turn, and with the last one from
    /// then on. Rules made later go first; what fits no rule is answered 404.
    pub fn on(&self, method: &str, path_start: &str, replies: impl IntoIterator<Item = Reply>) {
        let rule = Rule::new(method, path_start, replies);
        lock(&self.script).rules.push(rule);
    }

    /// Replies to requests of that method whose path starts so with what `answer` makes of each: for a server that
    /// remembers. Rules made later go first.
    pub fn answering(
        &self,
        method: &str,
        path_start: &str,
        answer: impl FnMut(&SeenRequest) -> Reply + Send + 'static,
    ) {
        let rule = Rule::answering(method, path_start, Box::new(answer));
        lock(&self.script).rules.push(rule);
    }

    /// Every request that arrived whole, oldest first.
    #[must_use]
    pub fn seen(&self) -> Vec<SeenRequest> {
        lock(&self.script).seen.clone()
    }
}

impl Drop for WireStub {
    fn drop(&mut self) {
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn lock(script: &Mutex<Script>) -> MutexGuard<'_, Script> {
    script.lock().unwrap_or_else(PoisonError::into_inner)
}
