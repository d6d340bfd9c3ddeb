//! The line between the gateways and one provider, which can be taken down: then nobody listens there.

use std::net::{Ipv4Addr, SocketAddr};

use mstore_pay_throwaway_postgres::free_port;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

/// A line to the sandbox.
pub(crate) struct Line {
    here: SocketAddr,
    there: SocketAddr,
    serving: Option<JoinHandle<()>>,
}

impl Line {
    /// A line to what answers at that address.
    pub(super) async fn to(url: &str) -> Self {
        let there = url.trim_start_matches("http://").parse().expect("an address");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, free_port())).await.expect("a free port");
        let here = listener.local_addr().expect("an address");
        Self { here, there, serving: Some(serve(listener, there)) }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.here)
    }

    /// Takes it down: what is under way is cut off, and who calls is refused.
    pub(crate) fn take_down(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
        }
    }

    /// Puts it up again.
    pub(crate) async fn put_up(&mut self) {
        if let Some(serving) = self.serving.take() {
            serving.abort();
            // Until it has ended the port is its own.
            let _aborted = serving.await;
        }
        let listener = TcpListener::bind(self.here).await.expect("the port that was ours");
        self.serving = Some(serve(listener, self.there));
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.take_down();
    }
}

/// Connections end with the task that serves them.
fn serve(listener: TcpListener, there: SocketAddr) -> JoinHandle<()> {
    #[expect(clippy::disallowed_methods, reason = "it serves until it is taken down")]
    tokio::spawn(async move {
        let mut open = JoinSet::new();
        while let Ok((mut gateway, _)) = listener.accept().await {
            while open.try_join_next().is_some() {}
            open.spawn(async move {
                if let Ok(mut provider) = TcpStream::connect(there).await {
                    // However it ends, both ends have noticed.
                    copy_bidirectional(&mut gateway, &mut provider).await.ok();
                }
            });
        }
    })
}
