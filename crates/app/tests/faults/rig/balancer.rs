//! What stands before several nodes: each connection goes to the next one that takes it.

use std::net::SocketAddr;
use std::sync::{Arc, RwLock};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A balancer for connections, as one has at layer four.
pub(super) struct Balancer {
    pub(super) url: String,
    nodes: Arc<RwLock<Vec<Option<SocketAddr>>>>,
    serving: JoinHandle<()>,
}

impl Balancer {
    pub(super) async fn start(nodes: usize) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let nodes = Arc::new(RwLock::new(vec![None; nodes]));
        #[expect(clippy::disallowed_methods, reason = "it serves as long as its case")]
        let serving = tokio::spawn(serve(listener, Arc::clone(&nodes)));
        Self { url, nodes, serving }
    }

    /// Sends new connections to the node there, or to none.
    pub(super) fn direct(&self, node: usize, url: Option<&str>) {
        let address = url.map(|url| url.trim_start_matches("http://").parse().expect("an address"));
        self.nodes.write().expect("a lock nobody panics under")[node] = address;
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn serve(listener: TcpListener, nodes: Arc<RwLock<Vec<Option<SocketAddr>>>>) {
    let mut turn = 0_usize;
    while let Ok((client, _)) = listener.accept().await {
        turn = turn.wrapping_add(1);
        let mut order = nodes.read().expect("a lock nobody panics under").clone();
        let first = turn % order.len();
        order.rotate_left(first);
        #[expect(clippy::disallowed_methods, reason = "a connection ends with its peers")]
        tokio::spawn(relay(client, order.into_iter().flatten().collect()));
    }
}

/// Whoever finds no node has its connection closed.
async fn relay(mut client: TcpStream, nodes: Vec<SocketAddr>) {
    for node in nodes {
        if let Ok(mut server) = TcpStream::connect(node).await {
            // However it ends, both ends have noticed.
            copy_bidirectional(&mut client, &mut server).await.ok();
            return;
        }
    }
}
