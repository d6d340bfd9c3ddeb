//! Starting and stopping the whole process.

mod server;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::Data;
use mstore_pay_sandbox::{RunningSandbox, SandboxConfig, SandboxError};
use secrecy::SecretString;
use tokio::net::TcpSocket;
use tokio::time::{Instant, sleep, sleep_until, timeout_at};

use crate::auth::{Authenticator, KeyError};
use crate::config::{Config, MidtransAddresses};
use crate::http::Links;
use crate::limits::Limits;
use crate::pages::link::{LinkSigner, WeakLinkSecret};
use crate::state::{Drain, State};
use crate::store::{OpenStoreError, Share, Store, open_store_over};
use crate::system::SystemClock;
use crate::tasks::Tasks;
use crate::telemetry;
use crate::wiring::{Addresses, Wired, WiringError, teller, wire};
use crate::workers::Workers;

/// How long stopping waits for what is under way.
const STOP_WITHIN: Duration = Duration::from_secs(20);
/// Connections that wait to be taken.
const CONNECTIONS_QUEUED_MAX: u32 = 2_048;
/// How often stopping looks whether it is quiet.
const QUIET_POLL: Duration = Duration::from_millis(20);

/// Why the process did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be had.
    #[error("could not listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The folder of the sandbox cannot be made.
    #[error("could not make {path:?}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The store cannot be opened.
    #[error("could not open the store")]
    Store(#[from] OpenStoreError),
    /// The sandbox in this process did not start.
    #[error("could not start the sandbox")]
    Sandbox(#[from] SandboxError),
    /// The parts do not fit together.
    #[error("could not put the gateway together")]
    Wiring(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A key for tokens cannot be used.
    #[error("could not take the keys for tokens")]
    Key(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The secret for links cannot be used.
    #[error("could not take the secret for links")]
    LinkSecret(#[from] WeakLinkSecret),
}

impl From<WiringError> for StartError {
    fn from(error: WiringError) -> Self {
        Self::Wiring(Box::new(error))
    }
}

impl From<KeyError> for StartError {
    fn from(error: KeyError) -> Self {
        Self::Key(Box::new(error))
    }
}

/// The gateway.
#[derive(Debug)]
pub struct App;

/// The gateway at work.
pub struct RunningApp {
    base_url: String,
    operations: Option<(String, ServerHandle)>,
    sandbox: Option<RunningSandbox>,
    server: ServerHandle,
    tasks: Tasks,
    drain: Arc<Drain>,
    store: Arc<dyn Store>,
}

impl App {
    /// Starts the gateway in the running multi-thread runtime; it answers when this returns.
    ///
    /// # Errors
    /// [`StartError`]
    pub async fn start(config: Config) -> Result<RunningApp, StartError> {
        telemetry::metrics();
        let not_listening = |source| StartError::Listen { address: config.listen, source };
        let listener = listen(config.listen).map_err(not_listening)?;
        let address = listener.local_addr().map_err(not_listening)?;
        let base_url = format!("http://{address}");
        let apart = config.operations_listen.map(listen_apart).transpose()?;
        let sandbox = match &config.sandbox {
            Some(sandbox) => Some(start_sandbox(sandbox.clone(), &base_url).await?),
            None => None,
        };
        // One calendar for both: what expires there is not live here.
        let clock = SystemClock::tied(sandbox.as_ref().map(RunningSandbox::clock).or(config.clock));
        let share = Share { connections: config.database_connections, threads: config.http.threads };
        let store = open_store_over(&config.database, Some(share)).await?;
        let public_base_url = config.public_base_url.clone().unwrap_or_else(|| base_url.clone());
        let of_sandbox = || sandbox.as_ref().map(RunningSandbox::xendit_base_url);
        let addresses = Addresses {
            public: public_base_url.clone(),
            xendit: config.xendit.base_url.clone().or_else(of_sandbox).unwrap_or_default(),
            midtrans: config.midtrans.as_ref().and_then(|midtrans| {
                let of_sandbox = || sandbox.as_ref().map(|of| MidtransAddresses::below(&of.midtrans_base_url()));
                midtrans.addresses.clone().or_else(of_sandbox)
            }),
        };
        let tasks = Tasks::here();
        let signer = LinkSigner::new(&SecretString::from(config.link_secret.expose()))?;
        let links = Links::new(signer, public_base_url);
        let wired = wire(&config, addresses, Arc::clone(&store), clock, &tasks).await?;
        let Wired { gateway, feed, readiness, accounts, endpoints, vault, upkeep, known } = wired;
        let teller = teller(&config, &gateway, &store, vault, &links, clock)?;
        tasks.spawn_beside("keeping in touch with the other nodes", upkeep);
        known.await;
        let (limits, drain) = (Arc::new(Limits::new(&config.http)), Arc::new(Drain::default()));
        let workers = Arc::new(Workers::new(config.workers, Arc::clone(&gateway), teller, clock, tasks.clone(), feed));
        let state = Data::new(State {
            env: config.env,
            clock,
            gateway,
            accounts,
            endpoints,
            event_reach: config.event_reach,
            tasks: tasks.clone(),
            workers: Arc::clone(&workers),
            auth: Authenticator::new(&config.jwt, config.role_map.clone())?,
            links,
            limits: Arc::clone(&limits),
            trusted_proxies: config.trusted_proxies.clone(),
            readiness: readiness.clone(),
            drain: Arc::clone(&drain),
        });
        let for_operators = match apart {
            Some((url, listener)) => {
                Some((url, server::serve_operations(listener, state.clone()).map_err(not_listening)?))
            }
            None => None,
        };
        let server = server::serve(listener, &config, state).map_err(not_listening)?;
        let handle = server.handle();
        let operations = for_operators.map(|(url, server)| {
            let handle = server.handle();
            serve_on(&tasks, "serving operators", server);
            (url, handle)
        });
        serve_on(&tasks, "serving HTTP", server);
        workers.start(readiness, limits);
        tracing::info!(base_url, env = config.env.word(), "listening on {base_url}");
        Ok(RunningApp { base_url, operations, sandbox, server: handle, tasks, drain, store })
    }
}

impl RunningApp {
    /// Where it answers, `http://127.0.0.1:8080`.
    #[must_use]
    pub fn base_url(&self) -> &str {
        &self.base_url
    }

    /// Where metrics and health answer, if that is apart.
    #[must_use]
    pub fn operations_url(&self) -> Option<&str> {
        self.operations.as_ref().map(|(url, _)| url.as_str())
    }

    /// Where the sandbox in this process answers, if there is one.
    #[must_use]
    pub fn sandbox_url(&self) -> Option<String> {
        self.sandbox.as_ref().map(RunningSandbox::base_url)
    }

    /// Stops: no new connections, waits for requests and tasks under way, closes the store last.
    pub async fn stop(self) {
        self.tasks.shutdown().cancel();
        let by = Instant::now() + STOP_WITHIN;
        let gracefully = self.server.stop(true);
        let quiet = async {
            while !self.drain.is_quiet() {
                sleep(QUIET_POLL).await;
            }
        };
        // Idle connections are not waited for, requests are.
        tokio::select! {
            () = gracefully => {}
            () = quiet => self.server.stop(false).await,
            () = sleep_until(by) => self.server.stop(false).await,
        }
        // After the others: until then operators are told that the process is ending.
        if let Some((_, operations)) = self.operations {
            operations.stop(false).await;
        }
        if timeout_at(by, self.tasks.drained()).await.is_err() {
            tracing::warn!("stopped with {} tasks still running", self.tasks.under_way());
        }
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        let store = self.store;
        // Dropping the last handle waits for writes that were taken on.
        let closed = tokio::task::spawn_blocking(move || drop(store)).await;
        if closed.is_err() {
            tracing::error!("closing the store panicked");
        }
    }
}

/// Takes the address for operators.
fn listen_apart(address: SocketAddr) -> Result<(String, TcpListener), StartError> {
    let not_listening = |source| StartError::Listen { address, source };
    let listener = listen(address).map_err(not_listening)?;
    let address = listener.local_addr().map_err(not_listening)?;
    Ok((format!("http://{address}"), listener))
}

/// Serves for as long as it is not told to stop.
fn serve_on(tasks: &Tasks, what: &'static str, server: Server) {
    tasks.spawn(what, async move {
        if let Err(error) = server.await {
            tracing::error!("{what} ended: {error}");
        }
    });
}

/// Takes the address; connections may queue from now on.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A restart need not wait for the connections of the process before.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(CONNECTIONS_QUEUED_MAX)?.into_std()
}

async fn start_sandbox(mut config: SandboxConfig, base_url: &str) -> Result<RunningSandbox, StartError> {
    if let Some(folder) = config.state.as_ref().and_then(|state| state.parent()) {
        make_folder(folder)?;
    }
    let target = |provider| format!("{base_url}/api/v1/webhook/{provider}").parse().ok();
    for account in &mut config.xendit_accounts {
        account.webhook_target = target(mstore_pay_xendit::XenditConfig::ID);
    }
    for merchant in &mut config.midtrans_merchants {
        merchant.webhook_target = target(mstore_pay_midtrans::MidtransConfig::ID);
    }
    Ok(mstore_pay_sandbox::start(config).await?)
}

fn make_folder(folder: &std::path::Path) -> Result<(), StartError> {
    std::fs::create_dir_all(folder).map_err(|source| StartError::Folder { path: folder.to_owned(), source })
}
