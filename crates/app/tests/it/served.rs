//! A gateway as a process of its own, of which everything can be looked at that it writes.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};

use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

use crate::house::run;

/// Where it writes its log unless it is to write it elsewhere.
const LOG: &str = "gateway.log";

/// A process that does not outlive whoever started it.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

/// A gateway over the embedded store, with a sandbox.
pub(crate) struct Served {
    gateway: Running,
    folder: TempDir,
    client: Client,
    pub(crate) listen: String,
    /// Empty where it is told of a provider elsewhere.
    pub(crate) sandbox: String,
    pub(crate) token: String,
}

impl Served {
    /// Starts one with these settings beside the usual ones, and its log in a file.
    pub(crate) fn start(args: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_in(TempDir::new().unwrap(), args, environment, None)
    }

    /// The same with its log somewhere else.
    pub(crate) fn logging_to(log: File, args: &[&str]) -> Self {
        Self::start_in(TempDir::new().unwrap(), args, &[], Some(log))
    }

    fn start_in(folder: TempDir, args: &[&str], environment: &[(&str, &str)], log: Option<File>) -> Self {
        let database = format!("sqlite://{}", folder.path().join("pay.db").display());
        let state = folder.path().join("sandbox.json").display().to_string();
        let log = log.unwrap_or_else(|| File::create(folder.path().join(LOG)).unwrap());
        let gateway = Command::new(env!("CARGO_BIN_EXE_mstore-pay"))
            .args(["serve", "--app-env=test", "--ready-json", "--listen-addr=127.0.0.1:0"])
            .args(["--sandbox-listen-addr=127.0.0.1:0", "--http-threads=1", "--log-format=json"])
            .args(["--database-url", &database, "--sandbox-state", &state])
            .args(args)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap();
        let mut gateway = Running(gateway);
        let mut ready = String::new();
        BufReader::new(gateway.0.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        let ready: Value = serde_json::from_str(&ready).unwrap();
        let secret = environment.iter().find(|(name, _)| *name == "SYSTEM_JWT_SECRET");
        let secret = secret.map(|(_, secret)| format!("--system-jwt-secret={secret}"));
        let mint = ["token", "--app-env=test", "--merchant=M1", "--user=1", "--role=L0_OWNER", "--ttl=600"];
        let (_, token) = run(&mint.into_iter().chain(secret.as_deref()).collect::<Vec<_>>());
        let address = |name: &str| ready[name].as_str().unwrap_or_default().trim_end_matches('/').to_owned();
        Self {
            listen: address("listen"),
            sandbox: address("sandbox"),
            token: token.trim().to_owned(),
            client: Client::builder().build().unwrap(),
            gateway,
            folder,
        }
    }

    /// A call as the owner.
    pub(crate) fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).bearer_auth(&self.token)
    }

    /// A call without a token.
    pub(crate) fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.listen))
    }

    /// As `DATABASE_URL` spells where its store is.
    pub(crate) fn database_url(&self) -> String {
        format!("sqlite://{}", self.folder.path().join("pay.db").display())
    }

    /// What it has logged so far.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default()
    }

    /// Strikes it down as a fault of its own would.
    pub(crate) fn crash(mut self) -> ExitStatus {
        Command::new("kill").args(["-ABRT", &self.gateway.0.id().to_string()]).status().unwrap();
        self.gateway.0.wait().unwrap()
    }

    /// Asks it to end; gives its log, and the file of its store.
    pub(crate) fn end(mut self) -> (String, PathBuf, TempDir) {
        Command::new("kill").args(["-TERM", &self.gateway.0.id().to_string()]).status().unwrap();
        assert!(self.gateway.0.wait().unwrap().success(), "it ends in order");
        let log = fs::read_to_string(self.folder.path().join(LOG)).unwrap_or_default();
        (log, self.folder.path().join("pay.db"), self.folder)
    }
}
