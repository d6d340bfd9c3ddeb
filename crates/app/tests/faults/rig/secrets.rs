//! Secrets of one run. None of them may ever be read in a log, a metric or an answer.

use std::process;
use std::sync::atomic::{AtomicU64, Ordering};

static RUNS: AtomicU64 = AtomicU64::new(0);

/// Secrets that no other run has, so that a stray webhook of another run is refused.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    pub(crate) provider_key: String,
    pub(crate) midtrans_key: String,
    pub(crate) webhook_token: String,
    pub(crate) webhook_token_previous: String,
    pub(crate) jwt: String,
    pub(crate) link: String,
    /// The customer's: not a secret of ours, and not ours to spread.
    pub(crate) customer_email: String,
}

impl Secrets {
    /// What every card's token begins with, and nothing else does.
    pub(crate) const CARD_TOKENS: &str = "pt-canary-";

    pub(crate) fn fresh() -> Self {
        let run = format!("{}-{}", process::id(), RUNS.fetch_add(1, Ordering::Relaxed));
        Self {
            provider_key: format!("xnd_development_canary-of-{run}"),
            midtrans_key: format!("SB-Mid-server-canary-of-{run}"),
            webhook_token: format!("canary-webhook-token-of-run-{run}"),
            webhook_token_previous: format!("canary-previous-webhook-token-of-run-{run}"),
            jwt: format!("canary-jwt-secret-long-enough-for-hs256-of-run-{run}"),
            link: format!("canary-link-secret-long-enough-for-hmac-of-run-{run}"),
            customer_email: format!("canary.{run}@pelanggan.example.com"),
        }
    }

    pub(crate) fn canaries(&self) -> [&str; 8] {
        [
            &self.provider_key,
            &self.midtrans_key,
            &self.webhook_token,
            &self.webhook_token_previous,
            &self.jwt,
            &self.link,
            &self.customer_email,
            Self::CARD_TOKENS,
        ]
    }
}
