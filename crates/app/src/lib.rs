//! The payment gateway of MStore as a process: configuration, wiring, HTTP, workers. Thin: whatever can
//! be decided is decided in `mstore-pay-domain`.
#![expect(clippy::future_not_send, reason = "actix-web runs each handler on the thread that took the connection")]

mod account_host;
mod app;
mod auth;
mod cli;
mod config;
mod events;
mod feed;
mod http;
mod limits;
mod meter;
mod observed;
mod probe;
mod proxies;
mod readiness;
mod state;
mod store;
mod system;
mod tasks;
mod telemetry;
mod traced;
mod vault;
mod wiring;
mod workers;

#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod language;
pub mod pages;
pub mod problem;

pub use app::{App, RunningApp, StartError};
pub use auth::{MintError, Role, TokenRequest};
pub use cli::{Cli, run};
pub use config::{
    AccessSettings, AccountArgs, AccountKey, AccountKeys, AppEnv, Config, ConfigError, Database, Days,
    EmbeddedSandboxArgs, HttpLimits, JwtAlgorithm, JwtKey, JwtSettings, LedgerArgs, LedgerSettings, LimitArgs,
    LogFormat, MidtransAddresses, MidtransArgs, MidtransSettings, NotADatabase, NotAKey, PerMinute, PolicyArgs,
    PostgresUrl, RetentionArgs, SecretText, Settings, TimeArgs, TraceArgs, TraceSettings, WorkersHere, XenditArgs,
    XenditSettings,
};
pub use proxies::{NotAProxy, TrustedProxy};
pub use store::{CallLimits, Nodes, OpenStoreError, Store, open_store, open_store_to_read};
