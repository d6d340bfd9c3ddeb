use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};

use actix_web::http::StatusCode;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use serde_json::Value;
use tokio_util::task::TaskTracker;

use super::eventually;

/// One webhook as it came in.
#[derive(Clone, Debug)]
pub(crate) struct Received {
    pub(crate) body: Value,
    pub(crate) token: String,
    pub(crate) webhook_id: String,
    pub(crate) user_agent: String,
}

struct Counter {
    received: Mutex<Vec<Received>>,
    answer: AtomicU16,
}

/// A receiver of webhooks.
pub(crate) struct Shop {
    counter: Arc<Counter>,
    pub(crate) url: String,
}

impl Shop {
    pub(crate) fn open() -> Self {
        let counter = Arc::new(Counter { received: Mutex::default(), answer: AtomicU16::new(200) });
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let url = format!("http://{}/hook", listener.local_addr().expect("an address"));
        let shared = Arc::clone(&counter);
        let server = HttpServer::new(move || {
            App::new().app_data(Data::from(Arc::clone(&shared))).route("/hook", web::post().to(take))
        })
        .workers(1)
        .disable_signals()
        .listen(listener)
        .expect("listening")
        .run();
        TaskTracker::new().spawn(server);
        Self { counter, url }
    }

    pub(crate) fn answers(&self, status: u16) {
        self.counter.answer.store(status, Ordering::SeqCst);
    }

    pub(crate) fn received(&self) -> Vec<Received> {
        self.counter.received.lock().expect("no panic").clone()
    }

    /// Waits for the first `n` webhooks and returns all there are then.
    pub(crate) async fn wait_for(&self, n: usize) -> Vec<Received> {
        eventually(&format!("{n} webhooks"), || async {
            let received = self.received();
            (received.len() >= n).then_some(received)
        })
        .await
    }
}

async fn take(counter: Data<Counter>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let header = |name| {
        let value = request.headers().get(name).map(|value| value.to_str().expect("it is text"));
        value.unwrap_or_default().to_owned()
    };
    counter.received.lock().expect("no panic").push(Received {
        body: serde_json::from_slice(&body).expect("a JSON body"),
        token: header("x-callback-token"),
        webhook_id: header("webhook-id"),
        user_agent: header("user-agent"),
    });
    let status = StatusCode::from_u16(counter.answer.load(Ordering::SeqCst)).expect("a status");
    HttpResponse::build(status).finish()
}
