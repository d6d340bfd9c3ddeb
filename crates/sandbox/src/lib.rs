#![doc = include_str!("../README.md")]
#![expect(clippy::future_not_send, reason = "actix-web runs each handler on the thread that took the connection")]

mod amount;
mod args;
mod body;
mod clock;
mod config;
mod control;
mod error;
mod faults;
mod headers;
mod id;
mod journal;
mod ledger;
mod limiter;
mod midtrans;
mod money;
mod provider;
mod qris;
mod requests;
mod sandbox;
mod server;
mod webhooks;
mod xendit;

pub use args::SandboxArgs;
pub use clock::ClockAnchor;
pub use config::{
    MAIN_ACCOUNT, MIDTRANS_CLIENT_KEY_DEFAULT, MIDTRANS_MERCHANT_ID_DEFAULT, MIDTRANS_SERVER_KEY_DEFAULT,
    MidtransMerchant, NMID_DEFAULT, RATE_LIMIT_PER_MINUTE_DEFAULT, RateLimit, RateLimitError, SWEEP_LAG_MS_DEFAULT,
    SandboxConfig, XENDIT_BUSINESS_ID_DEFAULT, XENDIT_CALLBACK_TOKEN_DEFAULT, XENDIT_KEY_DEFAULT, XenditAccount,
};
pub use error::SandboxError;
pub use provider::Provider;
pub use server::{RunningSandbox, start};
