//! `serve`

use std::time::Duration;

use clap::Args;
use mstore_pay_domain::ports::Clock;
use serde::Serialize;
use tokio::signal::unix::{SignalKind, signal};

use super::{CliError, memory, say};
use crate::app::{App, RunningApp};
use crate::auth::TokenRequest;
use crate::config::{Config, Settings};
use crate::system::SystemClock;
use crate::telemetry;

/// How long the token that is printed is good for.
const TOKEN_TTL: Duration = Duration::from_hours(24);
const MICROS_PER_SECOND: i64 = 1_000_000;

/// What `serve` is told.
#[derive(Debug, Args)]
pub(super) struct ServeArgs {
    #[command(flatten)]
    settings: Settings,
    /// Print the settings in force, secrets masked, and end.
    #[arg(long)]
    print_config: bool,
    /// Print one line of JSON with the addresses bound, once it answers, and nothing else.
    #[arg(long)]
    ready_json: bool,
}

#[derive(Serialize)]
struct Ready<'a> {
    listen: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    operations: Option<&'a str>,
    sandbox: Option<String>,
}

pub(super) async fn run(args: ServeArgs) -> Result<(), CliError> {
    let config = args.settings.resolve()?;
    if args.print_config {
        return say(&config.describe());
    }
    memory::close_in_production(&config)?;
    let traces = telemetry::Traces::start(config.traces.as_ref())?;
    telemetry::log_and_trace(config.log_format, &config.log_filter, &traces);
    telemetry::log_panics();
    // Before anything is started, so that no signal finds nobody.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let running = App::start(config.clone()).await?;
    if args.ready_json {
        let ready =
            Ready { listen: running.base_url(), operations: running.operations_url(), sandbox: running.sandbox_url() };
        say(&serde_json::to_string(&ready)?)?;
    } else if let Some(sandbox) = running.sandbox_url() {
        say(&welcome(&config, &running, &sandbox)?)?;
    }
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("ending: waiting for what is under way");
    running.stop().await;
    traces.end().await;
    Ok(())
}

/// What somebody at a desk needs first.
fn welcome(config: &Config, running: &RunningApp, sandbox: &str) -> Result<String, CliError> {
    let base = running.base_url();
    let request = TokenRequest {
        merchant: "M1".to_owned(),
        branch: None,
        user: "1".to_owned(),
        role: "L0_OWNER".to_owned(),
        ttl: TOKEN_TTL,
    };
    let now = SystemClock::REAL.now();
    let token = config.jwt.mint(&request, now)?;
    // Another order with every start: that of the last one may be paid already.
    let order = format!("TRX-{}", now.micros() / MICROS_PER_SECOND);
    Ok(format!(
        "MStore Pay listens on {base}, with a provider sandbox on {sandbox}\n\n\
         TOKEN={token}\n\n\
         # ask for a QRIS payment\n\
         curl -s -X POST {base}/api/v1/pos/payments \\\n  \
         -H \"Authorization: Bearer $TOKEN\" -H 'Content-Type: application/json' \\\n  \
         -d '{{\"order_code\":\"{order}\",\"method\":\"qris\",\"amount\":33000,\"currency\":\"IDR\"}}'\n\n\
         # pay it, as the customer\n\
         curl -s -X POST {sandbox}/_control/pay -H 'Content-Type: application/json' \\\n  \
         -d '{{\"provider\":\"xendit\",\"order_code\":\"{order}\"}}'\n\n\
         # see it paid a moment later, and the link of the customer's page, to scan or to click\n\
         sleep 1; curl -s '{base}/api/v1/pos/payments?order_code={order}' -H \"Authorization: Bearer $TOKEN\" \\\n  \
         | grep -oE '\"(status|paid_at|pay_page_url)\":\"[^\"]*\"'"
    ))
}
