//! Why a sandbox could not be started or stopped.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

/// What went wrong with the sandbox itself, as opposed to the faults ordered from it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// A setting makes no sense.
    #[error("the sandbox cannot run with this setting: {0}")]
    Setting(String),
    /// The address is taken or not ours.
    #[error("could not listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// Why it was refused.
        source: io::Error,
    },
    /// The HTTP client for webhooks could not be built.
    #[error("could not build the HTTP client that delivers webhooks")]
    WebhookClient(#[source] reqwest::Error),
    /// Another process holds the state file.
    #[error("the state file {} is in use by another sandbox", path.display())]
    StateInUse {
        /// The state file.
        path: PathBuf,
    },
    /// The state file could not be read or written.
    #[error("could not use the state file {}", path.display())]
    State {
        /// The state file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The disk refused a write; the sandbox acknowledges nothing any more.
    #[error("could not write to the state file")]
    Journal(#[source] io::Error),
    /// A line of the state file is no record of this sandbox.
    #[error("line {line} of the state file {} is not a record of a sandbox", path.display())]
    StateCorrupt {
        /// The state file.
        path: PathBuf,
        /// One-based.
        line: usize,
        /// Why it could not be read.
        source: serde_json::Error,
    },
}
