//! Starting and stopping.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Weak};
use std::time::Duration;

use actix_web::web::{self, Data, PayloadConfig};
use actix_web::{App, HttpServer};
use chrono::{DateTime, Utc};
use serde::Serialize;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use url::Url;

use crate::clock::{Clock, ClockAnchor};
use crate::config::SandboxConfig;
use crate::error::SandboxError;
use crate::faults::Connection;
use crate::journal::JournalEnd;
use crate::provider::Provider;
use crate::sandbox::{Sandbox, json};
use crate::{control, midtrans, webhooks, xendit};

/// The largest body taken, in bytes.
const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Threads that answer.
const WORKERS: usize = 2;
/// How long stopping waits for tasks to notice, in real seconds.
const STOP_SECONDS_MAX: u64 = 5;
/// The longest sleep before the deadlines are looked at again, in real seconds.
const NAP_SECONDS_MAX: u64 = 3_600;

/// A sandbox that listens. Dropping it stops its background work; [`Self::stop`] also waits for it.
#[derive(Debug)]
pub struct RunningSandbox {
    address: SocketAddr,
    clock: Clock,
    shared: Weak<Sandbox>,
    journal: JournalEnd,
    tasks: TaskTracker,
    cancelled: CancellationToken,
}

/// The line that start-up prints.
#[derive(Serialize)]
struct Announcement {
    listen: String,
    xendit: String,
    midtrans: String,
    control: String,
}

/// Starts a sandbox inside the running tokio runtime.
///
/// # Errors
/// [`SandboxError::Setting`] for settings that make no sense, [`SandboxError::Listen`] if the address cannot be had,
/// [`SandboxError::StateInUse`], [`SandboxError::State`] and [`SandboxError::StateCorrupt`] if the state file cannot be
/// used.
pub async fn start(config: SandboxConfig) -> Result<RunningSandbox, SandboxError> {
    let config = config.checked()?;
    let asked = config.listen;
    let not_listening = |source| SandboxError::Listen { address: asked, source };
    // The port is taken first: a second sandbox on the same port must not touch the state file of the first.
    let listener = tokio::net::TcpListener::bind(asked)
        .await
        .and_then(tokio::net::TcpListener::into_std)
        .map_err(not_listening)?;
    let address = listener.local_addr().map_err(not_listening)?;
    let sandbox = tokio::task::spawn_blocking(|| Sandbox::open(config))
        .await
        .map_err(|panicked| SandboxError::Setting(panicked.to_string()))??;
    let sandbox = Arc::new(sandbox);

    let shared = Data::from(Arc::clone(&sandbox));
    let server = HttpServer::new(move || {
        App::new()
            .app_data(shared.clone())
            .app_data(PayloadConfig::new(BODY_BYTES_MAX))
            .configure(control::routes)
            .route("/pages/{id}", web::get().to(xendit::pages::show))
            .route("/pages/{id}/pay", web::post().to(xendit::pages::pay))
            .route("/pages/{id}/decline", web::post().to(xendit::pages::decline))
            .route("/xendit/{tail:.*}", web::route().to(xendit::serve))
            .route("/midtrans/{tail:.*}", web::route().to(midtrans::serve))
    })
    .on_connect(Connection::remember)
    .workers(WORKERS)
    .disable_signals()
    .listen(listener)
    .map_err(not_listening)?
    .run();

    let server_handle = server.handle();
    let journal = sandbox.journal_end();
    let running = RunningSandbox {
        address,
        clock: sandbox.clock,
        shared: Arc::downgrade(&sandbox),
        journal,
        tasks: TaskTracker::new(),
        cancelled: CancellationToken::new(),
    };
    running.tasks.spawn(server);
    let (handle, cancelled) = (server_handle, running.cancelled.clone());
    running.tasks.spawn(async move {
        cancelled.cancelled().await;
        handle.stop(false).await;
    });
    running.tasks.spawn(webhooks::run(Arc::clone(&sandbox), running.tasks.clone(), running.cancelled.clone()));
    let clockwork = {
        let cancelled = running.cancelled.clone();
        async move {
            cancelled.run_until_cancelled(watch_deadlines(&sandbox)).await;
        }
    };
    running.tasks.spawn(clockwork);
    Ok(running)
}

/// Resumes what a crash left undelivered, then expires charges when their time has come.
async fn watch_deadlines(sandbox: &Sandbox) {
    sandbox.with_books(|pen| {
        for pending in pen.unsettled() {
            if let Some(due) = pending.next_at {
                sandbox.webhooks.plan(pending.id.clone(), due);
            }
        }
    });
    loop {
        let now = sandbox.clock.now();
        let (next, _mark) = sandbox.with_books(|pen| {
            sandbox.expire_due(pen, now);
            pen.next_change()
        });
        let nap = next.map_or(Duration::from_secs(NAP_SECONDS_MAX), |at| sandbox.clock.real_time_until(at));
        tokio::select! {
            () = sandbox.opened.notified() => {}
            () = sleep(nap.min(Duration::from_secs(NAP_SECONDS_MAX))) => {}
        }
    }
}

impl RunningSandbox {
    /// The address bound: with the real port where 0 was asked for.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the provider's clock shows: real time, or ahead of it by `time_scale`.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// How the provider's clock is tied to real time, for a gateway that is to live by it.
    #[must_use]
    pub fn clock(&self) -> ClockAnchor {
        self.clock.anchor()
    }

    /// Such as `http://127.0.0.1:8081`.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// What `XENDIT_BASE_URL` has to be for this sandbox to be Xendit.
    #[must_use]
    pub fn xendit_base_url(&self) -> String {
        format!("{}/xendit", self.base_url())
    }

    /// What `MIDTRANS_CORE_BASE_URL` has to be for this sandbox to be Midtrans.
    #[must_use]
    pub fn midtrans_base_url(&self) -> String {
        format!("{}/midtrans", self.base_url())
    }

    /// Where the control plane answers, loopback callers only.
    #[must_use]
    pub fn control_url(&self) -> String {
        format!("{}/_control", self.base_url())
    }

    /// Sends the webhooks of an account to `url` from now on: the main account if none is named, else the one with
    /// this name, business id or merchant id.
    ///
    /// # Errors
    /// [`SandboxError::Setting`] if there is no such account, [`SandboxError::Journal`] if it could not be kept.
    pub async fn direct_webhooks(
        &self,
        provider: Provider,
        account: Option<&str>,
        url: &Url,
    ) -> Result<(), SandboxError> {
        let unknown = || SandboxError::Setting(format!("{provider} has no account {account:?}"));
        let sandbox = self.shared.upgrade().ok_or_else(unknown)?;
        let (_name, mark) = sandbox.direct_webhooks(provider, account, url).ok_or_else(unknown)?;
        let kept = sandbox.durable(mark).await;
        kept.map_err(|broken| SandboxError::Journal(io::Error::other(broken)))
    }

    /// The addresses bound, as one line of JSON for the standard output of the subcommand.
    #[must_use]
    pub fn announcement(&self) -> String {
        json(&Announcement {
            listen: self.base_url(),
            xendit: self.xendit_base_url(),
            midtrans: self.midtrans_base_url(),
            control: self.control_url(),
        })
    }

    /// Stops listening and waits until nothing runs any more; what was acknowledged is on disk already.
    pub async fn stop(mut self) {
        self.cancelled.cancel();
        self.tasks.close();
        let quiet = async {
            self.tasks.wait().await;
            self.journal.closed().await;
        };
        let waited = timeout(Duration::from_secs(STOP_SECONDS_MAX), quiet).await;
        if waited.is_err() {
            tracing::warn!("the sandbox stopped with tasks still running");
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.cancelled.cancel();
    }
}
