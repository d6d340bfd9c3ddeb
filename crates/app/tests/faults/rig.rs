//! The gateway and the provider's sandbox as real processes, each with its own disk.

mod control;
pub(crate) mod ledger;
mod process;
mod secrets;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, RwLock};
use std::time::{Duration, Instant};

use tempfile::TempDir;

pub(crate) use control::{Control, Pay};
pub(crate) use process::{Holdings, Process};
pub(crate) use secrets::Secrets;

const BINARY: &str = env!("CARGO_BIN_EXE_mstore-pay");

/// One gateway, one sandbox, one directory.
pub(crate) struct Rig {
    dir: TempDir,
    sweep_lag_ms: u64,
    /// Through which of its APIs the gateway opens charges.
    xendit_api: &'static str,
    pub(crate) secrets: Secrets,
    sandbox: Option<Process>,
    gateway: Option<Process>,
    sandbox_url: String,
    pub(crate) control: Control,
    /// Where the gateway answers now; it moves with every start.
    pub(crate) gateway_url: Arc<RwLock<String>>,
    /// What the gateway held when it was ready.
    fresh: Holdings,
}

impl Rig {
    /// Starts both; the provider lists arrived money so late.
    pub(crate) async fn start(sweep_lag_ms: u64) -> Self {
        Self::start_speaking("v3", sweep_lag_ms).await
    }

    /// Starts both, with that `XENDIT_API`.
    pub(crate) async fn start_speaking(xendit_api: &'static str, sweep_lag_ms: u64) -> Self {
        let dir = tempfile::Builder::new().prefix("mstore-pay-faults-").tempdir().expect("a directory for a run");
        let secrets = Secrets::fresh();
        let sandbox = start_sandbox(dir.path(), &secrets, "127.0.0.1:0", sweep_lag_ms);
        let sandbox_url = sandbox.address("listen");
        let mut rig = Self {
            control: Control::of(&sandbox_url),
            dir,
            sweep_lag_ms,
            xendit_api,
            secrets,
            sandbox: Some(sandbox),
            gateway: None,
            sandbox_url,
            gateway_url: Arc::default(),
            fresh: Holdings::default(),
        };
        rig.start_gateway().await;
        rig
    }

    /// Starts the gateway on the data it left; returns how long that took.
    pub(crate) async fn start_gateway(&mut self) -> Duration {
        let began = Instant::now();
        let gateway = Process::start(&mut self.gateway_command(&["serve", "--ready-json"]), &self.log());
        let took = began.elapsed();
        self.open_for_business(gateway).await;
        took
    }

    /// Starts it with these failpoints; it may be struck dead before it is ready.
    pub(crate) async fn arm_gateway(&mut self, failpoints: &str) {
        let mut command = self.gateway_command(&["serve", "--ready-json"]);
        match Process::try_start(command.env("FAILPOINTS", failpoints), &self.log()) {
            Ok(gateway) => self.open_for_business(gateway).await,
            Err(_dead) => self.gateway = None,
        }
    }

    async fn open_for_business(&mut self, gateway: Process) {
        let url = gateway.address("listen");
        self.fresh = gateway.holdings();
        self.gateway = Some(gateway);
        self.control.webhook_target(&format!("{url}/api/v1/webhook/xendit")).await;
        *self.gateway_url.write().expect("a lock nobody panics under") = url;
    }

    pub(crate) fn kill_gateway(&mut self) {
        if let Some(mut gateway) = self.gateway.take() {
            gateway.kill();
        }
    }

    pub(crate) fn kill_sandbox(&mut self) {
        self.sandbox = None;
    }

    /// Brings the sandbox back where it was.
    pub(crate) fn restart_sandbox(&mut self) {
        let listen = self.sandbox_url.trim_start_matches("http://");
        self.sandbox = Some(start_sandbox(self.dir.path(), &self.secrets, listen, self.sweep_lag_ms));
    }

    /// A token of that merchant, minted by the gateway's own command.
    pub(crate) fn token(&self, merchant: &str, role: &str) -> String {
        let words =
            ["token", "--merchant", merchant, "--branch", "B1", "--user", "1", "--role", role, "--ttl", "86400"];
        let minted = self.gateway_command(&words).output().expect("the token command runs");
        assert!(minted.status.success(), "token: {}", String::from_utf8_lossy(&minted.stderr));
        String::from_utf8(minted.stdout).expect("a token is text").trim().to_owned()
    }

    /// Runs a subcommand of the gateway on its data; gives whether it succeeded and all it printed.
    pub(crate) fn run(&self, words: &[&str]) -> (bool, String) {
        let ran = self.gateway_command(words).output().expect("a subcommand runs");
        let printed = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (ran.status.success(), printed)
    }

    pub(crate) fn gateway_url(&self) -> String {
        self.gateway_url.read().expect("a lock nobody panics under").clone()
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.dir.path().join("gateway.db")
    }

    /// All that the gateway ever wrote to its outputs.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.path().join("gateway.log")
    }

    /// What the gateway held when it was ready, and what it holds now.
    pub(crate) fn holdings(&self) -> (Holdings, Holdings) {
        (self.fresh, self.gateway.as_ref().map(Process::holdings).unwrap_or_default())
    }

    /// The memory of the gateway.
    pub(crate) fn memory_kib(&self) -> u64 {
        self.holdings().1.kib
    }

    /// Leaves the directory where it is.
    fn keep(&mut self) -> PathBuf {
        self.dir.disable_cleanup(true);
        self.dir.path().to_owned()
    }

    fn gateway_command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(BINARY);
        command
            .args(words)
            .current_dir(self.dir.path())
            .env_clear()
            .env("APP_ENV", "test")
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("SANDBOX_LISTEN_ADDR", "127.0.0.1:0")
            .env("DATABASE_URL", format!("sqlite://{}", self.database().display()))
            .env("XENDIT_BASE_URL", format!("{}/xendit", self.sandbox_url))
            .env("XENDIT_SECRET_KEY", &self.secrets.provider_key)
            .env("XENDIT_WEBHOOK_TOKEN", &self.secrets.webhook_token)
            .env("XENDIT_WEBHOOK_TOKEN_PREVIOUS", &self.secrets.webhook_token_previous)
            .env("XENDIT_API", self.xendit_api)
            .env("XENDIT_RATE_LIMIT", "off")
            .env("CREATE_RATE_LIMIT", "off")
            .env("SYSTEM_JWT_SECRET", &self.secrets.jwt)
            .env("LINK_SECRET", &self.secrets.link)
            .env("LOG_FORMAT", "json");
        command
    }
}

impl Drop for Rig {
    /// Whoever has to find out why a case failed finds its directory.
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("kept: {}", self.keep().display());
        }
    }
}

fn start_sandbox(dir: &Path, secrets: &Secrets, listen: &str, sweep_lag_ms: u64) -> Process {
    let mut command = Command::new(BINARY);
    command
        .args(["sandbox", "--listen", listen, "--state", "sandbox.json", "--rate-limit", "off"])
        .args(["--sweep-lag", &sweep_lag_ms.to_string()])
        .args(["--xendit-key", &secrets.provider_key, "--xendit-callback-token", &secrets.webhook_token])
        .current_dir(dir)
        .env_clear();
    Process::start(&mut command, &dir.join("sandbox.log"))
}
