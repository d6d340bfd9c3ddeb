//! A fake of Acme Pay that really listens, and fails as it is told: few sandboxes of providers can be told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use mstore_pay_conformance::provider::Scene;
use mstore_pay_domain::ports::Operation;
use mstore_pay_outbound::json::Object;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// The time at Acme Pay; it stands still.
pub(crate) const NOW: &str = "2026-01-01T00:00:00Z";

/// A running fake; it stops when it is dropped.
pub(crate) struct Fake {
    pub(crate) base_url: String,
    books: Arc<Mutex<Books>>,
    _running: JoinSet<()>,
}

#[derive(Default)]
pub(crate) struct Books {
    pub(crate) charges: Vec<Charge>,
    pub(crate) requests: usize,
    pub(crate) scenes: BTreeMap<Operation, Scene>,
}

pub(crate) struct Charge {
    key: String,
    pub(crate) reference: String,
    order: String,
    rupiah: String,
    pub(crate) state: &'static str,
    payments: Vec<String>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let books = Arc::new(Mutex::new(Books::default()));
        let (shared, mut running) = (Arc::clone(&books), JoinSet::new());
        running.spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                connections.spawn(serve(stream, Arc::clone(&shared)));
            }
        });
        Self { base_url, books, _running: running }
    }

    pub(crate) fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap()
    }
}

/// Answers one request.
async fn serve(mut stream: TcpStream, books: Arc<Mutex<Books>>) {
    let Some(request) = read(&mut stream).await else { return };
    let answer = books.lock().unwrap().answer(&request);
    match answer {
        Answer::Says(status, body) => {
            let head = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\nconnection: close\r\n\r\n", body.len());
            let _sent = stream.write_all((head + &body).as_bytes()).await;
        }
        Answer::HangsUp => {}
        Answer::Never => std::future::pending().await,
    }
}

enum Answer {
    Says(u16, String),
    HangsUp,
    Never,
}

/// A request, head and body.
async fn read(stream: &mut TcpStream) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
        let text = String::from_utf8(bytes.clone()).ok()?;
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        if body.len() >= header(head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0) {
            return Some(text);
        }
    }
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find(|(key, _)| *key == name).map(|(_, value)| value)
}

impl Books {
    pub(crate) fn of_reference(&mut self, reference: &str) -> Option<&mut Charge> {
        self.charges.iter_mut().find(|charge| charge.reference == reference)
    }

    pub(crate) fn pay(&mut self, reference: &str, rupiah: &str) -> String {
        let charge = self.of_reference(reference).unwrap();
        let id = format!("pay-{reference}-{}", charge.payments.len());
        charge.payments.push(format!(r#"{{"id":"{id}","rupiah":{rupiah},"at":"{NOW}"}}"#));
        if charge.state == "open" {
            charge.state = "paid";
        }
        id
    }

    /// What happens before, instead of and after a call, by the scene of its operation.
    fn answer(&mut self, request: &str) -> Answer {
        self.requests += 1;
        let (head, body) = request.split_once("\r\n\r\n").unwrap();
        let mut line = head.split(' ');
        let (verb, path) = (line.next().unwrap(), line.next().unwrap());
        let operation = match (verb, path) {
            ("POST", "/charges") => Operation::Open,
            ("POST", _) => Operation::Cancel,
            _ => Operation::Inquire,
        };
        let refuse = |status| Answer::Says(status, r#"{"error":"no"}"#.to_owned());
        match self.scenes.get(&operation).copied().unwrap_or(Scene::Normal) {
            Scene::TimeoutBefore => return Answer::Never,
            Scene::RateLimited => return refuse(429),
            Scene::Unauthorized => return refuse(401),
            Scene::InvalidRequest => return refuse(400),
            Scene::Declined => return refuse(402),
            _ => {}
        }
        let (status, answer) = match operation {
            Operation::Open => self.open(header(head, "idempotency-key").unwrap(), body),
            Operation::Cancel => self.void(path),
            _ => self.show(path),
        };
        match self.scenes.get(&operation).copied().unwrap_or(Scene::Normal) {
            Scene::TimeoutAfter => Answer::Never,
            Scene::Disconnect => Answer::HangsUp,
            Scene::ServerError => refuse(500),
            Scene::Garbage => Answer::Says(200, "<html>oops</html>".to_owned()),
            Scene::WrongAmount => Answer::Says(status, answer.replace(r#""rupiah":"#, r#""rupiah":1"#)),
            Scene::WrongReference => Answer::Says(status, answer.replace(r#""reference":""#, r#""reference":"x"#)),
            _ => Answer::Says(status, answer),
        }
    }

    fn open(&mut self, key: &str, body: &str) -> (u16, String) {
        if let Some(nth) = self.charges.iter().position(|charge| charge.key == key) {
            return (200, self.view(nth));
        }
        let asked = Object::parse(body.as_bytes()).unwrap();
        self.charges.push(Charge {
            key: key.to_owned(),
            reference: asked.text("reference").unwrap(),
            order: asked.text("order").unwrap(),
            rupiah: asked.raw("rupiah").unwrap().to_owned(),
            state: "open",
            payments: Vec::new(),
        });
        (201, self.view(self.charges.len() - 1))
    }

    fn void(&mut self, path: &str) -> (u16, String) {
        let found = self.position(path.trim_end_matches("/void"));
        match found.map(|nth| (nth, self.charges[nth].state)) {
            Some((nth, "open")) => {
                self.charges[nth].state = "void";
                (200, self.view(nth))
            }
            Some(_) => (409, "{}".to_owned()),
            None => (404, "{}".to_owned()),
        }
    }

    fn show(&self, path: &str) -> (u16, String) {
        self.position(path).map_or((404, "{}".to_owned()), |nth| (200, self.view(nth)))
    }

    /// The charge at `/charges/{id}` or `/by-reference/{reference}`.
    fn position(&self, path: &str) -> Option<usize> {
        let (folder, name) = path.trim_start_matches('/').split_once('/')?;
        let is_called = |(nth, charge): (usize, &Charge)| match folder {
            "charges" => id(nth) == name,
            _ => charge.reference == name,
        };
        self.charges.iter().enumerate().position(is_called)
    }

    fn view(&self, nth: usize) -> String {
        let Charge { reference, order, rupiah, state, payments, .. } = &self.charges[nth];
        format!(
            r#"{{"id":"{}","reference":"{reference}","order":"{order}","rupiah":{rupiah},"state":"{state}","qr":"000201","payments":[{}]}}"#,
            id(nth),
            payments.join(",")
        )
    }
}

fn id(nth: usize) -> String {
    format!("ch-{:05}", nth * 10)
}
