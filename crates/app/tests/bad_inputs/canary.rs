//! A host of this machine that nobody is to talk to.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::Value;
use tokio::net::TcpListener;

/// The fields of a create that customers are sent to.
const URLS: [&str; 2] = ["success_url", "failure_url"];

/// Whoever connects to it is counted, whatever was to be said.
pub(crate) struct Canary {
    address: SocketAddr,
    visits: Arc<AtomicU64>,
}

impl Canary {
    pub(crate) async fn listen() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let visits = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&visits);
        #[expect(clippy::disallowed_methods, reason = "it listens until the test ends")]
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, Ordering::Relaxed);
            }
        });
        Self { address, visits }
    }

    /// How often somebody came.
    pub(crate) fn visits(&self) -> u64 {
        self.visits.load(Ordering::Relaxed)
    }

    /// The body with every URL leading here, each in the form that it has.
    pub(crate) fn lure(&self, mut body: Value) -> Value {
        for name in URLS {
            let led = body[name].as_str().map(|url| led_to(self.address, url));
            if let Some(led) = led {
                body[name] = Value::from(led);
            }
        }
        body
    }
}

/// The URL with that host in the place of its own; what stands before an `@` stays.
fn led_to(host: SocketAddr, url: &str) -> String {
    let (scheme, rest) = url.split_at(url.find("//").map_or(0, |slashes| slashes + 2));
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len()));
    let credentials = authority.rsplit_once('@').map(|(credentials, _)| format!("{credentials}@")).unwrap_or_default();
    format!("{scheme}{credentials}{host}{path}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(url: &str, want: &str) {
        assert_eq!(led_to(SocketAddr::from(([127, 0, 0, 1], 9)), url), want, "{url}");
    }

    #[test]
    fn a_url_leads_elsewhere_and_keeps_its_form() {
        check("http://pos.example.com/x", "http://127.0.0.1:9/x");
        check("https://pos.example.com@evil.example/", "https://pos.example.com@127.0.0.1:9/");
        check("https://pos.example.com\\@evil.example/", "https://127.0.0.1:9\\@evil.example/");
        check("file:///etc/passwd", "file://127.0.0.1:9/etc/passwd");
        check("//evil.example/x", "//127.0.0.1:9/x");
        check("https://[::1]/", "https://127.0.0.1:9/");
        check("pos.example.com", "127.0.0.1:9");
        check("https://", "https://127.0.0.1:9");
    }
}
