//! The gateway as it ships, in a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use http_body_util::Full;
use hyper::body::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST, HeaderMap, HeaderName, HeaderValue};
use hyper::http::request::Builder;
use hyper::{Method, Request};
use serde_json::Value;

use crate::Trouble;
use crate::load::Asked;
use crate::stub::Charge;

const WEBHOOK_TOKEN: &str = "bench-webhook-token";
const TOKEN_SECONDS: &str = "86400";

/// Where the gateway is and what it is told.
pub(crate) struct Recipe {
    pub(crate) binary: PathBuf,
    pub(crate) database_url: String,
    pub(crate) provider: SocketAddr,
    pub(crate) folder: PathBuf,
    /// Whether it does what goes on without a request.
    pub(crate) has_workers: bool,
}

/// A gateway that serves.
pub(crate) struct Gateway {
    process: Child,
    pub(crate) address: SocketAddr,
    pub(crate) started_in: Duration,
    /// What a till's requests have in common.
    of_till: HeaderMap,
    /// What the provider's have.
    of_provider: HeaderMap,
}

impl Recipe {
    /// Brings the schema of its database up to date.
    pub(crate) fn migrate(&self) -> Result<(), Trouble> {
        let ended = self.command("migrate").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if ended.success() { Ok(()) } else { Err("could not migrate".into()) }
    }

    /// Starts it and waits until it answers.
    pub(crate) fn start(&self) -> Result<Gateway, Trouble> {
        let log = File::options().create(true).append(true).open(self.folder.join("gateway.log"))?;
        let began = Instant::now();
        let mut serve = self.command("serve");
        serve.args(["--ready-json", "--listen-addr", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(log);
        let mut process = serve.spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let started_in = began.elapsed();
        let listen = serde_json::from_str::<Value>(&line)
            .ok()
            .and_then(|ready| ready.get("listen")?.as_str()?.strip_prefix("http://")?.parse().ok());
        let Some(address) = listen else {
            let _killed = process.kill();
            let _ended = process.wait();
            return Err(format!("the gateway did not start; see {}", self.folder.join("gateway.log").display()).into());
        };
        let mut gateway =
            Gateway { process, address, started_in, of_till: HeaderMap::new(), of_provider: HeaderMap::new() };
        let authorization = (AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {}", self.token()?))?);
        let host = (HOST, HeaderValue::from_str(&address.to_string())?);
        let secret = (HeaderName::from_static("x-callback-token"), HeaderValue::from_static(WEBHOOK_TOKEN));
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        gateway.of_till = HeaderMap::from_iter([host.clone(), authorization]);
        gateway.of_provider = HeaderMap::from_iter([host, json, secret]);
        Ok(gateway)
    }

    fn token(&self) -> Result<String, Trouble> {
        let mut token = self.command("token");
        token.args(["--merchant", "M1", "--role", "L0_CASHIER", "--ttl", TOKEN_SECONDS]);
        let printed = token.stderr(Stdio::null()).output()?.stdout;
        Ok(String::from_utf8(printed)?.trim().to_owned())
    }

    /// Of all limits only those are off that a single merchant and a provider without one would run into.
    fn command(&self, name: &str) -> Command {
        let mut command = Command::new(&self.binary);
        command.arg(name).env_clear().stdin(Stdio::null()).current_dir(&self.folder);
        command.env("DATABASE_URL", &self.database_url).env("LOG_FILTER", "warn");
        command.env("XENDIT_SECRET_KEY", "xnd_development_bench").env("XENDIT_WEBHOOK_TOKEN", WEBHOOK_TOKEN);
        command.env("XENDIT_BASE_URL", format!("http://{}", self.provider)).env("PROVIDER_ORDER", "xendit");
        command.env("WORKERS", if self.has_workers { "on" } else { "off" });
        for limit in ["XENDIT_RATE_LIMIT", "MERCHANT_RATE_LIMIT", "CREATE_RATE_LIMIT", "TILL_RATE_LIMIT"] {
            command.env(limit, "off");
        }
        command
    }
}

impl Gateway {
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Asks for a payment, under an idempotency key.
    pub(crate) fn create(&self, order: &str) -> Option<Asked> {
        let body = format!(r#"{{"order_code":"{order}","method":"qris","amount":33000,"currency":"IDR"}}"#);
        let request = self.request(Method::POST, "/api/v1/pos/payments").header(CONTENT_TYPE, "application/json");
        request.header("Idempotency-Key", format!("key-of-{order}")).body(Full::new(Bytes::from(body))).ok()
    }

    /// Asks how a payment stands, by the provider's id, as a till does.
    pub(crate) fn status(&self, charge: &Charge) -> Option<Asked> {
        let path = format!("/api/v1/pos/payments/pr-{}", charge.id);
        self.request(Method::GET, &path).body(Full::new(Bytes::new())).ok()
    }

    /// Sends it a webhook, as the provider does.
    pub(crate) fn tell(&self, webhook: String) -> Option<Asked> {
        let request = asked(Method::POST, "/api/v1/webhook/xendit", &self.of_provider);
        request.body(Full::new(Bytes::from(webhook))).ok()
    }

    fn request(&self, method: Method, path: &str) -> Builder {
        asked(method, path, &self.of_till)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

fn asked(method: Method, path: &str, in_common: &HeaderMap) -> Builder {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(headers) = request.headers_mut() {
        headers.clone_from(in_common);
    }
    request
}

/// The binary beside this one, unless another is named.
pub(crate) fn beside_us() -> Result<PathBuf, Trouble> {
    let here = std::env::current_exe()?;
    let folder: &Path = here.parent().ok_or("no folder")?;
    Ok(folder.join("mstore-pay"))
}
