//! The gateways and the provider's sandbox as real processes, each with its own disk.

mod backing;
mod balancer;
mod control;
pub(crate) mod cutter;
pub(crate) mod ledger;
mod line;
mod node;
pub(crate) mod process;
mod provider;
mod secrets;
mod skew;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::{Duration, Instant};

use mstore_pay_app::Store;
use mstore_pay_throwaway_postgres::free_port;
use tempfile::TempDir;

use backing::Backing;
pub(crate) use backing::StoreKind;
use balancer::Balancer;
pub(crate) use control::{Control, Pay};
use line::Line;
use node::Node;
pub(crate) use process::{Holdings, Process, Strace};
pub(crate) use provider::Provider;
pub(crate) use secrets::Secrets;

const BINARY: &str = env!("CARGO_BIN_EXE_mstore-pay");
/// A connection that the balancer was making when a node was left out is the node's by then.
const ARRIVED_WITHIN: Duration = Duration::from_millis(200);

/// What a case sets up.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) store: StoreKind,
    /// The providers that are asked, first first.
    pub(crate) providers: Vec<Provider>,
    /// Where the database is, if the case brought servers of its own.
    pub(crate) database_url: Option<String>,
    /// Gateways, behind one balancer where there are several.
    pub(crate) nodes: usize,
    /// Whether Xendit is reached by a line that can be taken down.
    pub(crate) by_line: bool,
    /// How late the provider lists arrived money.
    pub(crate) sweep_lag_ms: u64,
    /// How wrong the clock of the first node is, as `faketime` spells it.
    pub(crate) skew: Option<&'static str>,
    /// A gateway of an earlier version, that is started until [`Rig::upgrade`].
    pub(crate) earlier: Option<PathBuf>,
    /// Settings beside the usual ones.
    pub(crate) settings: Vec<(&'static str, String)>,
    /// What the sandbox is told beside the usual.
    pub(crate) sandbox_args: Vec<String>,
}

impl Plan {
    /// One gateway over a fresh store.
    pub(crate) fn over(store: StoreKind) -> Self {
        Self {
            store,
            providers: vec![Provider::Xendit],
            database_url: None,
            nodes: 1,
            by_line: false,
            sweep_lag_ms: 0,
            skew: None,
            earlier: None,
            settings: Vec::new(),
            sandbox_args: Vec::new(),
        }
    }

    /// So many gateways over one database of PostgreSQL.
    pub(crate) fn of_nodes(nodes: usize) -> Self {
        Self { nodes, ..Self::over(StoreKind::Postgres) }
    }

    /// The same over servers of the case's own.
    pub(crate) fn at(self, database_url: String) -> Self {
        Self { database_url: Some(database_url), ..self }
    }

    /// The same at these providers, first first.
    pub(crate) fn selling_at(self, providers: &[Provider]) -> Self {
        Self { providers: providers.to_vec(), ..self }
    }

    /// The same with a line to Xendit that can be taken down.
    pub(crate) fn by_line(self) -> Self {
        Self { by_line: true, ..self }
    }

    /// The same with the provider's list so late.
    pub(crate) fn listing_after(self, sweep_lag_ms: u64) -> Self {
        Self { sweep_lag_ms, ..self }
    }

    /// The same with a first node whose clock is wrong by that.
    pub(crate) fn skewed(self, skew: &'static str) -> Self {
        Self { skew: Some(skew), ..self }
    }

    /// The same with gateways of that earlier version, if there is one.
    pub(crate) fn beginning_with(self, earlier: Option<PathBuf>) -> Self {
        Self { earlier, ..self }
    }

    /// The same with that setting.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.settings.push((name, value.into()));
        self
    }
}

/// Gateways over one store, one sandbox, one directory.
pub(crate) struct Rig {
    dir: TempDir,
    plan: Plan,
    backing: Backing,
    pub(crate) secrets: Secrets,
    sandbox: Option<Process>,
    nodes: Vec<Node>,
    balancer: Option<Balancer>,
    sandbox_url: String,
    /// Between the gateways and Xendit, where the case takes it down.
    line: Option<Line>,
    pub(crate) control: Control,
    /// Where the gateway answers now: the balancer, or the only node, which moves with every start.
    pub(crate) gateway_url: Arc<RwLock<String>>,
}

impl Rig {
    /// Starts everything.
    pub(crate) async fn start(plan: Plan) -> Self {
        let dir = tempfile::Builder::new().prefix("mstore-pay-faults-").tempdir().expect("a directory for a run");
        let secrets = Secrets::fresh();
        let sandbox = start_sandbox(dir.path(), &secrets, &format!("127.0.0.1:{}", free_port()), &plan);
        let sandbox_url = sandbox.address("listen");
        let own = || Backing::fresh(plan.store, dir.path());
        let mut rig = Self {
            control: Control::of(&sandbox_url),
            backing: plan.database_url.as_deref().map_or_else(own, Backing::brought),
            dir,
            secrets,
            sandbox: Some(sandbox),
            nodes: (0..plan.nodes).map(|_| Node::default()).collect(),
            balancer: if plan.nodes > 1 { Some(Balancer::start(plan.nodes).await) } else { None },
            line: if plan.by_line { Some(Line::to(&sandbox_url).await) } else { None },
            plan,
            sandbox_url,
            gateway_url: Arc::default(),
        };
        rig.start_gateway().await;
        rig
    }

    /// Starts every gateway that does not run on the data they left; returns how long that took.
    pub(crate) async fn start_gateway(&mut self) -> Duration {
        let began = Instant::now();
        for node in 0..self.nodes.len() {
            if !self.nodes[node].is_running() {
                self.start_node(node, None).await.unwrap_or_else(|why| panic!("{why}"));
            }
        }
        began.elapsed()
    }

    /// Whatever is started from now on is of this version.
    pub(crate) fn upgrade(&mut self) {
        self.plan.earlier = None;
    }

    /// Starts the only one with these failpoints; it may be struck dead before it is ready.
    pub(crate) async fn arm_gateway(&mut self, failpoints: &str) {
        // Whoever died has left its mark in the log.
        self.start_node(0, Some(failpoints)).await.ok();
    }

    /// Starts one of several, with failpoints or without.
    pub(crate) async fn start_node(&mut self, node: usize, failpoints: Option<&str>) -> Result<(), String> {
        let mut command = self.gateway_command(&["serve", "--ready-json"]);
        if let Some(skew) = self.plan.skew.filter(|_| node == 0) {
            self.set_first_clock(skew);
            skew::follow(&mut command, &self.skew_file());
        }
        command.envs(failpoints.map(|failpoints| ("FAILPOINTS", failpoints)));
        let log = self.log();
        self.nodes[node].is_armed = failpoints.is_some();
        let url = self.nodes[node].start(&mut command, &log).map_err(|why| format!("{why}; see {}", log.display()))?;
        let url = match &self.balancer {
            Some(balancer) => {
                balancer.direct(node, Some(&url));
                balancer.url.clone()
            }
            None => url,
        };
        self.control.webhooks_to(&url).await;
        *self.gateway_url.write().expect("a lock nobody panics under") = url;
        Ok(())
    }

    /// Whatever is started from now on has that setting.
    pub(crate) fn set(&mut self, name: &'static str, value: impl Into<String>) {
        self.plan.settings.push((name, value.into()));
    }

    pub(crate) fn kill_gateway(&mut self) {
        for node in 0..self.nodes.len() {
            self.kill_node(node);
        }
    }

    pub(crate) fn kill_node(&mut self, node: usize) {
        self.leave_out(node);
        self.nodes[node].kill();
    }

    /// Asks one of several to end, as an operator does who took it from the balancer first and let arrive what was on
    /// its way; gives how long it took.
    pub(crate) fn stop_node(&mut self, node: usize) -> Duration {
        self.leave_out(node);
        thread::sleep(ARRIVED_WITHIN);
        self.nodes[node].stop()
    }

    /// Holds one still, as a paused machine does. The balancer notices.
    pub(crate) fn freeze_node(&mut self, node: usize) {
        self.leave_out(node);
        self.nodes[node].signal("STOP");
    }

    /// Lets it go on where it was held.
    pub(crate) fn thaw_node(&mut self, node: usize) {
        self.nodes[node].signal("CONT");
        if let (Some(balancer), Some(url)) = (&self.balancer, self.nodes[node].url()) {
            balancer.direct(node, Some(&url));
        }
    }

    /// Has the provider tell one node alone.
    pub(crate) async fn tell_webhooks_to(&self, node: usize) {
        let url = self.nodes[node].url().expect("a node that runs");
        self.control.webhooks_to(&url).await;
    }

    /// Sends one of several nothing more; it is not told.
    pub(crate) fn leave_out(&self, node: usize) {
        if let Some(balancer) = &self.balancer {
            balancer.direct(node, None);
        }
    }

    pub(crate) fn kill_sandbox(&mut self) {
        self.sandbox = None;
    }

    /// Brings the sandbox back where it was.
    pub(crate) fn restart_sandbox(&mut self) {
        let listen = self.sandbox_url.trim_start_matches("http://");
        self.sandbox = Some(start_sandbox(self.dir.path(), &self.secrets, listen, &self.plan));
    }

    /// Goes on with the data of another store, under several nodes; the balancer gets a new address.
    pub(crate) async fn move_to_nodes(&mut self, nodes: usize, database_url: String) {
        self.kill_gateway();
        (self.plan.store, self.plan.nodes) = (StoreKind::Postgres, nodes);
        self.backing = Backing::Brought(database_url);
        self.nodes = (0..nodes).map(|_| Node::default()).collect();
        self.balancer = Some(Balancer::start(nodes).await);
        self.start_gateway().await;
    }

    /// As `DATABASE_URL` spells where the data is.
    pub(crate) fn database_url(&self) -> String {
        self.backing.url()
    }

    /// Runs SQL on the database that the nodes share, and gives what it returned.
    pub(crate) fn sql(&self, sql: &str) -> String {
        self.backing.sql(sql)
    }

    /// As [`sql`](Self::sql), for what may be refused.
    pub(crate) fn try_sql(&self, sql: &str) -> Result<String, String> {
        self.backing.try_sql(sql)
    }

    /// Has every webhook that waits for its next try be due now. No gateway must be running.
    pub(crate) fn hurry_webhooks(&self) {
        self.backing.alter("UPDATE webhook_inbox SET due_at = received_at");
    }

    /// What that SQL counts in a store of either kind, while gateways work on it; its column is called `count`.
    pub(crate) fn count(&self, sql: &str) -> u64 {
        self.backing.count(sql)
    }

    /// Puts the clock of the first node, which has one of its own, that much off from now on.
    pub(crate) fn set_first_clock(&self, skew: &str) {
        skew::set(&self.skew_file(), skew);
    }

    fn skew_file(&self) -> PathBuf {
        self.dir.path().join("skew")
    }

    /// A token of that merchant, minted by the gateway's own command.
    pub(crate) fn token(&self, merchant: &str, role: &str) -> String {
        let words =
            ["token", "--merchant", merchant, "--branch", "B1", "--user", "1", "--role", role, "--ttl", "86400"];
        let mut command = self.gateway_command(&words);
        if self.plan.skew.is_some() {
            // Early enough for whichever clock it is read by.
            skew::apply(&mut command, "-1h");
        }
        let minted = command.output().expect("the token command runs");
        assert!(minted.status.success(), "token: {}", String::from_utf8_lossy(&minted.stderr));
        String::from_utf8(minted.stdout).expect("a token is text").trim().to_owned()
    }

    /// Runs a subcommand of the gateway on its data; gives whether it succeeded and all it printed.
    pub(crate) fn run(&self, words: &[&str]) -> (bool, String) {
        let ran = self.gateway_command(words).output().expect("a subcommand runs");
        let printed = [ran.stdout, ran.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
        (ran.status.success(), printed)
    }

    /// Where each node answers that runs.
    pub(crate) fn node_urls(&self) -> Vec<String> {
        self.nodes.iter().filter_map(Node::url).collect()
    }

    /// What one of several counted under that name and those labels, as `/metrics` writes them; 0 of what it never did.
    pub(crate) async fn counted(&self, node: usize, metric: &str) -> u64 {
        let url = self.nodes[node].url().expect("a node that runs");
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().expect("a client");
        let answer = client.get(format!("{url}/metrics")).send().await.expect("a gateway has metrics");
        let told = answer.text().await.expect("metrics are text");
        let value = told.lines().find_map(|line| line.strip_prefix(metric)?.strip_prefix(' '));
        value.map_or(0, |value| value.parse().unwrap_or_else(|why| panic!("{metric} {value}: {why}")))
    }

    /// Whether a gateway runs that was started with failpoints: what they strike may be left to its lease.
    pub(crate) fn is_armed(&self) -> bool {
        self.nodes.iter().any(|node| node.is_running() && node.is_armed)
    }

    /// Whether requests are spread over several nodes.
    pub(crate) fn is_spread(&self) -> bool {
        self.balancer.is_some()
    }

    /// Whether the store is none of a gateway's own, and may be looked at while it works.
    pub(crate) fn outlives_gateways(&self) -> bool {
        !matches!(self.backing, Backing::File(_))
    }

    /// The gateways' store; a file only once they have let go of it.
    pub(crate) async fn store(&self) -> Arc<dyn Store> {
        self.backing.open().await
    }

    /// The store, while gateways work on it.
    pub(crate) async fn store_to_read(&self) -> Arc<dyn Store> {
        self.backing.open_to_read().await
    }

    /// Which kind of store it is.
    pub(crate) fn store_kind(&self) -> StoreKind {
        self.plan.store
    }

    /// Everything that is stored, for whoever looks for what must not be there.
    pub(crate) fn stored(&self) -> Vec<u8> {
        self.backing.contents()
    }

    /// All that the gateways ever wrote to their outputs.
    pub(crate) fn log(&self) -> PathBuf {
        self.dir.path().join("gateway.log")
    }

    /// What each gateway held when it was ready, and what it holds now.
    pub(crate) fn holdings(&self) -> Vec<(Holdings, Holdings)> {
        self.nodes.iter().map(Node::holdings).collect()
    }

    /// Lets every gateway that runs have so many files and sockets, and no more.
    pub(crate) fn allow_files(&self, most: u64) {
        for node in &self.nodes {
            node.allow_files(most);
        }
    }

    /// Has every write that the only gateway forces to its disk fail, until what this gives is dropped.
    pub(crate) fn fail_syncs(&self) -> Strace {
        self.nodes[0].fail_syncs().expect("a gateway that runs")
    }

    /// Whether the only gateway ended by itself.
    pub(crate) fn has_ended(&mut self) -> bool {
        self.nodes[0].has_ended()
    }

    /// The memory of all gateways.
    pub(crate) fn memory_kib(&self) -> u64 {
        self.holdings().iter().map(|(_, now)| now.kib).sum()
    }

    /// Leaves the directory where it is.
    fn keep(&mut self) -> PathBuf {
        self.dir.disable_cleanup(true);
        self.dir.path().to_owned()
    }

    fn gateway_command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(self.plan.earlier.as_deref().unwrap_or(Path::new(BINARY)));
        command
            .args(words)
            .current_dir(self.dir.path())
            .env_clear()
            .env("APP_ENV", "test")
            .env("LISTEN_ADDR", "127.0.0.1:0")
            .env("SANDBOX_LISTEN_ADDR", "127.0.0.1:0")
            .env("DATABASE_URL", self.backing.url())
            .env(
                "XENDIT_BASE_URL",
                format!("{}/xendit", self.line.as_ref().map_or(self.sandbox_url.clone(), Line::url)),
            )
            .env("XENDIT_SECRET_KEY", &self.secrets.provider_key)
            .env("XENDIT_WEBHOOK_TOKEN", &self.secrets.webhook_token)
            .env("XENDIT_WEBHOOK_TOKEN_PREVIOUS", &self.secrets.webhook_token_previous)
            .env("XENDIT_RATE_LIMIT", "off")
            .env("MERCHANT_RATE_LIMIT", "off")
            .env("CREATE_RATE_LIMIT", "off")
            .env("TILL_RATE_LIMIT", "off")
            .env("SYSTEM_JWT_SECRET", &self.secrets.jwt)
            .env("LINK_SECRET", &self.secrets.link)
            .env("LOG_FORMAT", "json")
            .envs(self.of_midtrans())
            .envs(self.plan.settings.iter().map(|(name, value)| (*name, value)));
        command
    }
}

impl Rig {
    /// The line to Xendit.
    pub(crate) fn line(&mut self) -> &mut Line {
        self.line.as_mut().expect("a plan with a line")
    }

    /// The provider that is asked first.
    pub(crate) fn provider(&self) -> Provider {
        self.plan.providers[0]
    }

    /// Settings by which Midtrans takes part, if it does.
    fn of_midtrans(&self) -> Vec<(&'static str, String)> {
        if !self.plan.providers.contains(&Provider::Midtrans) {
            return Vec::new();
        }
        let words: Vec<&str> = self.plan.providers.iter().map(|provider| provider.word()).collect();
        vec![
            ("MIDTRANS_SERVER_KEY", self.secrets.midtrans_key.clone()),
            ("MIDTRANS_CORE_BASE_URL", format!("{}/midtrans", self.sandbox_url)),
            ("MIDTRANS_SNAP_BASE_URL", format!("{}/midtrans/snap/v1", self.sandbox_url)),
            ("MIDTRANS_RATE_LIMIT", "off".to_owned()),
            ("PROVIDER_ORDER", words.join(",")),
        ]
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

fn start_sandbox(dir: &Path, secrets: &Secrets, listen: &str, plan: &Plan) -> Process {
    let mut command = Command::new(BINARY);
    command
        .args(["sandbox", "--listen", listen, "--state", "sandbox.json", "--rate-limit", "off"])
        .args(["--sweep-lag", &plan.sweep_lag_ms.to_string()])
        .args(&plan.sandbox_args)
        .args(["--xendit-key", &secrets.provider_key, "--xendit-callback-token", &secrets.webhook_token])
        .args(["--midtrans-server-key", &secrets.midtrans_key])
        .current_dir(dir)
        .env_clear();
    Process::start(&mut command, &dir.join("sandbox.log"))
}
