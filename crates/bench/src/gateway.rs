//! The gateway as it ships, in a process of its own.

use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Trouble;
use crate::load::{Asked, InCommon};
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
    of_till: InCommon,
    /// What the provider's have.
    of_provider: InCommon,
}

impl Recipe {
    /// Brings the schema of its database up to date.
    pub(crate) fn migrate(&self) -> Result<(), Trouble> {
        let ended = self.command("migrate").stdout(Stdio::null()).stderr(Stdio::null()).status()?;
        if ended.success() { Ok(()) } else { Err("could not migrate".into()) }
    }

    /// Its database where that is a file.
    pub(crate) fn sqlite_file(&self) -> Option<&str> {
        self.database_url.strip_prefix("sqlite://")
    }

    /// Starts it and waits until it answers.
    pub(crate) fn start(&self) -> Result<Gateway, Trouble> {
        let log = File::options().create(true).append(true).open(self.folder.join("gateway.log"))?;
        let bearer = format!("Bearer {}", self.token()?);
        let began = Instant::now();
        let mut serve = self.command("serve");
        serve.args(["--ready-json", "--listen-addr", "127.0.0.1:0"]).stdout(Stdio::piped()).stderr(log);
        let mut process = serve.spawn()?;
        let mut line = String::new();
        BufReader::new(process.stdout.take().ok_or("no output")?).read_line(&mut line)?;
        let started_in = began.elapsed();
        let listen: Option<SocketAddr> = serde_json::from_str::<Value>(&line)
            .ok()
            .and_then(|ready| ready.get("listen")?.as_str()?.strip_prefix("http://")?.parse().ok());
        let Some(address) = listen else {
            let _killed = process.kill();
            let _ended = process.wait();
            return Err(format!("the gateway did not start; see {}", self.folder.join("gateway.log").display()).into());
        };
        let host = address.to_string();
        let of_till = InCommon::of(&[("Host", &host), ("Authorization", &bearer)]);
        let of_provider = InCommon::of(&[("Host", &host), ("x-callback-token", WEBHOOK_TOKEN)]);
        Ok(Gateway { process, address, started_in, of_till, of_provider })
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
    pub(crate) fn create(&self, order: &str) -> Asked {
        let body = format!(r#"{{"order_code":"{order}","method":"qris","amount":33000,"currency":"IDR"}}"#);
        let key = format!("key-of-{order}");
        self.of_till.post("/api/v1/pos/payments", Some(("Idempotency-Key", &key)), &body)
    }

    /// Asks how a payment stands, by the provider's id, as a till does.
    pub(crate) fn status(&self, charge: &Charge) -> Asked {
        self.of_till.get(&format!("/api/v1/pos/payments/pr-{}", charge.id))
    }

    /// Sends it a webhook, as the provider does.
    pub(crate) fn tell(&self, webhook: &str) -> Asked {
        self.of_provider.post("/api/v1/webhook/xendit", None, webhook)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _killed = self.process.kill();
        let _ended = self.process.wait();
    }
}

/// The binary beside this one, unless another is named.
pub(crate) fn beside_us() -> Result<PathBuf, Trouble> {
    let here = std::env::current_exe()?;
    let folder: &Path = here.parent().ok_or("no folder")?;
    Ok(folder.join("mstore-pay"))
}
