//! A house of one's own for each test: a gateway, a fresh store, and a sandbox.

use std::fmt;
use std::path::Path;
use std::process::Command;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use clap::Parser;
use mstore_pay_app::{App, Config, Database as DatabaseUrl, RunningApp, Settings, TokenRequest};
use mstore_pay_domain::time::Timestamp;
use mstore_pay_throwaway_postgres::{Database, Template};
use reqwest::header::HeaderMap;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

/// The merchant that most tests sell for.
pub(crate) const MERCHANT: &str = "M1";
/// How long a test waits for what must happen.
pub(crate) const SOON: Duration = Duration::from_secs(10);

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    settings: Settings,
}

/// The schema, made once for all tests.
static MIGRATED: LazyLock<Template> = LazyLock::new(|| {
    Template::new(|url| {
        let migrated = Command::new(env!("CARGO_BIN_EXE_mstore-pay")).args(["migrate", "--database-url", url]).output();
        let migrated = migrated.unwrap();
        assert!(migrated.status.success(), "{}", String::from_utf8_lossy(&migrated.stderr));
    })
});

/// Whether this binary is the one that runs every test again, `tests/it_on_postgres.rs`.
fn is_on_postgres() -> bool {
    env!("CARGO_CRATE_NAME") == "it_on_postgres"
}

pub(crate) struct House {
    app: Option<RunningApp>,
    pub(crate) base: String,
    pub(crate) sandbox: String,
    /// Where operators ask, if that is apart.
    pub(crate) operations: String,
    pub(crate) config: Config,
    pub(crate) client: Client,
    folder: TempDir,
    /// Where the store is, unless it is in the folder.
    database: Option<Database>,
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

/// A request on its way.
pub(crate) struct Call {
    request: reqwest::RequestBuilder,
}

/// The settings of that command line, as they would be in force.
pub(crate) fn config(args: &[&str]) -> Result<Config, mstore_pay_app::ConfigError> {
    Line::parse_from(std::iter::once("test").chain(args.iter().copied())).settings.resolve()
}

impl House {
    pub(crate) async fn open() -> Self {
        Self::open_with(&[]).await
    }

    /// A house with further settings. Unless they say more, Xendit is the only provider.
    pub(crate) async fn open_with(args: &[&str]) -> Self {
        let database = is_on_postgres().then(|| MIGRATED.database());
        Self::open_in(TempDir::new().unwrap(), database, args).await
    }

    async fn open_in(folder: TempDir, database: Option<Database>, args: &[&str]) -> Self {
        let file = format!("sqlite://{}", folder.path().join("pay.db").display());
        let url = database.as_ref().map_or(file, Database::url);
        let state = folder.path().join("sandbox.json").display().to_string();
        let own = [
            "--app-env=test",
            "--listen-addr=127.0.0.1:0",
            "--sandbox-listen-addr=127.0.0.1:0",
            "--http-threads=1",
            "--database-url",
            &url,
            "--sandbox-state",
            &state,
        ];
        let of_midtrans = |arg: &&str| arg.starts_with("--midtrans") || arg.starts_with("--provider-order");
        let alone: &[&str] = if args.iter().any(of_midtrans) { &[] } else { &["--provider-order=xendit"] };
        let config = config(&[&own, alone, args].concat()).unwrap();
        let app = App::start(config.clone()).await.unwrap();
        let (base, sandbox) = (app.base_url().to_owned(), app.sandbox_url().unwrap_or_default());
        let operations = app.operations_url().unwrap_or_default().to_owned();
        let client = Client::builder().build().unwrap();
        Self { app: Some(app), base, sandbox, operations, config, client, folder, database }
    }

    /// Stops the house and opens it again over the same files.
    pub(crate) async fn reopen(self) -> Self {
        self.reopen_with(&[]).await
    }

    /// Stops the house and opens it again with further settings.
    pub(crate) async fn reopen_with(mut self, args: &[&str]) -> Self {
        self.stop().await;
        Self::open_in(self.folder, self.database, args).await
    }

    /// Opens a house that was stopped again, over the same files.
    pub(crate) async fn open_again(self) -> Self {
        Self::open_in(self.folder, self.database, &[]).await
    }

    /// Opens a house that was stopped again, over that database.
    pub(crate) async fn move_to(self, database: Database) -> Self {
        Self::open_in(self.folder, Some(database), &[]).await
    }

    pub(crate) fn database_url(&self) -> String {
        match &self.config.database {
            DatabaseUrl::Sqlite(path) => format!("sqlite://{}", path.display()),
            DatabaseUrl::Postgres(url) => url.expose().to_owned(),
        }
    }

    /// Every row of a table of the store, as JSON, while the gateway works on it.
    pub(crate) fn rows(&self, table: &str) -> Vec<Value> {
        let lines: Vec<String> = match &self.config.database {
            DatabaseUrl::Sqlite(path) => {
                let copies = TempDir::new().unwrap();
                let copy = copies.path().join("copy.db");
                mstore_pay_sqlite::backup(path, &copy).unwrap();
                let mut lines = Vec::new();
                let mut take = |line| {
                    lines.push(line);
                    true
                };
                mstore_pay_sqlite::Export::open(&copy).unwrap().rows(table, &mut take).unwrap();
                lines
            }
            DatabaseUrl::Postgres(_) => {
                let database = self.database.as_ref().expect("a database of this house");
                let rows = database.run(&format!("SELECT row_to_json(t) FROM {table} t")).unwrap();
                rows.lines().map(str::to_owned).collect()
            }
        };
        lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) async fn stop(&mut self) {
        self.app.take().unwrap().stop().await;
    }

    pub(crate) fn token(&self, merchant: &str, role: &str) -> String {
        self.token_of(merchant, None, role)
    }

    pub(crate) fn token_of(&self, merchant: &str, branch: Option<&str>, role: &str) -> String {
        let request = TokenRequest {
            merchant: merchant.to_owned(),
            branch: branch.map(ToOwned::to_owned),
            user: "7".to_owned(),
            role: role.to_owned(),
            ttl: Duration::from_mins(10),
        };
        self.config.jwt.mint(&request, now()).unwrap()
    }

    /// A call without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> Call {
        Call { request: self.client.request(method, format!("{}{path}", self.base)) }
    }

    /// A call as that merchant's cashier.
    pub(crate) fn as_cashier_of(&self, merchant: &str, method: Method, path: &str) -> Call {
        self.bare(method, path).bearer(&self.token(merchant, "L0_CASHIER"))
    }

    pub(crate) fn get(&self, path: &str) -> Call {
        self.as_cashier_of(MERCHANT, Method::GET, path)
    }

    pub(crate) fn post(&self, path: &str) -> Call {
        self.as_cashier_of(MERCHANT, Method::POST, path)
    }

    /// Calls off an order that nobody paid for: what is on the merchant's chain alone.
    pub(crate) async fn call_off(&self, order: &str) {
        let known = json!({"transaction_code": order, "grand_total": 33000});
        self.post("/api/v1/transactions").json(&known).send().await.expect_status(201);
        let void = self.bare(Method::POST, &format!("/api/v1/transactions/{order}/void"));
        let void = void.bearer(&self.token(MERCHANT, "L0_OWNER")).json(&json!({"reason": "the customer went away"}));
        void.send().await.expect_status(200);
    }

    /// Asks for a QRIS payment; it must go well.
    pub(crate) async fn pay_by_qris(&self, order: &str, amount: u32) -> Value {
        let answer = self.post("/api/v1/pos/payments").json(&qris(order, amount)).send().await;
        answer.expect_status(200);
        answer.data()
    }

    /// The payment as a GET tells it.
    pub(crate) async fn payment(&self, id: &Value) -> Value {
        let answer = self.get(&format!("/api/v1/pos/payments/{}", id.as_str().unwrap())).send().await;
        answer.expect_status(200);
        answer.data()
    }

    /// Tells the sandbox something.
    pub(crate) async fn control(&self, method: Method, path: &str, body: &Value) -> Value {
        let url = format!("{}/_control/{path}", self.sandbox);
        let answer = Call { request: self.client.request(method, url) }.json(body).send().await;
        assert!(answer.status.is_success(), "{path}: {answer:?}");
        answer.json()
    }

    /// The customer pays; with or without a webhook.
    pub(crate) async fn customer_pays(&self, order: &str, webhook: bool) -> Value {
        let mut body = json!({"provider": "xendit", "order_code": order});
        if !webhook {
            body["webhook"] = json!("drop");
        }
        self.control(Method::POST, "pay", &body).await
    }

    /// What the sandbox has on its books for an order.
    pub(crate) async fn charges_of(&self, order: &str) -> Vec<Value> {
        let url = format!("{}/_control/charges", self.sandbox);
        let all = Call { request: self.client.get(url) }.send().await.json();
        all.as_array().unwrap().iter().filter(|charge| charge["order_code"] == order).cloned().collect()
    }

    /// Sends a webhook as Xendit would.
    pub(crate) fn xendit_calls(&self, body: &Value) -> Call {
        self.bare(Method::POST, "/api/v1/webhook/xendit")
            .header("x-callback-token", mstore_pay_sandbox::XENDIT_CALLBACK_TOKEN_DEFAULT)
            .json(body)
    }

    /// Waits until the payment has that status.
    pub(crate) async fn until_status(&self, id: &Value, status: &str) -> Value {
        let deadline = Instant::now() + SOON;
        loop {
            let path = format!("/api/v1/pos/payments/{}?wait=5", id.as_str().unwrap());
            let data = self.get(&path).send().await.data();
            if data["status"] == status {
                return data;
            }
            assert!(Instant::now() < deadline, "not {status} in time: {data}");
        }
    }
}

impl fmt::Debug for House {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "House({})", self.base)
    }
}

impl Call {
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", &format!("Bearer {token}"))
    }

    pub(crate) fn header(self, name: &str, value: &str) -> Self {
        Self { request: self.request.header(name, value) }
    }

    pub(crate) fn json(self, body: &Value) -> Self {
        Self { request: self.request.json(body) }
    }

    pub(crate) fn body(self, kind: &str, body: impl Into<reqwest::Body>) -> Self {
        Self { request: self.request.header("content-type", kind).body(body) }
    }

    pub(crate) async fn send(self) -> Answer {
        let response = self.request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, bytes: response.bytes().await.unwrap().to_vec() }
    }

    /// Sends it and compares the status and, of a problem, the code.
    #[track_caller]
    pub(crate) fn check(self, status: u16, code: &str) -> impl Future<Output = Answer> {
        let (caller, code) = (std::panic::Location::caller(), code.to_owned());
        async move {
            let answer = self.send().await;
            let body = String::from_utf8_lossy(&answer.bytes);
            assert_eq!(answer.status.as_u16(), status, "{caller}: {body}");
            if code.is_empty() {
                return answer;
            }
            let problem = answer.json();
            assert_eq!(problem["error_code"], code.as_str(), "{caller}: {body}");
            assert_eq!(problem["code"], status, "{caller}: {body}");
            assert_eq!(problem["status"], status, "{caller}: {body}");
            assert_eq!(problem["type"], format!("/problems/{code}"), "{caller}: {body}");
            assert_eq!(answer.header("content-type"), "application/problem+json", "{caller}: {body}");
            answer
        }
    }
}

impl Answer {
    #[track_caller]
    pub(crate) fn expect_status(&self, status: u16) {
        assert_eq!(self.status.as_u16(), status, "{}", String::from_utf8_lossy(&self.bytes));
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("an answer of JSON")
    }

    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        let body = self.json();
        assert_eq!(body["code"], self.status.as_u16(), "{body}");
        body["data"].clone()
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }
}

/// What a till asks for.
pub(crate) fn qris(order: &str, amount: u32) -> Value {
    json!({"order_code": order, "method": "qris", "amount": amount, "currency": "IDR"})
}

/// Runs the program; whether it succeeded, and what it said.
pub(crate) fn run(args: &[&str]) -> (bool, String) {
    let ran = Command::new(env!("CARGO_BIN_EXE_mstore-pay")).args(args).output().unwrap();
    let said = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    (ran.status.success(), said)
}

#[expect(clippy::disallowed_methods, reason = "tokens are good for real time")]
pub(crate) fn now() -> Timestamp {
    chrono::Utc::now().into()
}
